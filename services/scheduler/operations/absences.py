"""Somebody is ill today, and eight people have a time: each is seen to, whatever happens meanwhile.

The list is written down first, with the block, in one transaction; then each appointment is settled
in one of its own. Whoever finds something left settles it: the page that began, the button "Go on",
or the clock after a crash. So nobody is forgotten, and nobody is told twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from services.scheduler.absence_models import Absence, AbsenceVisit
from services.scheduler.domain.appointment import Actor, Hand
from services.scheduler.domain.errors import BadStretch, Refused
from services.scheduler.models import Appointment, Schedule
from services.scheduler.operations import appointments, bookings, on_behalf, openings
from services.scheduler.operations.appointments import Entry
from services.scheduler.operations.history import locked
from services.scheduler.operations.offers import Wanted, hosts_at
from services.scheduler.operations.question import Question
from services.scheduler.settings import Settings
from shared.db import database_now
from shared.vocabulary import AppointmentStatus

logger = structlog.get_logger(__name__)

AHEAD: Final = (AppointmentStatus.PENDING, AppointmentStatus.BOOKED)


def affected(
    session: Session, practitioner_id: UUID, during: Range[datetime], *, now: datetime
) -> list[Entry]:
    """Who has a time then that has not begun yet, in order of time."""
    assert during.lower is not None
    assert during.upper is not None
    found = appointments.standing(
        session,
        since=max(during.lower, now),
        until=max(during.upper, now),
        practitioner_id=practitioner_id,
    )
    return [one for one in found if one.appointment.starts_at > now]


def colleagues(
    session: Session, entry: Entry, *, settings: Settings, now: datetime
) -> list[tuple[UUID, str]]:
    """(practitioner, name) of those who are free at that very time and may see these people."""
    one = entry.appointment
    if one.status != AppointmentStatus.BOOKED:
        return []
    question = Question(
        kind=one.type,
        notice=settings.booking_notice,
        now=now,
        besides=frozenset({one.id}),
        by_staff=True,
        given=True,
    )
    places = {who.location for who in entry.people}
    return [
        (host.practitioner_id, host.name)
        for host in hosts_at(session, one.starts_at, question)
        if host.id != one.schedule_id and places <= host.states
    ]


def begin(
    session: Session,
    *,
    absence_id: UUID,
    schedule_id: int,
    during: Range[datetime],
    plans: Mapping[UUID, UUID | None],
    by: Hand,
    now: datetime,
) -> None:
    """Block the time, and write down what is to become of each: given to a colleague, or cancelled.

    `plans` holds those that are not left as they are. Begun already under that id, nothing happens.
    Raises BadStretch when the time is over.
    """
    if during.upper is None or during.upper <= now:
        raise BadStretch("That time is over.")
    fresh = session.scalar(
        insert(Absence)
        .values(
            id=absence_id,
            schedule_id=schedule_id,
            during=during,
            reason=by.reason or "",
            actor=str(by),
        )
        .on_conflict_do_nothing()
        .returning(Absence.id)
    )
    if fresh is None:
        return
    openings.change(session, schedule_id, during=during, opens=False, by=by, now=now)
    hosts = {row.practitioner_id: row.id for row in session.scalars(select(Schedule))}
    known = session.scalars(
        select(Appointment.id).where(
            Appointment.id.in_(list(plans)), Appointment.schedule_id == schedule_id
        )
    ).all()
    for appointment_id in known:
        to = plans[appointment_id]
        session.add(
            AbsenceVisit(
                absence_id=absence_id,
                appointment_id=appointment_id,
                plan="give" if to else "cancel",
                to_schedule_id=hosts.get(to) if to else None,
            )
        )
    session.flush()


def settle_next(
    session: Session,
    *,
    settings: Settings,
    now: datetime,
    since: datetime,
    absence_id: UUID | None = None,
) -> bool:
    """Settle one appointment that is left, of that absence or of any; False when none is.

    One that another process settles now is passed over. Where something of ours goes wrong, that
    one is left as it was for a later round, and the others are seen to: what failed `since` then,
    on the database's clock, is not tried again.
    """
    query = select(AbsenceVisit).where(
        AbsenceVisit.settled_at.is_(None),
        AbsenceVisit.failed_at.is_(None) | (AbsenceVisit.failed_at < since),
    )
    if absence_id is not None:
        query = query.where(AbsenceVisit.absence_id == absence_id)
    visit = session.scalar(
        query.order_by(AbsenceVisit.id).limit(1).with_for_update(skip_locked=True)
    )
    if visit is None:
        return False
    absence = session.get_one(Absence, visit.absence_id)
    outcome: str | None = None
    try:
        with session.begin_nested():
            outcome = _settle(session, absence, visit, settings=settings, now=now)
    except Refused:
        outcome = "refused"
    except Exception:
        logger.exception("visit not settled", absence_id=str(absence.id), visit_id=visit.id)
    at = database_now(session)
    if outcome is None:
        visit.failed_at = at
    else:
        visit.outcome, visit.settled_at = outcome, at
    session.flush()
    return True


def _settle(
    session: Session, absence: Absence, visit: AbsenceVisit, *, settings: Settings, now: datetime
) -> str:
    one = locked(session, visit.appointment_id)
    if one.schedule_id != absence.schedule_id or one.status not in AHEAD or one.lapsed:
        return "gone"
    if not one.during.overlaps(absence.during):
        return "gone"
    by = _hand(absence)
    if visit.plan == "cancel":
        bookings.cancel(session, appointment_id=one.id, settings=settings, now=now, by=by)
        return "cancelled"
    to = session.get_one(Schedule, visit.to_schedule_id)
    on_behalf.give(
        session,
        appointment_id=one.id,
        wanted=Wanted(one.starts_at, to.practitioner_id),
        settings=settings,
        now=now,
        by=by,
    )
    return "given"


def _hand(absence: Absence) -> Hand:
    """Whoever began it, and the reason they gave: the hand of each change."""
    return Hand(Actor.STAFF, UUID(absence.actor.partition(":")[2]), absence.reason)


def find(session: Session, absence_id: UUID) -> Absence | None:
    """An absence by its id."""
    return session.get(Absence, absence_id)


def visits(session: Session, absence_id: UUID) -> Sequence[AbsenceVisit]:
    """What became of each, in the order in which they are settled."""
    return session.scalars(
        select(AbsenceVisit)
        .where(AbsenceVisit.absence_id == absence_id)
        .order_by(AbsenceVisit.id)
        .execution_options(populate_existing=True)
    ).all()


def not_settled(session: Session) -> Sequence[Absence]:
    """Absences of which something went wrong with somebody's time, and still is, oldest first."""
    failed = select(AbsenceVisit.absence_id).where(
        AbsenceVisit.settled_at.is_(None), AbsenceVisit.failed_at.is_not(None)
    )
    return session.scalars(
        select(Absence).where(Absence.id.in_(failed)).order_by(Absence.created_at)
    ).all()


def called(session: Session, absence_id: UUID, appointment_id: UUID, *, by: Hand) -> None:
    """Somebody has called them. Said twice, the first counts."""
    visit = session.scalar(
        select(AbsenceVisit)
        .where(AbsenceVisit.absence_id == absence_id, AbsenceVisit.appointment_id == appointment_id)
        .with_for_update()
    )
    if visit is not None and visit.called_at is None:
        visit.called_at, visit.called_by = database_now(session), str(by)
        session.flush()
