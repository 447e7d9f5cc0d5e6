"""A small, crowded practice on a database whose clock stands still until somebody moves it.

Holds, replies and offers end by the database's clock. Here `clock_timestamp()` and `now()` are
found first in a schema of the test's, for every connection of every process that is the scheduler:
nothing of the product is replaced, and nobody waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.models import AppointmentType, Invitation, Practitioner, Schedule
from services.scheduler.operations import invitations, schedules
from services.scheduler.providers.intake import Joint, Permission
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.calendar_rules import a_house, wall
from tests.integration.scheduler.world import a_clinician, a_contact, token_of

MONDAY: Final = datetime(2035, 3, 5, 13, tzinfo=UTC)
"""Eight in the morning in New York, in the week before its clocks change."""

SINGLES: Final = 6
VISITORS: Final = 3
COUPLES: Final = 3

_CLOCK: Final = """
    CREATE SCHEMA standing;
    CREATE TABLE standing.clock (at timestamptz NOT NULL);
    INSERT INTO standing.clock VALUES ('2035-03-05T13:00Z');
    CREATE FUNCTION standing.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT at FROM standing.clock';
    CREATE FUNCTION standing.now() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT at FROM standing.clock';
    GRANT USAGE ON SCHEMA standing TO scheduler;
    GRANT SELECT ON standing.clock TO scheduler;
"""
_EMPTIED: Final = (
    "participant", "appointment_history", "change_request", "waitlist_offer", "waitlist_entry",
    "move_proposal", "stated_times", "absence_visit", "absence", "appointment", "invitation",
    "contact_copy", "outbox", "inbox", "subject_key", "idempotency_key", "time_change", "time_off",
    "outside_busy", "outside_calendar", "rule_change",
)  # fmt: skip
_RULES: Final = (
    "appointment_type", "practitioner", "schedule", "availability", "date_override", "type_offered",
    "location", "room", "practice_rules",
)  # fmt: skip
"""What staff change in a history, and what is as it was on the next Monday morning."""


class Said(NamedTuple):
    """When one of two said of their usual week: weekday, and like 20:00-10:20."""

    couple: UUID
    person: UUID
    at: datetime
    weekly: Sequence[tuple[int, str]]


@dataclass
class Practice:
    """Three clinicians, one room, and everybody who would like a time."""

    admin: psycopg.Connection[Any]
    database: Database
    settings: Settings
    hosts: list[tuple[int, UUID]] = field(default_factory=list)
    """(schedule, practitioner) of each clinician."""
    invitations: list[UUID] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    """What each of two has said, for the rows are sealed."""

    parted: set[UUID] = field(default_factory=set)
    """The couples that may not meet any more."""

    @property
    def now(self) -> datetime:
        row = self.admin.execute("SELECT at FROM standing.clock").fetchone()
        assert row
        at: datetime = row[0]
        return at

    def tick(self, by: timedelta) -> None:
        """Time goes by, for everybody at once."""
        self.admin.execute("UPDATE standing.clock SET at = at + %s", (by,))

    def rows(self, query: str, **given: Any) -> list[tuple[Any, ...]]:
        return self.admin.execute(query.encode(), given).fetchall()

    def reset(self) -> None:
        """As it was on Monday morning: the same people, and nothing booked."""
        with self.admin.transaction():
            self.admin.execute("UPDATE standing.clock SET at = %s", (MONDAY,))
            self.admin.execute("SET LOCAL session_replication_role = replica")
            for table in (*_EMPTIED, *_RULES):
                self.admin.execute(f"DELETE FROM scheduler.{table}".encode())  # noqa: S608
            for table in _RULES:
                query = f"INSERT INTO scheduler.{table} SELECT * FROM standing.{table}_kept"  # noqa: S608
                self.admin.execute(query.encode())
            for table in ("schedule", "practice_rules"):  # whoever has a copy reads it anew
                query = f"UPDATE scheduler.{table} SET version = nextval('schedule_version')"  # noqa: S608
                self.admin.execute(query.encode())
        self.said, self.parted = [], set()
        self.invitations, self.people = [], []
        for _ in range(SINGLES):
            self._permit("private-call")
        for _ in range(VISITORS):
            self._permit("individual-session")
        for _ in range(COUPLES):
            couple, two = uuid4(), (uuid4(), uuid4())
            for person, partner in (two, two[::-1]):
                joint = Joint(couple_id=couple, partner_id=partner)
                self._permit("couple-session", person=person, joint=joint)

    def _permit(self, kind: str, person: UUID | None = None, joint: Joint | None = None) -> None:
        number, person = uuid4(), person or uuid4()
        with self.database.begin() as session:
            invitations.accept(
                session,
                token=token_of(number),
                permission=Permission(
                    permission_id=number,
                    person_id=person,
                    contact_version=1,
                    contact=a_contact(),
                    appointment_type=kind,
                    timezone="America/New_York",
                    joint=joint,
                ),
            )
        self.invitations.append(number)
        self.people.append(person)


def stop_the_clock(admin: psycopg.Connection[Any]) -> None:
    """From now on the scheduler's clock is a row in a table."""
    admin.execute(_CLOCK.encode())
    name = admin.info.dbname
    path = 'standing, "$user", pg_catalog'
    admin.execute(f'ALTER ROLE scheduler IN DATABASE "{name}" SET search_path = {path}'.encode())
    admin.execute("SET search_path = standing, scheduler, pg_catalog")


def open_practice(
    admin: psycopg.Connection[Any], database: Database, settings: Settings
) -> Practice:
    """Hours that meet from fourteen to sixteen UTC, seen from three continents."""
    with database.begin() as session:
        schedules.ensure_types(session)
        ada = a_clinician(session, "Ada Obi", weekly=_daily("09:00-10:30", "18:30-20:00"))
        ben = a_clinician(
            session, "Ben Hale", timezone="Asia/Kolkata", weekly=_daily("19:30-21:30")
        )
        cleo = a_clinician(
            session, "Cleo Ray", timezone="Pacific/Auckland", weekly=_daily("03:00-05:00")
        )
        hosts = [
            (one.schedule.id, one.id)
            for one in (ada, ben, cleo)
        ]  # fmt: skip
        ben.sees_couples = False
        _cap(session, ada, cap_per_day=4)
        _cap(session, ben, cap_per_week=6)
        _change(session, "private-call", step=10, horizon_days=2, cap_per_day=3, before=5)
        _change(session, "individual-session", step=30, horizon_days=3, in_person=True,
                confirm=True, staff_only=False)  # fmt: skip
        _change(session, "couple-session", step=30, horizon_days=4, notice=timedelta(hours=12))
    a_house(database, "Blue")
    for table in _RULES:
        query = f"CREATE TABLE standing.{table}_kept AS SELECT * FROM scheduler.{table}"  # noqa: S608
        admin.execute(query.encode())
    return Practice(admin, database, settings, hosts)


def _daily(*ranges: str) -> list[WeeklyRange]:
    return [WeeklyRange(day, wall(one)) for day in range(1, 8) for one in ranges]


def _cap(session: Any, who: Practitioner, **caps: int) -> None:
    session.execute(update(Schedule).where(Schedule.practitioner_id == who.id).values(**caps))


def _change(
    session: Any, code: str, *, step: int, horizon_days: int, before: int = 0, **values: Any
) -> None:
    kind = session.scalars(select(AppointmentType).where(AppointmentType.code == code)).one()
    kind.step, kind.horizon = timedelta(minutes=step), timedelta(days=horizon_days)
    kind.buffer_before = max(kind.buffer_before, timedelta(minutes=before))
    for name, value in values.items():
        setattr(kind, name, value)


def invitation_of(session: Any, number: UUID) -> Invitation:
    """A permission with its type, as a page has it."""
    found: Invitation = session.scalars(
        select(Invitation).options(joinedload(Invitation.type)).where(Invitation.id == number)
    ).one()
    return found
