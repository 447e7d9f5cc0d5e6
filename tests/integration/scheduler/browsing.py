"""The way of a person through the pages, as far as a test needs it."""

from datetime import timedelta

from shared.clock import utcnow
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    slot_values,
)


def day_in(weeks: int) -> str:
    return (utcnow().astimezone(NEW_YORK).date() + timedelta(weeks=weeks)).isoformat()


def held(visitor: Visitor, token: str, number: int = 0) -> str:
    """Choose a time next week and hold it; returns what the form sent."""
    page = visitor.open(f"/t/{token}?day={day_in(1)}")
    value = slot_values(page)[number]
    assert visitor.send(f"/t/{token}/hold", page, start=value).status_code == 303
    return value


def booked(visitor: Visitor, token: str, number: int = 0) -> str:
    """The whole way; returns the path of the person's own page."""
    value = held(visitor, token, number)
    check = visitor.open(f"/t/{token}/check")
    answer = visitor.send(f"/t/{token}/book", check, start=value, how="phone", location="NY")
    assert answer.status_code == 303
    path: str = answer.location
    return path
