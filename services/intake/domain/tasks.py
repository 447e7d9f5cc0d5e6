"""Whose turn it is: the states of a task, its clock, and who is next.

A clock says until when somebody has to say "I have it"; then the task goes to the next person.
Urgent and same-day clocks run in plain minutes, day and night. A routine one counts business days,
by the practice's zone and the federal holidays, and keeps the time of day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

import holidays

from services.intake.domain.practice import PracticeSettings
from shared.vocabulary import Role

URGENT: Final = "urgent"
SAME_DAY: Final = "same_day"
_CLINICAL: Final = frozenset((Role.OWNER, Role.CLINICIAN))


class State(StrEnum):
    """Waiting: an unfinished form that calls for nobody. Open: nobody has said "I have it"."""

    WAITING = "waiting"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"


class NotNow(Exception):
    """The task stands otherwise than whoever acts has seen: it is done, or it is not."""


class _Step(NamedTuple):
    from_: frozenset[State]
    to: State


_LIVE = frozenset({State.OPEN, State.ACKNOWLEDGED})
STEPS: Final[Mapping[str, _Step]] = {
    # By the job: the form calls for somebody, or more was confided since.
    "opened": _Step(frozenset(State), State.OPEN),
    "assigned": _Step(frozenset({State.OPEN}), State.OPEN),
    # By the job when the time is up or the owner has left, or by hand.
    "escalated": _Step(_LIVE, State.OPEN),
    "handed-over": _Step(_LIVE, State.OPEN),
    # Before the job has looked, too: somebody saw it come in.
    "taken": _Step(frozenset({State.WAITING, State.OPEN}), State.ACKNOWLEDGED),
    "acknowledged": _Step(frozenset({State.OPEN}), State.ACKNOWLEDGED),
    "done": _Step(frozenset({State.WAITING}) | _LIVE, State.DONE),
    "reopened": _Step(frozenset({State.DONE}), State.ACKNOWLEDGED),
}
"""What may happen to a task, by the name in its history; `docs/states.md` draws it."""


def after(state: str, act: str) -> State:
    """Where the task stands after this. Raises NotNow."""
    step = STEPS[act]
    if state not in step.from_:
        raise NotNow(f"A task that is {state} is not {act}.")
    return step.to


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody who may be given a task."""

    account_id: UUID
    name: str
    role: Role


def acknowledge_by(
    priority: str, since: datetime, *, settings: PracticeSettings, zone: tzinfo
) -> datetime:
    """Until when a task of this priority, given at `since`, has to be acknowledged. Aware, UTC."""
    if priority == URGENT:
        return since + timedelta(minutes=settings.urgent_minutes)
    if priority == SAME_DAY:
        return since + timedelta(minutes=settings.same_day_minutes)
    return _after_business_days(since, settings.routine_business_days, zone)


def _after_business_days(since: datetime, days: int, zone: tzinfo) -> datetime:
    local = since.astimezone(zone)
    day = local.date()
    while days > 0 or not _open(day.isoformat()):
        day += timedelta(days=1)
        days -= _open(day.isoformat())
    clock = local.time() if day == local.date() or _open(local.date().isoformat()) else time(9)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


@cache
def _open(day: str) -> bool:
    """Whether the date is a business day. By text: dates of other zones must not be mixed up."""
    date = datetime.fromisoformat(day).date()
    return date.weekday() < 5 and date not in _federal_holidays()


@cache
def _federal_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("US")


def roster(colleagues: Sequence[Colleague], order: Sequence[UUID]) -> tuple[Colleague, ...]:
    """Who gets tasks, in order: as the practice has put them, or else every clinician as known.

    Who has left, or may not read what was answered, is passed over.
    """
    clinical = {one.account_id: one for one in colleagues if one.role in _CLINICAL}
    chosen = tuple(clinical[account] for account in order if account in clinical)
    return chosen or tuple(clinical.values())


def next_in(people: Sequence[Colleague], after: UUID | None) -> Colleague | None:
    """Who is asked after this person, round and round; None where there is nobody."""
    if not people:
        return None
    place = next((n for n, one in enumerate(people) if one.account_id == after), -1)
    return people[(place + 1) % len(people)]


def opens_freely(owner_id: UUID | None, reader_id: UUID, role: Role) -> bool:
    """Whether what is sealed opens without breaking the glass.

    For whoever has the task, for the owner of the practice, and while nobody has it.
    """
    return owner_id is None or owner_id == reader_id or role is Role.OWNER


REASONS: Final = {
    "not-there": "I am not there",
    "not-for-me": "Somebody else should do this",
    "no-answer": "I could not reach them",
    "knows-them": "I know this person privately",
}
"""Why a task is handed over or passed on. Chosen and not typed, so that none tells anything."""


BREAKING: Final = {
    "danger": "Somebody may be in danger",
    "stand-in": "I stand in for whoever has it",
    "asked-to": "Whoever has it asked me to look",
}
"""Why a clinician opens what is sealed though somebody else has the task. Chosen, too."""
