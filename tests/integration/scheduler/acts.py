"""What tests do to the scheduler's operations, on one Monday of 2027."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update

from services.scheduler.domain.interval import instant
from services.scheduler.models import (
    Appointment,
    AppointmentHistory,
    AppointmentType,
    Invitation,
    Practitioner,
)
from services.scheduler.operations import bookings, holds, participants, schedules
from services.scheduler.operations.offers import Wanted, offers
from services.scheduler.operations.question import Question
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.world import (
    an_invitation,
    local,
)

MONDAY = date(2027, 3, 8)
NOW = local(MONDAY, "07:00")
DAY = timedelta(days=1)


def invited(database: Database) -> Invitation:
    with database.begin() as session:
        return an_invitation(session)


def wanted(clock: str, who: Practitioner | None = None, day: date = MONDAY) -> Wanted:
    return Wanted(local(day, clock), who.id if who else None)


def hold(
    database: Database, invitation: Invitation, what: Wanted, settings: Settings
) -> Appointment:
    with database.begin() as session:
        return holds.hold(session, invitation=invitation, wanted=what, settings=settings, now=NOW)


def book(
    database: Database,
    invitation: Invitation,
    what: Wanted,
    settings: Settings,
    now: datetime = NOW,
) -> Appointment:
    with database.begin() as session:
        return bookings.book(
            session,
            invitation=invitation,
            wanted=what,
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=now,
        )


def move(
    database: Database, one: Appointment, what: Wanted, settings: Settings, now: datetime = NOW
) -> Appointment:
    with database.begin() as session:
        return bookings.move(
            session,
            appointment_id=one.id,
            person_id=participants.person_ids(session, one.id)[0],
            wanted=what,
            location="NY",
            settings=settings,
            now=now,
        )


def cancel(
    database: Database, one: Appointment, settings: Settings, now: datetime = NOW
) -> Appointment:
    with database.begin() as session:
        return bookings.cancel(
            session,
            appointment_id=one.id,
            person_id=participants.person_ids(session, one.id)[0],
            settings=settings,
            now=now,
        )


def offered(database: Database, settings: Settings) -> list[datetime]:
    with database.begin() as session:
        schedules.ensure_types(session)
        kind = session.scalars(
            select(AppointmentType).where(AppointmentType.code == schedules.PRIVATE_CALL)
        ).one()
        found = offers(session, Question(kind=kind, notice=settings.booking_notice, now=NOW))
    return [instant(one.start) for one in found.starts]


def run_out(database: Database) -> None:
    """Let every hold's time be over, on the database's clock."""
    with database.begin() as session:
        session.execute(
            update(Appointment)
            .where(Appointment.status == "proposed")
            .values(hold_until=func.clock_timestamp() - timedelta(seconds=1))
        )


def history(database: Database) -> list[tuple[str, int, str]]:
    with database.begin() as session:
        rows = session.scalars(select(AppointmentHistory).order_by(AppointmentHistory.id))
        return [(row.act, row.sequence, row.status_after) for row in rows]
