"""What tests do to the waitlist, on one Monday of 2027."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.models import Appointment, AppointmentType, Invitation, Practitioner
from services.scheduler.operations import (
    bookings,
    invitations,
    waitlist,
    waitlist_answers,
    waitlist_offers,
)
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.offers import Wanted, offers
from services.scheduler.operations.question import Question
from services.scheduler.operations.waitlist import Wish
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistEntry, WaitlistOffer
from shared.db import Database
from tests.integration.scheduler.acts import MONDAY, book, invited
from tests.integration.scheduler.world import local, token_of

NOON = local(MONDAY, "12:00")
NEXT_WEEK = MONDAY + timedelta(days=7)


def wait(
    database: Database,
    invitation: Invitation,
    settings: Settings,
    *who: Practitioner,
    times: list[WeeklyRange] | tuple[()] = (),
    timezone: str = "America/New_York",
    location: str = "NY",
    now: datetime = NOON,
) -> WaitlistEntry:
    """Somebody waits for a time, at any hour unless told otherwise."""
    with database.begin() as session:
        return waitlist.join(
            session,
            invitation=invitation,
            wish=Wish(
                location=location,
                timezone=timezone,
                lasts=timedelta(weeks=6),
                practitioner_ids=[one.id for one in who],
                times=times,
            ),
            settings=settings,
            now=now,
        )


def look(database: Database, settings: Settings, now: datetime = NOON) -> list[WaitlistOffer]:
    """What the job does in one round, at that hour; returns what was offered."""
    with database.begin() as session:
        waitlist_offers.lapse_overdue(session)
        waitlist.end_overdue(session)
        found = waitlist_offers.look_around(session, settings=settings, now=now)
    made = []
    for match in found:
        try:
            with database.begin() as session:
                made.append(waitlist_offers.offer(session, match, settings=settings, now=now))
        except SlotTaken:
            continue
    return [one for one in made if one is not None]


def accept(
    database: Database,
    offered: WaitlistOffer,
    settings: Settings,
    *,
    how: str = "phone",
    location: str = "NY",
    now: datetime = NOON,
) -> Place:
    with database.begin() as session:
        return waitlist_answers.accept(
            session,
            token=waitlist.offer_token(settings, offered),
            how=how,
            location=location,
            settings=settings,
            now=now,
        )


def decline(database: Database, offered: WaitlistOffer, settings: Settings) -> None:
    with database.begin() as session:
        waitlist_answers.decline(session, token=waitlist.offer_token(settings, offered))


def let_lapse(database: Database) -> None:
    """The time of every offer is over, on the database's clock."""
    past = func.clock_timestamp() - timedelta(seconds=1)
    with database.begin() as session:
        session.execute(
            update(Appointment).where(Appointment.status == "proposed").values(hold_until=past)
        )
        session.execute(
            update(WaitlistOffer).where(WaitlistOffer.answered_at.is_(None)).values(expires_at=past)
        )


def fill(database: Database, settings: Settings, now: datetime = NOON) -> list[Appointment]:
    """Book every time there is, with somebody else each; returns the appointments in order."""
    made = []
    while free := starts(database, settings, now):
        made += [
            book(database, invited(database), Wanted(start), settings, now=now) for start in free
        ]
    return sorted(made, key=lambda one: one.starts_at)


def starts(database: Database, settings: Settings, now: datetime = NOON) -> list[datetime]:
    """What anybody could book now."""
    with database.begin() as session:
        kind = session.scalars(
            select(AppointmentType).where(AppointmentType.code == "private-call")
        ).one()
        question = Question(kind=kind, notice=settings.booking_notice, now=now)
        free = offers(session, question)
    return [datetime.fromtimestamp(one.start * 60, NOON.tzinfo) for one in free.starts]


def free_again(
    database: Database, one: Appointment, settings: Settings, now: datetime = NOON
) -> None:
    """Somebody gives their time back."""
    with database.begin() as session:
        bookings.cancel(session, appointment_id=one.id, settings=settings, now=now)


def entries(database: Database) -> list[WaitlistEntry]:
    with database.begin() as session:
        return list(session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.created_at)))


def offered(database: Database) -> list[WaitlistOffer]:
    with database.begin() as session:
        return list(session.scalars(select(WaitlistOffer).order_by(WaitlistOffer.offered_at)))


def answers(database: Database) -> list[str | None]:
    """What became of each offer, in order."""
    return [one.answer for one in offered(database)]


def permission_of(database: Database, one: Appointment) -> Invitation:
    """With which an appointment was booked."""
    assert one.invitation_id
    with database.begin() as session:
        found = invitations.find(session, token_of(one.invitation_id))
        assert found
        return found
