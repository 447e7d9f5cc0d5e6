"""What tests say about a practice's time, and what they read off its calendar."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import event, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from services.scheduler.calendar_models import OutsideBusy, OutsideCalendar
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.interval import instant
from services.scheduler.models import (
    Appointment,
    AppointmentType,
    Availability,
    Practitioner,
    Schedule,
)
from services.scheduler.operations import schedules
from services.scheduler.operations.offers import Offers, offers
from services.scheduler.operations.question import Question
from services.scheduler.practice_models import (
    Location,
    PracticeRules,
    Room,
    TimeChange,
    TimeOff,
    TypeOffered,
)
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.acts import NOW
from tests.integration.scheduler.world import NEW_YORK, schedule_of


def kind_of(session: Session, code: str = schedules.PRIVATE_CALL) -> AppointmentType:
    schedules.ensure_types(session)
    found = schedules.appointment_type(session, code)
    assert found is not None
    return found


def change_kind(database: Database, code: str = schedules.PRIVATE_CALL, **values: Any) -> None:
    """The practice's rules for a type."""
    with database.begin() as session:
        schedules.ensure_types(session)
        session.execute(
            update(AppointmentType).where(AppointmentType.code == code).values(**values)
        )


def question(session: Session, code: str = schedules.PRIVATE_CALL, **changes: Any) -> Question:
    values: dict[str, Any] = {"notice": timedelta(0), "now": NOW, **changes}
    return Question(kind=kind_of(session, code), **values)


def ask(database: Database, code: str = schedules.PRIVATE_CALL, **changes: Any) -> Offers:
    with database.begin() as session:
        return offers(session, question(session, code, **changes))


def starts(
    database: Database,
    day: date,
    code: str = schedules.PRIVATE_CALL,
    zone: ZoneInfo = NEW_YORK,
    **changes: Any,
) -> list[str]:
    """The wall times that are offered on that day."""
    found = (instant(one.start).astimezone(zone) for one in ask(database, code, **changes).starts)
    return [f"{at:%H:%M}" for at in found if at.date() == day]


def weekly(
    session: Session,
    who: Practitioner,
    ranges: Iterable[WeeklyRange],
    *,
    kind: int | None = None,
    place: int | None = None,
) -> None:
    """More weekly ranges, for one type alone or in one place."""
    session.add_all(
        Availability(
            schedule_id=schedule_of(session, who).id,
            weekday=one.weekday,
            starts=one.wall.start,
            ends=one.wall.end,
            overnight=one.wall.overnight,
            since=one.since,
            until=one.until,
            appointment_type_id=kind,
            location_id=place,
        )
        for one in ranges
    )
    session.flush()


def wall(text: str) -> WallRange:
    """Like 09:00-12:00; an end that is not later is on the next day."""
    start, end = (time.fromisoformat(one) for one in text.split("-"))
    return WallRange(start, end, end <= start)


def off(
    database: Database, who: Practitioner | None, first: date, last: date | None = None
) -> None:
    """Days off of one, or of the practice."""
    with database.begin() as session:
        number = schedule_of(session, who).id if who else None
        session.add(
            TimeOff(
                schedule_id=number, first_day=first, last_day=last or first, reason="Away together"
            )
        )


def stretch(
    database: Database, who: Practitioner, start: datetime, end: datetime, *, opens: bool
) -> None:
    """Time opened or blocked by the minute."""
    with database.begin() as session:
        session.add(
            TimeChange(
                schedule_id=schedule_of(session, who).id,
                during=Range(start, end, bounds="[)"),
                opens=opens,
                reason="Supervision",
                actor="staff",
            )
        )


def practice(database: Database, **values: Any) -> None:
    """What holds for everybody."""
    with database.begin() as session:
        query = insert(PracticeRules).values(id=1, **values)
        session.execute(query.on_conflict_do_update(index_elements=["id"], set_=values))


def gives(database: Database, who: Practitioner, *, offered: bool = True, weight: int = 1) -> None:
    """How somebody gives the private call."""
    with database.begin() as session:
        session.add(
            TypeOffered(
                schedule_id=schedule_of(session, who).id,
                appointment_type_id=kind_of(session).id,
                offered=offered,
                weight=weight,
            )
        )


def a_house(database: Database, *rooms: str, name: str = "Maple House") -> tuple[int, list[int]]:
    """A location with rooms; returns its id and theirs."""
    with database.begin() as session:
        place = Location(name=name)
        session.add(place)
        session.flush()
        found = [Room(location_id=place.id, name=one) for one in rooms]
        session.add_all(found)
        session.flush()
        return place.id, [one.id for one in found]


def an_appointment(
    session: Session, who: Practitioner, start: datetime, **changes: Any
) -> Appointment:
    """A row that stands, by nobody's permission."""
    kind = changes.pop("kind", None) or kind_of(session)
    number = uuid4()
    values: dict[str, Any] = {
        "id": number,
        "schedule_id": schedule_of(session, who).id,
        "appointment_type_id": kind.id,
        "during": Range(start, start + kind.duration, bounds="[)"),
        "buffer_before": kind.buffer_before,
        "buffer_after": kind.buffer_after,
        "status": "booked",
        "uid": f"{number}@harborlane.example",
        **changes,
    }
    row = Appointment(**values)
    session.add(row)
    session.flush()
    return row


def cap_of(database: Database, who: Practitioner, **caps: int | None) -> None:
    with database.begin() as session:
        session.execute(update(Schedule).where(Schedule.practitioner_id == who.id).values(**caps))


def elsewhere(database: Database, who: Practitioner, start: datetime, end: datetime) -> None:
    """Busy in a calendar that was read a moment ago."""
    with database.begin() as session:
        number = schedule_of(session, who).id
        calendar = OutsideCalendar(
            schedule_id=number, name="Own", address_sealed=b"-", stale_after=timedelta(days=3650),
            read_at=utcnow(), tried_at=utcnow(),
        )  # fmt: skip
        session.add(calendar)
        session.flush()
        during = Range(start, end, bounds="[)")
        session.add(OutsideBusy(calendar_id=calendar.id, schedule_id=number, during=during))


def open_schedule(session: Session, who: Practitioner) -> Any:
    return next(one for one in schedules.open_schedules(session) if one.practitioner_id == who.id)


class Statements:
    """Counts what is sent to a database while the context lasts."""

    def __init__(self, database: Database) -> None:
        self.engine, self.sent = database.engine, list[str]()

    def __enter__(self) -> Self:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, *call: Any) -> None:
        self.sent.append(call[2])
