"""The waitlist by the staff's hand: who waits and what they were asked, taking off, asking.

What staff offer is kept, told and answered like what the clock offers, under the same locks: the
person's own permission, then the schedule. Nothing is deleted: who waits no more stays to be seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.appointment import Hand, change_deadline
from services.scheduler.domain.contact import Contact
from services.scheduler.domain.errors import (
    AskedAlready,
    AsleepThere,
    CanNotBeAsked,
    HasSooner,
    NotLicensedThere,
    SlotTaken,
    TooNear,
    WaitsNoMore,
)
from services.scheduler.domain.waitlist import Waiting, patience
from services.scheduler.models import AppointmentType, Invitation, Schedule
from services.scheduler.operations import holds, waitlist, waitlist_offers
from services.scheduler.operations.invitations import contacts
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.question import Question
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistEntry, WaitlistOffer
from shared.db import database_now
from shared.quiet_hours import is_quiet
from shared.zones import zone

MOST_ENDED = 50


@dataclass(frozen=True)
class Asked:
    """One offer to somebody who waits, and with whom it was."""

    offer: WaitlistOffer
    with_: str


@dataclass(frozen=True)
class Waits:
    """Somebody who waits, or did: how to reach them, and what they were asked, the latest first.

    `has` is the start of the time they have by now; `location` where they said they will be.
    """

    entry: WaitlistEntry
    kind: AppointmentType
    invitation: Invitation
    contact: Contact | None
    location: str | None
    has: datetime | None
    asked: Sequence[Asked]

    @property
    def open(self) -> Asked | None:
        """What they are asked about now; None: nothing."""
        return next((one for one in self.asked if one.offer.answered_at is None), None)

    def can_be_asked(self, settings: Settings) -> bool:
        """Whether a message can reach them: who waits else is called by hand."""
        return self.contact is not None and self.contact.can_be_written_to(settings.channels)


def waiting(session: Session) -> list[Waits]:
    """Everyone who waits now, who has waited longest first."""
    return _read(
        session,
        select(WaitlistEntry)
        .where(WaitlistEntry.ended_at.is_(None))
        .order_by(WaitlistEntry.created_at, WaitlistEntry.id),
    )


def ended(session: Session, *, limit: int = MOST_ENDED) -> list[Waits]:
    """Those who wait no more, the latest first."""
    return _read(
        session,
        select(WaitlistEntry)
        .where(WaitlistEntry.ended_at.is_not(None))
        .order_by(WaitlistEntry.ended_at.desc(), WaitlistEntry.id)
        .limit(limit),
    )


def find(session: Session, entry_id: UUID) -> Waits | None:
    """One of them, whether they still wait or not."""
    return next(
        iter(_read(session, select(WaitlistEntry).where(WaitlistEntry.id == entry_id))), None
    )


def _read(session: Session, query: Select[WaitlistEntry]) -> list[Waits]:
    """In six statements, however many they are."""
    entries = session.scalars(query.execution_options(populate_existing=True)).all()
    if not entries:
        return []
    people = contacts(session, [one.person_id for one in entries])
    where = waitlist.locations(session, entries)
    has = waitlist_offers.standing(session, [one.invitation_id for one in entries])
    permissions = {
        one.id: one
        for one in session.scalars(
            select(Invitation)
            .options(joinedload(Invitation.type))
            .where(Invitation.id.in_([one.invitation_id for one in entries]))
        )
    }
    asked = _asked(session, [one.id for one in entries])
    return [
        Waits(
            entry=one,
            kind=permissions[one.invitation_id].type,
            invitation=permissions[one.invitation_id],
            contact=people.get(one.person_id),
            location=where.get(one.id),
            has=has.get(one.invitation_id),
            asked=asked.get(one.id, ()),
        )
        for one in entries
    ]


def _asked(session: Session, entry_ids: Iterable[UUID]) -> dict[UUID, list[Asked]]:
    """What each was offered, the latest first."""
    rows = session.scalars(
        select(WaitlistOffer)
        .where(WaitlistOffer.entry_id.in_(list(entry_ids)))
        .order_by(WaitlistOffer.offered_at.desc())
        .execution_options(populate_existing=True)
    ).all()
    names = {
        one.id: one.practitioner.name
        for one in session.scalars(
            select(Schedule)
            .options(joinedload(Schedule.practitioner))
            .where(Schedule.id.in_({row.schedule_id for row in rows}))
        )
    }
    found: dict[UUID, list[Asked]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(Asked(row, names[row.schedule_id]))
    return found


def take_off(session: Session, *, entry_id: UUID, by: Hand) -> None:
    """They wait no more, for the reason that `by` gives; what is kept for them is let go.

    Ended already, nothing happens.
    """
    entry = _locked(session, entry_id)
    if entry.ended_at is None:
        waitlist.end(session, entry, waitlist.REMOVED, by=by)


def offer(
    session: Session,
    *,
    entry_id: UUID,
    wanted: Wanted,
    settings: Settings,
    now: datetime,
    by: Hand,
) -> WaitlistOffer:
    """Keep that free time for them, and ask them by the usual message.

    It need not be what they wished for, since somebody has looked; but it is a time that they may
    take, sooner than what they have. Offered to them just now already, that is the answer. Raises
    WaitsNoMore, AskedAlready, HasSooner, CanNotBeAsked, AsleepThere, TooNear, NotLicensedThere or
    SlotTaken.
    """
    entry = _locked(session, entry_id)
    if entry.ended_at is not None or entry.until <= database_now(session):
        raise WaitsNoMore
    schedule = next(
        (o for o in open_schedules(session) if o.practitioner_id == wanted.practitioner_id), None
    )
    if schedule is None:
        raise SlotTaken
    kept = _kept(session, entry)
    if kept is not None and (kept.starts_at, kept.schedule_id) == (wanted.start, schedule.id):
        return kept
    if kept is not None:
        raise AskedAlready
    (who,) = _read(session, select(WaitlistEntry).where(WaitlistEntry.id == entry.id))
    if not who.can_be_asked(settings):
        raise CanNotBeAsked
    if who.location not in schedule.states:
        raise NotLicensedThere
    lasts = refuse_unfit(who, wanted.start, settings=settings, now=now)
    return waitlist_offers.keep(
        session,
        entry,
        schedule,
        wanted.start,
        lasts,
        question(who, settings=settings, now=now),
        settings=settings,
        by=by,
    )


def question(who: Waits, *, settings: Settings, now: datetime) -> Question:
    """What is free that this person could take."""
    return Question.open_to(who.invitation, settings=settings, now=now, location=who.location)


def refuse_unfit(who: Waits, start: datetime, *, settings: Settings, now: datetime) -> timedelta:
    """How long that start would be kept for them, offered now.

    Raises HasSooner, AsleepThere or TooNear.
    """
    if who.has is not None and who.has <= start:
        raise HasSooner
    if is_quiet(now, zone(who.entry.timezone)):
        raise AsleepThere
    notice = settings.notice_to_change(who.kind.move_notice)
    one = Waiting(
        entry_id=who.entry.id,
        since=who.entry.created_at,
        zone=zone(who.entry.timezone),
        location=who.location or "",
        change_by=None if who.has is None else change_deadline(who.has, notice),
    )
    terms = waitlist_offers.terms(question(who, settings=settings, now=now), settings)
    lasts = patience(one, start, terms, now=now)
    if lasts is None:
        raise TooNear
    return lasts


def _kept(session: Session, entry: WaitlistEntry) -> WaitlistOffer | None:
    """What is being kept for them. One whose time is over is written down as that on the way."""
    kept = session.scalar(
        select(WaitlistOffer).where(
            WaitlistOffer.entry_id == entry.id, WaitlistOffer.answered_at.is_(None)
        )
    )
    if kept is not None and kept.expires_at <= database_now(session):
        waitlist.close(session, kept, waitlist.LAPSED)
        return None
    return kept


def _locked(session: Session, entry_id: UUID) -> WaitlistEntry:
    """The entry as it is now, after its permission's lock. Raises WaitsNoMore for one not known."""
    invitation = session.scalar(
        select(Invitation)
        .join(WaitlistEntry, WaitlistEntry.invitation_id == Invitation.id)
        .where(WaitlistEntry.id == entry_id)
    )
    if invitation is None:
        raise WaitsNoMore
    holds.one_at_a_time(session, invitation)
    return session.get_one(WaitlistEntry, entry_id, populate_existing=True)
