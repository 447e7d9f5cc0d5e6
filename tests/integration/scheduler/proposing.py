"""What two people do to move the time that they have, by their own pages."""

import re
from typing import Any

from sqlalchemy import select, text

from services.scheduler.joint_models import MoveProposal
from services.scheduler.models import Appointment, AppointmentHistory
from shared.tokens import service_token
from tests.integration.scheduler.two import One, Two, day_in, two_people
from tests.integration.scheduler.world import (
    SERVICE_KEY,
    a_clinician,
    slot_values,
)


def a_time_for_two(app: Any, intake: Any, database: Any, settings: Any) -> Two:
    """They have a time in two weeks."""
    with database.begin() as session:
        a_clinician(session)
    two = two_people(app, intake, database, settings)
    two.first.ask(weeks=2)
    two.accept(two.second)
    return two


def times(two: Two, one: One, weeks: int = 2) -> Any:
    return one.open(f"{two.own(one)}/times?day={day_in(weeks)}")


def propose(two: Two, one: One, number: int = 5, weeks: int = 2, **changes: str) -> Any:
    page = times(two, one, weeks)
    form = {"start": slot_values(page)[number], "location": "NY"} | changes
    return one.send(f"{two.own(one)}/propose", page, **form)


def say_yes(two: Two, one: One, **changes: str) -> Any:
    own = two.own(one)
    page = one.open(f"{own}/new-time")
    if page.status_code != 200:
        page = one.open(f"{own}/change")
    return one.send(f"{own}/new-time/accept", page, **{"location": "NY", **changes})


def say_no(two: Two, one: One) -> Any:
    own = two.own(one)
    return one.send(f"{own}/new-time/decline", one.open(f"{own}/new-time"))


def take_back(two: Two, one: One) -> Any:
    own = two.own(one)
    return one.send(f"{own}/propose/withdraw", one.open(own))


def proposals(two: Two) -> list[MoveProposal]:
    with two.database.begin() as session:
        return list(session.scalars(select(MoveProposal).order_by(MoveProposal.asked_at)))


def booked(two: Two) -> Appointment:
    (row,) = [row for row in two.rows() if row.status == "booked"]
    return row


def kept(two: Two) -> list[Appointment]:
    return [row for row in two.rows() if row.status == "proposed"]


def asked_and_answered(two: Two) -> list[tuple[str, str]]:
    """What the history says of other times: each act, and who did it."""
    names = {f"client:{one.person_id}": one.name for one in (two.first, two.second)}
    with two.database.begin() as session:
        rows = session.scalars(
            select(AppointmentHistory)
            .where(AppointmentHistory.during_asked.is_not(None))
            .order_by(AppointmentHistory.id)
        ).all()
        for row in rows:
            assert (row.status_before, row.during_before) == (row.status_after, row.during_after)
        return [(row.act, names.get(row.actor, row.actor)) for row in rows]


def due(two: Two) -> None:
    """The answer was due a second ago, by the database's clock."""
    with two.database.begin() as session:
        session.execute(
            text("UPDATE move_proposal SET reply_by = clock_timestamp() - interval '1 second'")
        )
        session.execute(
            text(
                "UPDATE appointment SET hold_until = clock_timestamp() - interval '1 second'"
                " WHERE status = 'proposed'"
            )
        )


def told_by_id(two: Two, number: Any) -> Any:
    pass_ = service_token(SERVICE_KEY, issuer="notifier", audience="scheduler")
    return two.first.browser.client.get(
        f"/internal/communications/{number}", headers={"Authorization": f"Bearer {pass_}"}
    )


def bare(page: Any) -> str:
    """Without what is new in each answer."""
    return re.sub(r'value="[^"]+"|nonce-\S+', "", page.get_data(as_text=True))


def seen_by(two: Two, one: One) -> list[str]:
    own = two.own(one)
    bearer = {"Authorization": f"Bearer {own.removeprefix('/m/')}"}
    pages = [bare(one.open(own)), bare(one.open(f"{own}/change")), bare(one.open(f"{own}/times"))]
    documents = [
        one.browser.client.get(path, headers=bearer).get_data(as_text=True)
        for path in ("/api/appointment", "/api/appointment/proposal", "/api/slots")
    ]
    return pages + documents
