"""A time that has become free is kept for one who waits, and they are asked; then for the next.

No event is needed for it, and none can be missed: a job looks at what is free and at who waits, and
writes a hold, an offer and its event in one commit. Two of them at once offer nothing twice, since
each takes the person's lock, then the guard's, and an index allows one open offer for each.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.appointment import SYSTEM, Hand, change_deadline
from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.interval import instant, minute_at_or_before, whole_minutes
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.domain.waitlist import Look, Match, Terms, Waiting, look, matches
from services.scheduler.models import Appointment, AppointmentHistory, AppointmentType, Invitation
from services.scheduler.operations import guard, holds, waitlist
from services.scheduler.operations.invitations import contacts
from services.scheduler.operations.offers import offers
from services.scheduler.operations.question import Question
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistEntry, WaitlistOffer
from shared.contracts.scheduler import TimeOffered
from shared.db import database_now
from shared.messaging.outbox import publish
from shared.tokens import token_sha256
from shared.vocabulary import LIVE_STATUSES, AppointmentStatus

logger = structlog.get_logger(__name__)

# ---------------------------------------------------------------- looking


def look_around(session: Session, *, settings: Settings, now: datetime) -> list[Match]:
    """Whom to offer what. Where nobody waits, it is one look at an index.

    Also notes what of that which was free all along has been taken since: were it to become free
    again, it would be offered.
    """
    entries = session.scalars(
        select(WaitlistEntry).where(
            WaitlistEntry.ended_at.is_(None), WaitlistEntry.until > func.clock_timestamp()
        )
    ).all()
    if not entries:
        return []
    ready = _ready(session, entries, settings)
    found: list[Match] = []
    for (kind, given), waiting in _by_type(session, entries, settings).items():
        question = Question(kind=kind, notice=settings.booking_notice, now=now, given=given)
        looks = _looks(session, waiting, question)
        found += matches(
            [one for one in looks if one.waiting.entry_id in ready],
            terms(question, settings),
            now=now,
        )
    return found


def terms(question: Question, settings: Settings) -> Terms:
    """How the practice offers times of that type."""
    return Terms(within=settings.waitlist_offer, notice=question.policy.notice)


def _looks(
    session: Session, waiting: Iterable[tuple[WaitlistEntry, Waiting]], question: Question
) -> list[Look]:
    free = offers(session, question)
    hosts, length = waitlist.hosts(free), whole_minutes(question.kind.duration)
    looks = []
    for entry, one in waiting:
        seen = look(one, free.starts, hosts, length)
        if seen.still_free != one.free_before:
            entry.free_before = [instant(start) for start in sorted(seen.still_free)]
        looks.append(seen)
    session.flush()
    return looks


def _ready(session: Session, entries: Iterable[WaitlistEntry], settings: Settings) -> set[UUID]:
    """Those who may be asked now: nothing else is being kept for them, and we can write to them."""
    known = contacts(session, [one.person_id for one in entries])
    asked = set(
        session.scalars(
            select(WaitlistOffer.entry_id).where(
                WaitlistOffer.answered_at.is_(None),
                WaitlistOffer.entry_id.in_([one.id for one in entries]),
            )
        )
    )
    return {
        one.id
        for one in entries
        if one.id not in asked
        and one.person_id in known
        and known[one.person_id].can_be_written_to(settings.channels)
    }


def _by_type(
    session: Session, entries: Iterable[WaitlistEntry], settings: Settings
) -> Mapping[tuple[AppointmentType, bool], list[tuple[WaitlistEntry, Waiting]]]:
    """Everyone who waits as the rule takes them, by what they wait for, given by staff or not."""
    entries = list(entries)
    kinds = {
        kind.id: kind
        for kind in session.scalars(
            select(AppointmentType).where(
                AppointmentType.id.in_({one.appointment_type_id for one in entries}),
                AppointmentType.ended_at.is_(None),
            )
        )
    }
    given = set(
        session.scalars(
            select(Invitation.id).where(
                Invitation.id.in_([one.invitation_id for one in entries]),
                Invitation.given_by.is_not(None),
            )
        )
    )
    where = waitlist.locations(session, entries)
    has = standing(session, [one.invitation_id for one in entries])
    asked, lapsed = _earlier_offers(session, [one.id for one in entries])
    given_back = _given_back(session, [one.invitation_id for one in entries])
    found: dict[tuple[AppointmentType, bool], list[tuple[WaitlistEntry, Waiting]]] = {}
    for one in entries:
        kind = kinds.get(one.appointment_type_id)
        if kind is None or one.id not in where:
            continue
        stands = has.get(one.invitation_id)
        notice = settings.notice_to_change(kind.move_notice)
        waiting = waitlist.as_waiting(
            one,
            where[one.id],
            has=None if stands is None else minute_at_or_before(stands),
            change_by=None if stands is None else change_deadline(stands, notice),
            free_before=frozenset(map(minute_at_or_before, one.free_before)),
            asked=asked.get(one.id, frozenset()) | given_back.get(one.invitation_id, frozenset()),
            lapsed=lapsed.get(one.id, 0),
        )
        found.setdefault((kind, one.invitation_id in given), []).append((one, waiting))
    return found


def standing(session: Session, invitation_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When those who have a time by now have it; a mere hold is none."""
    rows = session.execute(
        select(Appointment.invitation_id, func.lower(Appointment.during)).where(
            Appointment.invitation_id.in_(list(invitation_ids)),
            Appointment.status.in_(LIVE_STATUSES),
            Appointment.status != AppointmentStatus.PROPOSED,
            ~Appointment.lapsed,
        )
    )
    return {invitation_id: start for invitation_id, start in rows if invitation_id is not None}


def _earlier_offers(
    session: Session, entry_ids: Iterable[UUID]
) -> tuple[dict[UUID, frozenset[int]], dict[UUID, int]]:
    """What each was offered before, and how many of these offers lapsed."""
    rows = session.execute(
        select(WaitlistOffer.entry_id, WaitlistOffer.starts_at, WaitlistOffer.answer).where(
            WaitlistOffer.entry_id.in_(list(entry_ids))
        )
    )
    asked: dict[UUID, frozenset[int]] = {}
    lapsed: dict[UUID, int] = {}
    for entry_id, start, answer in rows:
        asked[entry_id] = asked.get(entry_id, frozenset()) | {minute_at_or_before(start)}
        lapsed[entry_id] = lapsed.get(entry_id, 0) + (answer == waitlist.LAPSED)
    return asked, lapsed


def _given_back(session: Session, invitation_ids: Iterable[UUID]) -> dict[UUID, frozenset[int]]:
    """Times that a person has had and moved away from, or cancelled: not asked about again."""
    rows = session.execute(
        select(Appointment.invitation_id, func.lower(AppointmentHistory.during_before))
        .join(Appointment, Appointment.id == AppointmentHistory.appointment_id)
        .where(Appointment.invitation_id.in_(list(invitation_ids)))
    )
    found: dict[UUID, frozenset[int]] = {}
    for invitation_id, start in rows:
        if invitation_id is not None and start is not None:
            found[invitation_id] = found.get(invitation_id, frozenset()) | {
                minute_at_or_before(start)
            }
    return found


# ---------------------------------------------------------------- asking


def offer(
    session: Session, match: Match, *, settings: Settings, now: datetime
) -> WaitlistOffer | None:
    """Keep the time for whom it suits, and have them told, in one commit.

    None when they are doing something themselves just now, or need it no more: the next look finds
    what is true then. Raises SlotTaken.
    """
    entry = session.get_one(WaitlistEntry, match.waiting.entry_id, populate_existing=True)
    invitation = session.scalar(
        select(Invitation)
        .options(joinedload(Invitation.type))
        .where(Invitation.id == entry.invitation_id)
        .with_for_update(of=Invitation, key_share=True, skip_locked=True)
    )
    if invitation is None:
        return None
    entry = session.get_one(WaitlistEntry, entry.id, populate_existing=True)
    if entry.ended_at is not None or _open_offer_of(session, entry) is not None:
        return None
    start = instant(match.start)
    has = standing(session, [invitation.id]).get(invitation.id)
    if has is not None and has <= start:
        return None
    schedule = next((one for one in open_schedules(session) if one.id == match.host), None)
    if schedule is None:
        raise SlotTaken
    question = Question.open_to(invitation, settings=settings, now=now)
    return keep(session, entry, schedule, start, match.lasts, question, settings=settings)


def keep(
    session: Session,
    entry: WaitlistEntry,
    schedule: OpenSchedule,
    start: datetime,
    lasts: timedelta,
    question: Question,
    *,
    settings: Settings,
    by: Hand = SYSTEM,
) -> WaitlistOffer:
    """Hold the time for who waits, and have them told. After their lock. Raises SlotTaken."""
    guard.enter_for(session, schedule, start, question)
    until = database_now(session) + lasts
    held = holds.keep(session, schedule, start, question, until=until, settings=settings)
    row = WaitlistOffer(
        id=uuid4(),
        entry_id=entry.id,
        schedule_id=schedule.id,
        starts_at=start,
        held_id=held.id,
        communication_id=uuid4(),
        offered_by=None if by == SYSTEM else str(by),
        expires_at=until,
    )
    row.token_sha256 = token_sha256(waitlist.offer_token(settings, row))
    session.add(row)
    session.flush()
    publish(
        session,
        TimeOffered(
            communication_id=row.communication_id, person_id=entry.person_id, expires_at=until
        ),
    )
    logger.info("time offered", offer_id=str(row.id), entry_id=str(entry.id))
    return row


def _open_offer_of(session: Session, entry: WaitlistEntry) -> WaitlistOffer | None:
    return session.scalar(
        select(WaitlistOffer).where(
            WaitlistOffer.entry_id == entry.id, WaitlistOffer.answered_at.is_(None)
        )
    )


def lapse_overdue(session: Session) -> int:
    """Write down what nobody answered in time; returns how many. One being taken now is left."""
    overdue = (
        select(WaitlistOffer.id)
        .where(
            WaitlistOffer.answered_at.is_(None),
            WaitlistOffer.expires_at <= func.clock_timestamp(),
        )
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    gone = session.execute(
        update(WaitlistOffer)
        .where(WaitlistOffer.id.in_(overdue))
        .values(answered_at=func.clock_timestamp(), answer=waitlist.LAPSED)
        .returning(WaitlistOffer.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
