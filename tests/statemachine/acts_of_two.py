"""What two people do who meet together, and what becomes of them: by values alone."""

from collections.abc import Callable, Sequence
from datetime import time
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.scheduler.consumers import consumer
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.stated import Stated
from services.scheduler.models import Invitation
from services.scheduler.operations import joint, moving, stated_times
from services.scheduler.operations.question import Two
from shared.contracts.intake import JointPermissionEnded, PersonErased
from tests.statemachine.moment import At, wanted_of
from tests.statemachine.practice import invitation_of


def accept(at: At, *, one: str, person: str) -> None:
    joint.accept(
        at.session, appointment_id=UUID(one), person_id=UUID(person), how="phone", location="NY",
        now=at.now,
    )  # fmt: skip


def refuse(at: At, *, one: str, person: str) -> None:
    joint.decline(at.session, appointment_id=UUID(one), person_id=UUID(person))


def propose(at: At, *, one: str, person: str, **wanted: Any) -> UUID:
    return moving.propose(
        at.session, appointment_id=UUID(one), person_id=UUID(person), wanted=wanted_of(**wanted),
        location="NY", **at.usual,
    ).id  # fmt: skip


def agree(at: At, *, one: str, person: str) -> None:
    moving.accept(
        at.session, appointment_id=UUID(one), person_id=UUID(person), location="NY", now=at.now
    )


def disagree(at: At, *, one: str, person: str) -> None:
    moving.decline(at.session, appointment_id=UUID(one), person_id=UUID(person))


def take_back(at: At, *, one: str, person: str) -> None:
    moving.withdraw(at.session, appointment_id=UUID(one), person_id=UUID(person))


def state(at: At, *, by: str, weekly: Sequence[tuple[int, str]]) -> None:
    """When one of them can; a range is the number of a weekday, and like 20:00-10:20."""
    who = invitation_of(at.session, UUID(by))
    two = Two.of(who.couple_id, who.person_id, settings=at.settings, now=at.now)
    assert two is not None
    said = tuple(WeeklyRange(day, _wall(text)) for day, text in weekly)
    stated_times.state(
        at.session, two=two, stated=Stated(ZoneInfo("America/New_York"), said), now=at.now
    )


def _wall(text: str) -> WallRange:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return WallRange(start, end, end <= start)


def part(at: At, *, couple: str) -> None:
    """Intake says that the release is over, and says so once more."""
    theirs = select(Invitation.id).where(Invitation.couple_id == UUID(couple))
    numbers = tuple(at.session.scalars(theirs.order_by(Invitation.id)))
    _hear(at, JointPermissionEnded(couple_id=UUID(couple), permission_ids=numbers))
    _hear(at, JointPermissionEnded(couple_id=UUID(couple), permission_ids=numbers))


def erase(at: At, *, person: str) -> None:
    _hear(at, PersonErased(person_id=UUID(person)))


def _hear(at: At, event: JointPermissionEnded | PersonErased) -> None:
    consumer.receive(event.envelope(event_id=uuid4(), at=at.now), at.session)


ACTS: Final[tuple[Callable[..., Any], ...]] = (
    accept, refuse, propose, agree, disagree, take_back, state, part, erase,
)  # fmt: skip
