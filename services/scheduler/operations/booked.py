"""A booking is written down in one statement: who is in it, its history, and its event.

The rows are those of `participants`, `history` and `outbox`. One by one they would be three ways to
the database and back, while others wait for the lock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Act, Hand
from services.scheduler.models import Appointment, AppointmentHistory, Base, Participant
from services.scheduler.operations import guard, history
from shared.contracts.scheduler import AppointmentBooked
from shared.messaging.outbox import SAID, publish
from shared.vocabulary import AppointmentStatus as Status

_PART: Final = (
    "appointment_id",
    "person_id",
    "token_sha256",
    "generation",
    "timezone",
    "how",
    "status",
    "location_sealed",
)
_DONE: Final = (
    "appointment_id",
    "act",
    "actor",
    "sequence",
    "reason",
    "status_before",
    "status_after",
    "during_before",
    "during_after",
    "schedule_before",
    "schedule_after",
)


def _given(model: type[Base], names: Iterable[str]) -> dict[str, Any]:
    columns = model.__table__.c
    return {name: bindparam(_of(model, name), type_=columns[name].type) for name in names}


def _of(model: type[Base], name: str) -> str:
    return f"{model.__tablename__}_{name}"


_ALL: Final = SAID.add_cte(
    insert(Participant)
    .values(_given(Participant, _PART) | {"said_at": func.clock_timestamp()})
    .cte("part"),
    insert(AppointmentHistory).values(_given(AppointmentHistory, _DONE)).cte("done"),
)


def write(
    session: Session,
    appointment: Appointment,
    participant: Participant,
    *,
    before: tuple[Status, Range[datetime]],
    by: Hand,
) -> None:
    """The appointment as it is now, the one person in it, what was done, and word to the others.

    `participant` is in no session, and said just now where they will be. The constraints have the
    last word: raises SlotTaken, AlreadyBooked.
    """
    guard.flush(session)
    done = history.row(appointment, Act.BOOK, before=before, actor=str(by), reason=by.reason)
    publish(
        session,
        AppointmentBooked(**history.booked_facts(appointment, [participant.person_id])),
        statement=_ALL,
        along=_named(Participant, {name: getattr(participant, name) for name in _PART})
        | _named(AppointmentHistory, done),
    )


def _named(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    return {_of(model, name): value for name, value in values.items()}
