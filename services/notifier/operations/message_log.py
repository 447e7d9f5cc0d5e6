"""The log that staff read: every message, every try, and what was said."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import DID_NOT_GO_OUT, WAITING, State
from services.notifier.domain.message import OutgoingMessage
from services.notifier.models import Attempt, AttemptEvent, Notification, ProviderEvent
from services.notifier.operations import contacts
from services.notifier.operations.said import open_message, subject_of
from shared.crypto import SealBroken, SubjectErased, unseal

Found = TypeVar("Found", AttemptEvent, ProviderEvent)

PAGE: Final = 40
RECENT_DAYS: Final = 7


class Show(StrEnum):
    """Which messages are listed."""

    ALL = "all"
    FAILED = "failed"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message in the list, with its tries; `name` is None where nobody may know it any more."""

    notification: Notification
    name: str | None
    tries: Sequence["Try"] = ()

    @property
    def at(self) -> datetime:
        """When it is due while it waits, else when it last changed."""
        row = self.notification
        return row.due_at if row.state in WAITING else row.changed_at

    @property
    def provider(self) -> str | None:
        """Who carried the latest try."""
        return self.tries[-1].attempt.provider if self.tries else None


@dataclass(frozen=True, kw_only=True)
class Try:
    """One try with everything that became known about it, in order."""

    attempt: Attempt
    events: Sequence[AttemptEvent] = ()
    receipts: Sequence[ProviderEvent] = ()
    answers: dict[int, str] = field(default_factory=dict)
    """Event id -> the provider's own words, where they were unsealed."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A message read by someone who may: its line, its words, and how the person may be reached."""

    line: Line
    message: OutgoingMessage | None
    contact: Contact | None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many, today and recently."""

    sent_today: int
    waiting_today: int
    failed_today: int
    waiting: int
    failed: int


def lines(session: Session, *, show: Show, offset: int = 0) -> tuple[list[Line], bool]:
    """One page of the log and whether there is more; newest first, or by due time."""
    query = _chosen(show).offset(offset).limit(PAGE + 1)
    rows = session.scalars(query).all()
    return with_tries(session, rows[:PAGE]), len(rows) > PAGE


def failed(
    session: Session, *, reason: str | None = None, offset: int = 0
) -> tuple[list[Line], bool]:
    """One page of what did not go out lately and was not sent again, and whether there is more."""
    query = select(Notification).where(_failed())
    if reason is not None:
        query = query.where(func.coalesce(Notification.reason, "unknown") == reason)
    query = query.order_by(Notification.changed_at.desc(), Notification.id)
    rows = session.scalars(query.offset(offset).limit(PAGE + 1)).all()
    return with_tries(session, rows[:PAGE]), len(rows) > PAGE


def why_failed(session: Session) -> list[tuple[str, int]]:
    """Each reason for which something did not go out lately, the most frequent first."""
    reason = func.coalesce(Notification.reason, "unknown")
    rows = session.execute(
        select(reason, func.count()).where(_failed()).group_by(reason).order_by(func.count().desc())
    )
    return [(name, number) for name, number in rows]


def for_person(session: Session, *, person_id: UUID) -> list[Line]:
    """Every message to one person, the newest first."""
    rows = session.scalars(
        select(Notification)
        .where(Notification.person_id == person_id)
        .order_by(Notification.changed_at.desc(), Notification.id)
        .limit(100)
    )
    return with_tries(session, list(rows))


def opened(session: Session, *, notification_id: UUID) -> Opened | None:
    """One message with its words and the provider's own answers; None if there is no such."""
    row = session.get(Notification, notification_id)
    if row is None:
        return None
    (line,) = with_tries(session, [row])
    for attempt in line.tries:
        attempt.answers.update(_answers(session, row, attempt))
    return Opened(line=line, message=_words(session, line), contact=_contact(session, row))


def counts(session: Session, *, day_began: datetime, day_ends: datetime) -> Counts:
    """Count what staff want to know first; the day is the practice's own."""
    today = and_(Notification.changed_at >= day_began, Notification.changed_at < day_ends)
    waiting = Notification.state.in_(WAITING)
    failed = _failed()
    sent = Notification.state.not_in([*WAITING, *DID_NOT_GO_OUT, State.CANCELLED])
    row = session.execute(
        select(
            _count(and_(sent, today)),
            _count(and_(waiting, Notification.due_at < day_ends)),
            _count(and_(failed, today)),
            _count(waiting),
            _count(failed),
        )
    ).one()
    return Counts(
        sent_today=row[0],
        waiting_today=row[1],
        failed_today=row[2],
        waiting=row[3],
        failed=row[4],
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _failed() -> ColumnElement[bool]:
    """Lately, and nobody has sent it again: that one speaks for itself."""
    recently = Notification.changed_at >= func.now() - func.make_interval(0, 0, 0, RECENT_DAYS)
    again = aliased(Notification)
    sent_again = exists().where(again.resend_of == Notification.id)
    return and_(Notification.state.in_(DID_NOT_GO_OUT), recently, not_(sent_again))


def _withdrawn() -> ColumnElement[bool]:
    return and_(Notification.state == State.CANCELLED, Notification.tries == 0)


def _chosen(show: Show) -> Select[Notification]:
    query = select(Notification)
    if show is Show.WAITING:
        return query.where(Notification.state.in_(WAITING)).order_by(
            Notification.due_at, Notification.id
        )
    if show is Show.FAILED:
        query = query.where(_failed())
    elif show is Show.WITHDRAWN:
        query = query.where(_withdrawn())
    else:
        # What waits for another day, or was taken back before its time, has a list of its own;
        # this one is about what has happened.
        query = query.where(
            not_(_withdrawn()),
            or_(Notification.state.not_in(WAITING), Notification.due_at <= func.now()),
        )
    return query.order_by(Notification.changed_at.desc(), Notification.id)


def with_tries(session: Session, rows: Sequence[Notification]) -> list[Line]:
    """Each with its tries and what became known of them, in a fixed number of statements."""
    attempts = session.scalars(
        select(Attempt)
        .where(Attempt.notification_id.in_([row.id for row in rows]))
        .order_by(Attempt.number)
    ).all()
    ids = [attempt.id for attempt in attempts]
    events = _grouped(
        session.scalars(
            select(AttemptEvent).where(AttemptEvent.attempt_id.in_(ids)).order_by(AttemptEvent.id)
        )
    )
    receipts = _grouped(
        session.scalars(
            select(ProviderEvent)
            .where(ProviderEvent.attempt_id.in_(ids))
            .order_by(ProviderEvent.id)
        )
    )
    tries: dict[UUID, list[Try]] = defaultdict(list)
    for attempt in attempts:
        tries[attempt.notification_id].append(
            Try(
                attempt=attempt,
                events=events.get(attempt.id, ()),
                receipts=receipts.get(attempt.id, ()),
            )
        )
    people = {row.person_id for row in rows if row.person_id is not None}
    names = contacts.names(session, person_ids=people)
    return [
        Line(
            notification=row,
            name=names.get(row.person_id) if row.person_id else "The practice",
            tries=tries.get(row.id, ()),
        )
        for row in rows
    ]


def _grouped(rows: Iterable[Found]) -> dict[UUID, list[Found]]:
    groups: dict[UUID, list[Found]] = defaultdict(list)
    for row in rows:
        groups[row.attempt_id].append(row)
    return groups


def _contact(session: Session, row: Notification) -> Contact | None:
    if row.person_id is None:
        return None
    try:
        return contacts.last_known(session, person_id=row.person_id)
    except (SubjectErased, SealBroken):
        return None


def _words(session: Session, line: Line) -> OutgoingMessage | None:
    if not line.tries:
        return None
    try:
        return open_message(session, notification=line.notification, attempt=line.tries[-1].attempt)
    except (SubjectErased, SealBroken):
        return None


def _answers(session: Session, row: Notification, tried: Try) -> dict[int, str]:
    answers = {}
    for event in tried.events:
        if event.answer_sealed is None:
            continue
        try:
            answers[event.id] = unseal(
                session,
                subject_id=subject_of(row),
                place=f"attempt_event.answer_sealed:{tried.attempt.id}:{event.kind}",
                sealed=event.answer_sealed,
            )
        except (SubjectErased, SealBroken):
            continue
    return answers
