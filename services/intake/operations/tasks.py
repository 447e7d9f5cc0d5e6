"""Whose turn it is with an inquiry: assigned by a job, taken, handed over, passed on in time.

A request only asks for a look (`Task.look`), the same for everyone; the job reads the decision and
sets the clock. Of two people who act at once one succeeds, and the other is told who has it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.intake.domain import tasks as rules
from services.intake.domain.practice import PracticeSettings
from services.intake.domain.questionnaire import CRISIS
from services.intake.domain.tasks import Colleague, NotNow, State
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import audit, decisions
from services.intake.operations.readers import Reader
from services.intake.triage_models import Task, TaskEvent
from shared.contracts.intake import TaskAssigned
from shared.db import database_now
from shared.messaging.outbox import publish

SOFTWARE: Final = "Softstart"
BATCH: Final = 20


class SomebodyHasIt(Exception):
    """The task is in somebody else's hands."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"{owner} has this task.")
        self.owner = owner


class NobodyElse(Exception):
    """There is nobody to pass the task on to."""


# ---------------------------------------------------------------- what the job does


def to_look_at(session: Session) -> list[UUID]:
    """The inquiries whose decision may have changed since their clock was set."""
    return list(session.scalars(select(Task.response_id).where(Task.look).limit(BATCH)))


def look(session: Session, *, response_id: UUID, settings: PracticeSettings, zone: tzinfo) -> None:
    """Read the decision and set the clock. An unfinished form that calls for nobody waits."""
    task = _locked(session, response_id)
    response = session.get(QuestionnaireResponse, response_id)
    if task is None or response is None or not task.look:
        return
    task.look = False
    decision = decisions.so_far(session, response)
    if decision is None:
        return
    draft = response.status == ResponseStatus.IN_PROGRESS
    if draft and decision["track"] != CRISIS:
        return
    now = database_now(session)
    due = rules.acknowledge_by(decision["priority"], now, settings=settings, zone=zone)
    if task.state in (State.WAITING, State.DONE):
        task.opened_at, task.clock_from, task.acknowledge_by = now, now, due
        _step(session, task, "opened")
    elif task.acknowledge_by is None:
        # Somebody was there before the job, and has it.
        task.opened_at, task.clock_from, task.acknowledge_by = now, now, due
    elif due < task.acknowledge_by:
        # More was confided since: whoever said "I have it" is asked to look again.
        task.clock_from, task.acknowledge_by = now, due
        _step(session, task, "opened")
        if task.owner_id is not None and task.owner_name is not None:
            _assign(session, task, task.owner_id, task.owner_name)


def to_assign(session: Session, *, working: Collection[UUID]) -> list[UUID]:
    """Open tasks that nobody has yet, those whose time is up, and those of whoever has left."""
    return list(
        session.scalars(
            select(Task.response_id)
            .where(
                or_(
                    (Task.state == State.OPEN)
                    & or_(Task.owner_id.is_(None), Task.acknowledge_by <= func.clock_timestamp()),
                    Task.state.in_((State.OPEN, State.ACKNOWLEDGED))
                    & Task.owner_id.not_in(working),
                )
            )
            .order_by(Task.acknowledge_by)
            .limit(BATCH)
        )
    )


def assign(
    session: Session,
    *,
    response_id: UUID,
    people: Sequence[Colleague],
    working: Collection[UUID],
    settings: PracticeSettings,
    zone: tzinfo,
) -> bool:
    """Give an open task to whoever is next; returns whether somebody was told (L35).

    So is one whose owner is not among `working` any more. Another worker's lock passes it by; so
    does an "I have it" of the meantime.
    """
    task = session.scalar(
        select(Task).where(Task.response_id == response_id).with_for_update(skip_locked=True)
    )
    if task is None or task.acknowledge_by is None:
        return False
    left = task.owner_id is not None and task.owner_id not in working
    late = task.state == State.OPEN and task.acknowledge_by <= database_now(session)
    free = task.state == State.OPEN and task.owner_id is None
    if not (left or late or free) or task.state == State.DONE:
        return False
    somebody = rules.next_in(people, task.owner_id)
    if somebody is None:
        return False
    if left or late:
        _wind_up(session, task, settings, zone)
    act = "escalated" if task.owner_id else "assigned"
    _step(session, task, act, to=somebody, reason="left" if left else "")
    _assign(session, task, somebody.account_id, somebody.name)
    return True


# ---------------------------------------------------------------- what people do


def find(session: Session, response_id: UUID) -> Task | None:
    """The inquiry's task."""
    return session.get(Task, response_id)


def of_inquiries(session: Session, response_ids: Collection[UUID]) -> dict[UUID, Task]:
    """The tasks of many inquiries at once."""
    rows = session.scalars(select(Task).where(Task.response_id.in_(response_ids)))
    return {task.response_id: task for task in rows}


def owner_of(task: Task) -> tuple[UUID, str] | None:
    """Who has it: account and name."""
    if task.owner_id is None or task.owner_name is None:
        return None
    return task.owner_id, task.owner_name


def history(session: Session, response_id: UUID) -> list[TaskEvent]:
    """What happened to it, newest first."""
    query = select(TaskEvent).where(TaskEvent.response_id == response_id)
    return list(session.scalars(query.order_by(TaskEvent.id.desc())))


def acknowledge(session: Session, *, response_id: UUID, reader: Reader) -> Task:
    """Says “I have it”, and the clock stops; said again, nothing. Raises SomebodyHasIt, NotNow."""
    task = _needed(session, response_id, reader)
    if task.state == State.ACKNOWLEDGED:
        if task.owner_id != reader.account_id:
            raise SomebodyHasIt(task.owner_name or SOFTWARE)
        return task
    taken = task.owner_id != reader.account_id
    task.owner_id, task.owner_name = reader.account_id, reader.name
    _step(session, task, "taken" if taken else "acknowledged", by=reader)
    session.flush()
    return task


def hand_over(
    session: Session,
    *,
    response_id: UUID,
    reader: Reader,
    to: Colleague,
    reason: str,
    settings: PracticeSettings,
    zone: tzinfo,
    seen: UUID | None = None,
) -> None:
    """To a colleague, who has to say "I have it" in the time that such a task has.

    `seen` is who had it when it was looked at. Raises SomebodyHasIt, NotNow.
    """
    task = _needed(session, response_id, reader)
    _as_seen(task, seen)
    _wind_up(session, task, settings, zone)
    _step(session, task, "handed-over", by=reader, to=to, reason=reason)
    _assign(session, task, to.account_id, to.name)


def escalate(
    session: Session,
    *,
    response_id: UUID,
    reader: Reader,
    people: Sequence[Colleague],
    reason: str,
    settings: PracticeSettings,
    zone: tzinfo,
    seen: UUID | None = None,
) -> Colleague:
    """To the next person, now. Raises NobodyElse where there is only one; SomebodyHasIt, NotNow."""
    task = _needed(session, response_id, reader)
    _as_seen(task, seen)
    somebody = rules.next_in(people, task.owner_id)
    if somebody is None or somebody.account_id == task.owner_id:
        raise NobodyElse
    _wind_up(session, task, settings, zone)
    _step(session, task, "escalated", by=reader, to=somebody, reason=reason)
    _assign(session, task, somebody.account_id, somebody.name)
    return somebody


def finish(session: Session, *, response_id: UUID, reader: Reader) -> None:
    """Nobody has to do anything any more. Twice is once."""
    task = _needed(session, response_id, reader)
    if task.state != State.DONE:
        task.look = False
        _step(session, task, "done", by=reader)
        session.flush()


def reopen(session: Session, *, response_id: UUID, reader: Reader) -> None:
    """Back to work, with whoever opens it again. One that is not done stays as it is."""
    task = _needed(session, response_id, reader)
    if task.state != State.DONE:
        return
    task.owner_id, task.owner_name = reader.account_id, reader.name
    _step(session, task, "reopened", by=reader)
    session.flush()


def note(
    session: Session, *, response_id: UUID, reader: Reader, act: str, reason: str = ""
) -> None:
    """Something else that belongs to the task's history, such as a broken glass."""
    _note(session, _needed(session, response_id, reader), act, by=reader, reason=reason)
    session.flush()


# ---------------------------------------------------------------- rows


def _locked(session: Session, response_id: UUID) -> Task | None:
    return session.get(Task, response_id, with_for_update=True, populate_existing=True)


def _as_seen(task: Task, seen: UUID | None) -> None:
    """Nobody else acted since it was looked at, and there is something left to do."""
    if task.state not in (State.OPEN, State.ACKNOWLEDGED):
        raise NotNow
    if seen is not None and task.owner_id != seen and task.owner_name is not None:
        raise SomebodyHasIt(task.owner_name)


def _needed(session: Session, response_id: UUID, reader: Reader) -> Task:
    if not reader.clinical:
        raise ValueError("Only clinical staff have tasks.")
    task = _locked(session, response_id)
    if task is None:
        raise ValueError("Every inquiry has a task.")
    return task


def _wind_up(session: Session, task: Task, settings: PracticeSettings, zone: tzinfo) -> None:
    """Let the clock run anew, as long as such a task has."""
    response = session.get_one(QuestionnaireResponse, task.response_id)
    decision = decisions.so_far(session, response)
    now = database_now(session)
    priority = decision["priority"] if decision else "routine"
    task.clock_from = now
    task.acknowledge_by = rules.acknowledge_by(priority, now, settings=settings, zone=zone)


def _assign(session: Session, task: Task, account_id: UUID, name: str) -> None:
    task.owner_id, task.owner_name = account_id, name
    session.flush()
    publish(session, TaskAssigned(assignment_id=uuid4(), account_id=account_id))


def _step(
    session: Session,
    task: Task,
    act: str,
    *,
    by: Reader | None = None,
    to: Colleague | None = None,
    reason: str = "",
) -> None:
    """Let this happen to it, and write it down. Raises NotNow."""
    task.state = rules.after(task.state, act)
    _note(session, task, act, by=by, to=to, reason=reason)


def _note(
    session: Session,
    task: Task,
    act: str,
    *,
    by: Reader | None = None,
    to: Colleague | None = None,
    reason: str = "",
) -> None:
    session.add(
        TaskEvent(
            response_id=task.response_id,
            act=act,
            by_id=by.account_id if by else None,
            by_name=by.name if by else SOFTWARE,
            to_id=to.account_id if to else None,
            to_name=to.name if to else None,
            reason=reason,
        )
    )
    if by is not None:
        audit.note(
            session,
            reader=by,
            act=f"task-{act}",
            response_id=task.response_id,
            reason=reason,
        )


def clock(task: Task, now: datetime) -> tuple[float, float] | None:
    """Seconds used and seconds in all of the running clock; None while none runs."""
    if task.state != State.OPEN or task.acknowledge_by is None or task.clock_from is None:
        return None
    whole = (task.acknowledge_by - task.clock_from).total_seconds()
    return (now - task.clock_from).total_seconds(), whole
