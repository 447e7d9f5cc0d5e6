"""P25: who looks or books waits for nothing outside; no calendar elsewhere is asked meanwhile."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, update

from services.scheduler.calendar_models import OutsideCalendar
from services.scheduler.domain.outside import Policy
from services.scheduler.operations import outside
from tests.integration.scheduler.browsing import day_in
from tests.integration.scheduler.world import schedule_of, slot_values
from tests.parties.feeds import FeedServer, feed_server, hangs


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as found:
        found.now(hangs)
        yield found


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The ports that Python connects to from here on; PostgreSQL's own library goes past it."""
    ports: set[int] = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        ports.add(address[1])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return ports


def test_p25_looking_booking_moving_and_cancelling_ask_nobody_outside(
    app, visitor, intake, scheduler_db, dana, server, called, settings
):
    """The calendar elsewhere is due, and would never answer. Only intake, our own, is asked."""
    with scheduler_db.begin() as session:
        outside.add(
            session, schedule_of(session, dana).id, name="Home", address=server.url,
            policy=Policy.USE_LAST, stale_after=timedelta(hours=4),
        )  # fmt: skip
        now = func.clock_timestamp()
        session.execute(update(OutsideCalendar).values(read_at=now, tried_at=now, due_at=now))
    token = intake.permits()

    page = visitor.open(f"/t/{token}?day={day_in(1)}")
    value = slot_values(page)[0]
    check = visitor.open(visitor.send(f"/t/{token}/hold", page, start=value).location)
    own = visitor.send(f"/t/{token}/book", check, start=value, how="phone", location="NY").location
    other = visitor.open(f"{own}/times?day={day_in(2)}")
    moved = visitor.send(f"{own}/move", other, start=slot_values(other)[0], location="NY")
    cancelled = visitor.send(f"{own}/cancel", visitor.open(f"{own}/change"))
    bearer = {"Authorization": f"Bearer {token}"}
    by_program = visitor.client.get("/api/slots", headers=bearer)

    answers = [page, check, other, moved, cancelled, by_program]
    assert [one.status_code for one in answers] == [200, 200, 200, 303, 303, 200]
    assert server.asked == []
    assert called == {urlsplit(intake.url).port}
