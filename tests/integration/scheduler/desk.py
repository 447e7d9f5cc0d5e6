"""How staff get to their desk in a test."""

from typing import Any

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
