"""What the pages show of tasks: clocks in words, the history as a trail, who is next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from services.intake.domain.tasks import BREAKING, REASONS, Colleague, State, next_in, roster
from services.intake.operations import free_text, holds, inquiries, notes, practice, tasks
from services.intake.operations.inquiries import Inquiry
from services.intake.operations.readers import Reader
from services.intake.providers.scheduler import Scheduler
from services.intake.triage_models import Task, TaskEvent
from shared.db import database_now

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The time that is left until somebody has to say "I have it"."""

    words: str
    late: bool
    used: int
    """Of a hundred."""


def clock_of(task: Task | None, now: datetime) -> Clock | None:
    """The task's clock, or None while none runs."""
    found = tasks.clock(task, now) if task else None
    if found is None:
        return None
    used, whole = found
    left = whole - used
    return Clock(
        words=f"{span(abs(left))} {'left' if left > 0 else 'over'}",
        late=left <= 0,
        used=max(0, min(100, round(100 * used / whole) if whole > 0 else 100)),
    )


def span(seconds: float) -> str:
    """Such as: 18 min; 5 h 40 min; 2 days."""
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        hours, minutes = divmod(int(seconds // _MINUTE), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days = int(seconds // _DAY)
    return "1 day" if days == 1 else f"{days} days"


def clocks(session: Session, found: Collection[Inquiry]) -> dict[UUID, Clock | None]:
    """The clocks of a queue, by the database's own time."""
    now = database_now(session)
    return {one.response.id: clock_of(one.task, now) for one in found}


def pills(found: Sequence[Inquiry], reader: Reader) -> dict[str, list[Inquiry]]:
    """The parts of the queue, by the word in the address. The front desk has the whole alone."""
    parts = {"open": list(found)}
    if reader.clinical:
        parts["mine"] = [one for one in found if _has(one, reader)]
        parts["nobodys"] = [one for one in found if one.task and one.task.owner_id is None]
    return parts


def _has(inquiry: Inquiry, reader: Reader) -> bool:
    task = inquiry.task
    return task is not None and task.owner_id == reader.account_id and task.state != State.DONE


def of_inquiry(
    session: Session, inquiry: Inquiry, reader: Reader, opened: Mapping[str, object]
) -> dict[str, Any]:
    """The task's cards on the inquiry page, for clinical roles."""
    response = inquiry.response
    prose = free_text.of_response(session, response, reader=reader)
    return {
        "task": inquiry.task,
        "clock": clock_of(inquiry.task, database_now(session)),
        "history": [step(event) for event in tasks.history(session, response.id)],
        "notes": notes.read(session, response=response, reader=reader),
        "lifts": holds.of_response(session, response, reader=reader),
        "prose": prose,
        "prose_opened": prose.opened or set(prose.parts) <= set(opened),
        "glass": inquiries.glass(inquiry, reader),
        "breaking": BREAKING,
        "task_reasons": REASONS,
        "roster": practice.current(session).roster,
    }


def colleagues(
    scheduler: Scheduler, inquiry: Inquiry, reader: Reader, order: Sequence[UUID]
) -> dict[str, Any]:
    """Whom it may be handed to, and who is next. Ask outside of a transaction."""
    found = clinicians(scheduler)
    owner_id = inquiry.task.owner_id if inquiry.task else None
    following = next_in(roster(found, order), owner_id)
    return {
        "colleagues": [one for one in found if one.account_id not in (reader.account_id, owner_id)],
        "following": following if following and following.account_id != owner_id else None,
    }


def clinicians(scheduler: Scheduler) -> tuple[Colleague, ...]:
    """Who may have a task, as far as the scheduler says so now."""
    staff = scheduler.staff() or ()
    return roster(
        [Colleague(account_id=one.account_id, name=one.name, role=one.role) for one in staff], ()
    )


# ---------------------------------------------------------------- the trail


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of "What happened". `kind`: ok, fail."""

    kind: str
    title: str
    at: datetime
    more: str


_TITLES: Final = {
    "opened": "The clock started",
    "assigned": "Given to {to}",
    "taken": "{by} took this",
    "acknowledged": "{by} has it",
    "handed-over": "{by} handed it to {to}",
    "done": "Done",
    "reopened": "{by} opened it again",
    "call-done": "The private call took place",
    "call-not-done": "The private call did not take place after all",
    "text-read": "{by} read what they wrote in their own words",
    "glass": "{by} broke the glass",
}
_MORE: Final = {
    "assigned": "The alert said only that there is a task.",
    "done": "{by}.",
    "call-done": "{by}.",
    "call-not-done": "{by}.",
}


_BY_ITSELF: Final = {"left": "Whoever had it does not work here any more"}


def step(event: TaskEvent) -> Step:
    """The event in words."""
    names = {"by": event.by_name, "to": event.to_name or "somebody"}
    if event.act == "escalated":
        by_itself = event.by_id is None
        title = "Not acknowledged in time" if by_itself else "{by} passed it on"
        if event.reason == "left":
            title = "Its owner has left"
        more = "Passed on to {to}."
        return Step(
            kind="fail" if by_itself else "ok",
            title=title.format(**names),
            at=event.at,
            more=" ".join(filter(None, [more.format(**names), _reason(event)])),
        )
    more = _MORE.get(event.act, "").format(**names)
    return Step(
        kind="fail" if event.act == "glass" else "ok",
        title=_TITLES.get(event.act, event.act).format(**names),
        at=event.at,
        more=" ".join(filter(None, [more, _reason(event)])),
    )


def _reason(event: TaskEvent) -> str:
    words = REASONS.get(event.reason) or BREAKING.get(event.reason) or _BY_ITSELF.get(event.reason)
    return f"{words}." if words else ""
