"""Fetching a calendar from an address that somebody typed: over TLS, and only from the internet.

Whoever may name an address could name one of ours: the database's, the cloud's own. So the
addresses that a name stands for are looked at right before connecting, and the connection goes to
the very address that was looked at; a name that means something else a moment later helps nobody.
A redirect begins all over.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from services.scheduler.domain.feed import MAX_BYTES, FeedRefused
from services.scheduler.domain.outside import Trouble

TIMEOUT: Final = (5, 15)
_MOST_REDIRECTS: Final = 5
_CHUNK: Final = 64 * 1024
_GONE: Final = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
}
# They carry an IPv4 address inside, which may be anyone's: NAT64, 6to4, Teredo.
_TUNNELS: Final = tuple(ip_network(text) for text in ("64:ff9b::/96", "2002::/16", "2001::/32"))


class PrivateAddress(Exception):
    """The name stands for an address that is not on the internet."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came: `body` is None when nothing has changed since the validators were given."""

    body: bytes | None
    etag: str | None
    last_modified: str | None


def public(address: str, *, on_loopback: bool = False) -> bool:
    """Whether one may connect to that IP address. `on_loopback` admits this very machine too."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    if on_loopback and ip.is_loopback:
        return True
    tunnelled = any(ip.version == net.version and ip in net for net in _TUNNELS)
    return ip.is_global and not ip.is_multicast and not tunnelled


def fetch(
    address: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    on_loopback: bool = False,
) -> Fetched:
    """GET the feed, or learn that it has not changed. Raises FeedRefused.

    The address is a secret and stands in no message of ours. `on_loopback` is for tests and
    practice runs: plain HTTP, and this machine's own addresses.
    """
    asked = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "Softstart"}
    if etag:
        asked["If-None-Match"] = etag
    if last_modified:
        asked["If-Modified-Since"] = last_modified
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor a password file of this machine
            session.mount("https://", _Guarded(on_loopback=on_loopback))
            session.mount("http://", _Guarded(on_loopback=on_loopback))
            return _follow(session, address, asked, on_loopback=on_loopback)
    except PrivateAddress:
        raise FeedRefused(Trouble.PRIVATE_ADDRESS) from None
    except requests.exceptions.SSLError:
        raise FeedRefused(Trouble.NOT_SECURE) from None
    except requests.exceptions.Timeout:
        raise FeedRefused(Trouble.TOO_SLOW) from None
    except (requests.RequestException, HTTPError, OSError, ValueError):
        raise FeedRefused(Trouble.UNREACHABLE) from None


def _follow(
    session: requests.Session, address: str, asked: dict[str, str], *, on_loopback: bool
) -> Fetched:
    for _ in range(_MOST_REDIRECTS + 1):
        if urlsplit(address).scheme != "https" and not on_loopback:
            raise FeedRefused(Trouble.NOT_SECURE)
        with session.get(
            address, headers=asked, timeout=TIMEOUT, allow_redirects=False, stream=True
        ) as answer:
            if not answer.is_redirect:
                return _taken(answer)
            address = urljoin(address, answer.headers["Location"])
    raise FeedRefused(Trouble.UNREACHABLE)


def _taken(answer: requests.Response) -> Fetched:
    validators = {
        "etag": answer.headers.get("ETag"),
        "last_modified": answer.headers.get("Last-Modified"),
    }
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        return Fetched(body=None, **validators)
    if answer.status_code in _GONE:
        raise FeedRefused(Trouble.GONE)
    if answer.status_code != HTTPStatus.OK:
        raise FeedRefused(Trouble.SERVER)
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise FeedRefused(Trouble.TOO_LARGE)
    return Fetched(body=bytes(body), **validators)


# ---------------------------------------------------------------- connecting


def _connected(connection: HTTPConnection, *, on_loopback: bool) -> socket.socket:
    """A socket to the first address of that name which answers, each looked at before."""
    found = list(_addresses(connection.host, connection.port))
    if not all(public(where[0], on_loopback=on_loopback) for _, where in found):
        raise PrivateAddress
    trouble: OSError = OSError("The name stands for no address.")
    for family, where in found:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(TIMEOUT[0])
            sock.connect(where)
        except OSError as error:
            sock.close()
            trouble = error
        else:
            return sock
    raise NewConnectionError(connection, "no answer") from trouble


def _addresses(host: str, port: int) -> Iterator[tuple[socket.AddressFamily, Any]]:
    for family, _, _, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        yield family, where


class _Guarded(HTTPAdapter):
    """The adapter of `requests` with connections that look before they connect."""

    def __init__(self, *, on_loopback: bool) -> None:
        self._on_loopback = on_loopback
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools. `requests` calls it with its own sizes."""
        on_loopback = self._on_loopback

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _connected(self, on_loopback=on_loopback)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _connected(self, on_loopback=on_loopback)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
