"""Another time for two, as the page of one of them tells it: what they asked for, or are asked.

Who has asked reads the same until the answer is due, whatever the other has said by then (P18).
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.joint_models import MoveProposal
from services.scheduler.models import Practitioner, Schedule
from services.scheduler.operations import proposals
from services.scheduler.operations.appointments import Place
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.vocabulary import AppointmentStatus
from shared.zones import zone

State = Literal["mine", "asked", "declined", "over"]
"""`mine`: this person has asked; `asked`: they are asked; `declined`: they have said no; `over`:
what they had asked for has come to nothing."""


@dataclass(frozen=True)
class Proposed:
    """The other time, until when it is kept, and what this person has to do with it."""

    state: State
    when: When
    until: When
    with_: str

    @property
    def kept(self) -> bool:
        """Whether it is kept still, so that no other can be asked for."""
        return self.state != "over"


def told(session: Session, place: Place) -> Proposed | None:
    """What this person is told of another time; None: nothing."""
    row = _row(session, place)
    state = _state(row, place) if row else None
    if row is None or state is None:
        return None
    zone_of = zone(place.participant.timezone)
    return Proposed(
        state=state,
        when=When(row.starts_at, row.ends_at, zone_of),
        until=When(row.reply_by, row.reply_by, zone_of),
        with_=session.scalars(
            select(Practitioner.name).join(Schedule).where(Schedule.id == row.schedule_id)
        ).one(),
    )


def _row(session: Session, place: Place) -> MoveProposal | None:
    one = place.appointment
    if one.couple_id is None or place.status is not AppointmentStatus.BOOKED:
        return None
    return proposals.latest(session, one) if one.starts_at > utcnow() else None


def _state(row: MoveProposal, place: Place) -> State | None:
    mine = row.asked_by == place.participant.person_id
    if proposals.is_open(row, place.appointment):
        return "mine" if mine else "declined" if row.declined_at else "asked"
    return "over" if mine and row.outcome != proposals.WITHDRAWN else None
