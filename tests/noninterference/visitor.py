"""Somebody's browser at the running product: own cookies, and every byte written down."""

import http.client
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

_CSRF: Final = re.compile(r'name="csrf_token" value="([^"]+)"')
_PAGE: Final = re.compile(r'name="page" value="([^"]+)"')


@dataclass(frozen=True)
class Seen:
    """One answer of the product, whole."""

    asked: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """Opens pages and sends forms, without a script, and keeps what came back in order."""

    url: str
    zone: str = ""
    seen: list[Seen] = field(default_factory=list)
    _cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def __post_init__(self) -> None:
        if self.zone:  # as the browser's script tells it
            self._cookies["zone"] = quote(self.zone, safe="")

    def open(self, address: str) -> Seen:
        """GET, following redirects as a browser does."""
        return self._follow(self._ask("GET", address))

    def send(self, address: str, form: dict[str, Any]) -> Seen:
        """POST the form of the page that is open, with its own token."""
        found = _CSRF.search(self.seen[-1].text)
        assert found, self.seen[-1].text[:1500]
        return self._follow(self._ask("POST", address, {"csrf_token": found[1], **form}))

    @property
    def here(self) -> str:
        """The address of the page that is open."""
        return self.seen[-1].asked.partition(" ")[2]

    @property
    def section(self) -> str | None:
        """Which page of the form is open, if one is."""
        found = _PAGE.search(self.seen[-1].text)
        return found[1] if found else None

    def link(self, pattern: str) -> str:
        """The first address on the open page that matches."""
        found = re.search(rf'href="({pattern})"', self.seen[-1].text)
        assert found, (pattern, self.seen[-1].text[:3000])
        return unescape(found[1])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _follow(self, answer: Seen) -> Seen:
        for _ in range(5):
            where = dict(answer.headers).get("Location")
            if answer.status not in (301, 302, 303, 307, 308) or where is None:
                return answer
            answer = self._ask("GET", where)
        raise AssertionError(f"redirected in circles: {answer.asked}")

    def _ask(self, method: str, address: str, form: dict[str, Any] | None = None) -> Seen:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookie} if cookie else {}
        body = None
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = self.url
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            self._keep(line)
        # What a page is opened with is the same for everyone: only the path is looked at.
        seen = Seen(f"{method} {path}", answer.status, tuple(answer.getheaders()), raw)
        self.seen.append(seen)
        return seen

    def _keep(self, line: str) -> None:
        name, _, value = line.partition(";")[0].partition("=")
        if value and "Max-Age=0" not in line:
            self._cookies[name] = value
        else:
            self._cookies.pop(name, None)
