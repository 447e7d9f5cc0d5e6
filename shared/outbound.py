"""Talking to an address that somebody typed: only on the internet, never on a network of ours.

Whoever may name an address could name one of ours: the database's, the cloud's own. So the
addresses that a name stands for are looked at right before connecting, and the connection goes to
the very address that was looked at; a name that means something else a moment later helps nobody.
"""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

CONNECT_SECONDS: Final = 5

# They carry an IPv4 address inside, which may be anyone's: NAT64, 6to4, Teredo.
_TUNNELS: Final = tuple(ip_network(text) for text in ("64:ff9b::/96", "2002::/16", "2001::/32"))


class PrivateAddress(Exception):
    """The name stands for an address that is not on the internet."""


def public(address: str, *, on_loopback: bool = False) -> bool:
    """Whether one may connect to that IP address. `on_loopback` admits this very machine too."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    if on_loopback and ip.is_loopback:
        return True
    tunnelled = any(ip.version == net.version and ip in net for net in _TUNNELS)
    return ip.is_global and not ip.is_multicast and not tunnelled


def guarded_session(*, on_loopback: bool = False) -> requests.Session:
    """Build a session that connects to nothing but the internet; it raises PrivateAddress.

    `on_loopback` admits this very machine, for tests and practice runs. No proxy and no password
    file of this machine is used. Redirects are the caller's to follow, or not.
    """
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", _Guarded(on_loopback=on_loopback))
    session.mount("http://", _Guarded(on_loopback=on_loopback))
    return session


def _connected(connection: HTTPConnection, *, on_loopback: bool) -> socket.socket:
    """A socket to the first address of that name which answers, each looked at before."""
    found = list(_addresses(connection.host, connection.port))
    if not all(public(where[0], on_loopback=on_loopback) for _, where in found):
        raise PrivateAddress
    trouble: OSError = OSError("The name stands for no address.")
    for family, where in found:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_SECONDS)
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
