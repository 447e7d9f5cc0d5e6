"""What somebody who waits answers to an offer, by its own link: yes, no, or nothing in time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.appointment import SYSTEM
from services.scheduler.domain.errors import AlreadyBooked, NoSuchLink, OfferOver
from services.scheduler.models import Appointment, Invitation, Schedule
from services.scheduler.operations import bookings, guard, holds, participants, replies, waitlist
from services.scheduler.operations.appointments import Place, of_invitation, place_of
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistEntry, WaitlistOffer
from shared.db import database_now
from shared.tokens import token_sha256
from shared.vocabulary import AppointmentStatus

State = Literal["open", "accepted", "over"]


@dataclass(frozen=True)
class Offered:
    """One person's view of one offer. Nothing of anybody else's is in it.

    `place` is the time that they have now, if they have one.
    """

    offer: WaitlistOffer
    entry: WaitlistEntry
    invitation: Invitation
    schedule: Schedule
    place: Place | None
    state: State

    @property
    def ends_at(self) -> datetime:
        """When the time that is offered is over."""
        return self.offer.starts_at + self.invitation.type.duration

    @property
    def waits(self) -> bool:
        """Whether the person is asked again when another time becomes free."""
        return self.entry.ended_at is None


def by_token(session: Session, token: str) -> Offered:
    """What the link of an offer opens. Raises NoSuchLink."""
    return _offered(session, WaitlistOffer.token_sha256 == token_sha256(token))


def told_of(session: Session, communication_id: UUID) -> Offered | None:
    """What a communication is about; None once it need not be told any more."""
    try:
        found = _offered(session, WaitlistOffer.communication_id == communication_id)
    except NoSuchLink:
        return None
    return found if found.state == "open" else None


def accept(
    session: Session, *, token: str, how: str, location: str, settings: Settings, now: datetime
) -> Place:
    """Take the time: it is booked, or the time they have is moved to it (P23). Said twice, once.

    Raises OfferOver, AlreadyBooked for who has a sooner time, and what booking and moving raise;
    the offer stands then, until its end.
    """
    found = by_token(session, token)
    invitation = found.invitation
    holds.one_at_a_time(session, invitation)
    offered, held = waitlist.locked(session, found.offer)
    taken_before = of_invitation(session, invitation)
    if offered.answer == waitlist.ACCEPTED and taken_before is not None:
        return taken_before
    if offered.answered_at is not None or held is None:
        raise OfferOver
    wanted = Wanted(offered.starts_at, found.schedule.practitioner_id)
    replies.release_overdue(session, Appointment.invitation_id == invitation.id)
    session.execute(
        delete(Appointment).where(
            Appointment.invitation_id == invitation.id,
            Appointment.status == AppointmentStatus.PROPOSED,
        )
    )
    standing = holds.live_appointment(session, invitation.id, lock=True)
    if standing is None:
        held.invitation_id = invitation.id
        session.flush()
        taken = bookings.book(
            session,
            invitation=invitation,
            wanted=wanted,
            how=how,
            timezone=found.entry.timezone,
            location=location,
            settings=settings,
            now=now,
        )
    elif standing.starts_at <= offered.starts_at:
        raise AlreadyBooked
    else:
        taken = _move(session, standing, held, wanted, found, how, location, settings, now)
    offered.answer, offered.answered_at = waitlist.ACCEPTED, database_now(session)
    session.flush()
    waitlist.end(session, found.entry, waitlist.BOOKED, by=SYSTEM)
    return place_of(session, taken, invitation.person_id)


def decline(session: Session, *, token: str) -> None:
    """Let it go: the next is asked, and this person stays on the list. Over already: nothing."""
    found = by_token(session, token)
    holds.one_at_a_time(session, found.invitation)
    waitlist.close(session, found.offer, waitlist.DECLINED)


def _move(
    session: Session,
    standing: Appointment,
    held: Appointment,
    wanted: Wanted,
    found: Offered,
    how: str,
    location: str,
    settings: Settings,
    now: datetime,
) -> Appointment:
    """The time they have, moved to the one that is kept: nobody comes between, under the guard."""
    participants.refuse_other_ways(session, held, how)
    guard.enter_unless(session, held.schedule_id, lambda: _gone(session, found.offer))
    session.execute(delete(Appointment).where(Appointment.id == held.id))
    taken = bookings.move(
        session,
        appointment_id=standing.id,
        person_id=found.invitation.person_id,
        wanted=wanted,
        location=location,
        settings=settings,
        now=now,
    )
    for one in participants.of(session, taken.id):
        one.how = how
    session.flush()
    return taken


def _gone(session: Session, offered: WaitlistOffer) -> OfferOver | None:
    return OfferOver() if offered.expires_at <= database_now(session) else None


def _offered(session: Session, which: object) -> Offered:
    row = session.execute(
        select(WaitlistOffer, WaitlistEntry, Invitation, Schedule)
        .join(WaitlistEntry, WaitlistEntry.id == WaitlistOffer.entry_id)
        .join(Invitation, Invitation.id == WaitlistEntry.invitation_id)
        .join(Schedule, Schedule.id == WaitlistOffer.schedule_id)
        .options(joinedload(Invitation.type), joinedload(Schedule.practitioner))
        .where(which)  # type: ignore[arg-type]
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NoSuchLink
    offered, entry, invitation, schedule = row
    state: State = "over"
    if offered.answer == waitlist.ACCEPTED:
        state = "accepted"
    elif offered.answer is None and offered.expires_at > database_now(session):
        state = "open"
    place = of_invitation(session, invitation)
    return Offered(offered, entry, invitation, schedule, place, state)
