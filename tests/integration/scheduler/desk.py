"""How staff get to their desk in a test."""

from base64 import urlsafe_b64decode
from typing import Any
from zlib import decompress

from tests.integration.scheduler.world import (
    Visitor,
)

PASSWORD = "seven quiet herons at dusk"
OWNER = {
    "name": "Dana Whitlock",
    "email": "dana@harborlane.example",
    "password": PASSWORD,
    "credentials": "LMFT",
    "video_room": "",
}


def path(link: str | None) -> str:
    """The part of an address that the app itself sees."""
    assert link
    return link.split("/schedule", 1)[1]


def signing_in(visitor: Visitor, **changes: str) -> Any:
    form = {"email": OWNER["email"], "password": PASSWORD, **changes}
    return visitor.send("/staff/sign-in", visitor.open("/staff/sign-in"), **form)


def unsigned(cookie: str) -> str:
    """What the cookie says, without looking at its signature."""
    packed = cookie.rsplit(".", 1)[0]
    text = packed.lstrip(".")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return (decompress(data) if packed.startswith(".") else data).decode()
