"""A small world for the notifier's tests: people who live where it is day, events, time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from services.notifier.actors import Courier
from services.notifier.app import make_courier
from services.notifier.consumers import consumer
from services.notifier.domain.consent import Act, Agreed, Way
from services.notifier.jobs import Sweep
from services.notifier.models import (
    AppointmentProjection,
    Attempt,
    AttemptEvent,
    MailboxMessage,
    Notification,
)
from services.notifier.operations import consents, ledger, suppressions
from services.notifier.settings import Settings
from shared.clock import utcnow
from shared.contracts.intake import ContactChanged
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled, AppointmentMoved
from shared.db import Database
from shared.messaging.events import Event
from shared.vocabulary import Channel
from shared.zones import zone
from tests.parties.neighbours import Neighbours

ZONES = (
    *("America/New_York", "America/Los_Angeles", "Pacific/Auckland", "Asia/Tokyo"),
    *("Asia/Kolkata", "Europe/Berlin", "Asia/Dubai", "Pacific/Honolulu"),
)


def _where(first: int, last: int) -> str:
    for name in ZONES:
        if first <= utcnow().astimezone(zone(name)).hour < last:
            return name
    raise AssertionError("It is always some hour somewhere.")


def where_it_is_day() -> str:
    """A zone where it is well between 8 am and 9 pm, whenever the tests run."""
    return _where(10, 20)


def where_it_is_night() -> str:
    """A zone where it is well between 9 pm and 8 am."""
    try:
        return _where(22, 24)
    except AssertionError:
        return _where(0, 6)


@dataclass(kw_only=True)
class Someone:
    """A made-up person as intake knows them."""

    id: UUID = field(default_factory=uuid4)
    version: int = 1
    name: str = "Rowan Ellery"
    email: str | None = "rowan@example.org"
    phone: str | None = "+19145550119"
    channels: tuple[str, ...] = ("email", "sms", "call")
    timezone: str = field(default_factory=where_it_is_day)
    locale: str = "en-US"
    agreed: bool = True
    """Whether their number has said yes to texts, by the ledger."""

    def document(self) -> dict[str, Any]:
        """As intake's internal API gives it."""
        return {
            "person_id": str(self.id),
            "version": self.version,
            "name": self.name,
            "pronouns": "they",
            "email": self.email,
            "phone": self.phone,
            "channels": {
                channel: channel in self.channels
                for channel in ("email", "sms", "call", "voicemail")
            },
            "call_as": "Rowan",
            "contact_notes_present": False,
            "locale": self.locale,
            "timezone": self.timezone,
        }


@dataclass(kw_only=True)
class Booking:
    """An appointment of the made-up scheduler."""

    people: tuple[Someone, ...]
    starts_at: datetime
    id: UUID = field(default_factory=uuid4)
    sequence: int = 0
    status: str = "booked"
    type: str = "first-call"

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=20)

    def link(self, person: Someone) -> str:
        """The person's own link."""
        return f"http://127.0.0.1:8000/schedule/m/{person.id.hex}{'x' * 11}"


class World:
    """The notifier on a real database, with neighbours to ask, and hands to move things on."""

    def __init__(self, database: Database, settings: Settings, neighbours: Neighbours) -> None:
        self.database = database
        self.settings = settings
        self.neighbours = neighbours
        self.courier: Courier = make_courier(settings, database)
        self.sweep = Sweep(
            database=database,
            ring_deliver=lambda _, id_: self.courier.deliver(id_),
            ring_prepare=lambda _, id_: self.courier.prepare(id_),
            deliver=self.courier.deliver,
            prepare=self.courier.prepare,
            ring_errand=lambda _, id_: self.courier.errand(id_),
            do_errand=self.courier.errand,
        )

    # ------------------------------------------------------------ what others do

    def hear(
        self, event: Event, *, event_id: UUID | None = None, ago: timedelta = timedelta(0)
    ) -> None:
        """Receive an event, said so long ago, through the service's own ear."""
        envelope = event.envelope(event_id=event_id or uuid4(), at=utcnow() - ago)
        with self.database.begin() as session:
            consumer.receive(envelope, session)

    def prove(self, person: Someone) -> None:
        """Have their number agree to texts, as if it had been asked and had said YES."""
        if not person.agreed or person.phone is None or "sms" not in person.channels:
            return
        with self.database.begin() as session:
            if consents.agreed(session, person_id=person.id, number=person.phone):
                return
            ledger.note(
                session,
                address_index=suppressions.index_of(
                    session, channel=Channel.SMS, address=person.phone
                ),
                act=Act.GIVEN,
                way=Way.TEXT,
                person_id=person.id,
                agreed=Agreed(version="question en sms 1 abc1234", sha256="0" * 64),
            )

    def publish(self, booking: Booking) -> None:
        """Have the scheduler and intake know of a booking, without a word to us."""
        for person in booking.people:
            self.prove(person)
            self.neighbours.answers[f"/intake/internal/contacts/{person.id}"] = person.document()
            path = f"/scheduler/internal/appointments/{booking.id}/for/{person.id}"
            self.neighbours.answers[path] = {
                "appointment_id": str(booking.id),
                "sequence": booking.sequence,
                "status": booking.status,
                "start": booking.starts_at.isoformat(),
                "end": booking.ends_at.isoformat(),
                "timezone": person.timezone,
                "how": "phone",
                "type": booking.type,
                "uid": f"{booking.id}@harborlane.example",
                "manage_url": booking.link(person),
                "practitioner_name": "Marcus Oyelaran",
            }

    def book(
        self, *people: Someone, ahead: timedelta = timedelta(days=6), tell: bool = True
    ) -> Booking:
        """Book a time so far ahead, and say so."""
        booking = Booking(people=people or (Someone(),), starts_at=_soon(ahead))
        self.publish(booking)
        if tell:
            self.hear(booked(booking))
        return booking

    def move(self, booking: Booking, *, ahead: timedelta) -> None:
        """Move it, and say so."""
        booking.sequence += 1
        booking.starts_at = _soon(ahead)
        self.publish(booking)
        self.hear(moved(booking))

    def cancel(self, booking: Booking) -> None:
        """Cancel it, and say so."""
        booking.sequence += 1
        booking.status = "cancelled"
        self.publish(booking)
        self.hear(cancelled(booking))

    def change(self, person: Someone, **wishes: Any) -> None:
        """A person changes their wishes, and intake says so."""
        person.version += 1
        for name, value in wishes.items():
            setattr(person, name, value)
        self.prove(person)
        self.neighbours.answers[f"/intake/internal/contacts/{person.id}"] = person.document()
        self.hear(ContactChanged(person_id=person.id, contact_version=person.version))

    # ------------------------------------------------------------ time

    def pass_on(self, rounds: int = 4) -> None:
        """Let the sweep do what is due, a few times, as it would within a few seconds."""
        for _ in range(rounds):
            self.sweep.ring()

    def make_due(self, purpose: str | None = None, *, by: timedelta = timedelta(seconds=1)) -> None:
        """Pretend that the time of what waits has come, so long ago."""
        change = update(Notification).values(due_at=utcnow() - by, rung_at=None)
        change = change.where(Notification.state.in_(["scheduled", "uncertain"]))
        if purpose is not None:
            change = change.where(Notification.purpose == purpose)
        with self.database.begin() as session:
            session.execute(change)

    def let_leases_lapse(self) -> None:
        """Pretend that a minute has passed since a worker was last heard of."""
        past = utcnow() - timedelta(seconds=1)
        with self.database.begin() as session:
            session.execute(
                update(Notification)
                .where(Notification.lease_until.is_not(None))
                .values(lease_until=past, rung_at=None)
            )

    def let_pauses_pass(self, by: timedelta = timedelta(seconds=1)) -> None:
        """Pretend that it was time to ask the neighbours, so long ago."""
        with self.database.begin() as session:
            session.execute(
                update(AppointmentProjection)
                .where(AppointmentProjection.prepare_at.is_not(None))
                .values(prepare_at=utcnow() - by, rung_at=None)
            )

    # ------------------------------------------------------------ looking

    def rows(self, **wanted: Any) -> list[Notification]:
        """Messages, in the order of their time."""
        with self.database.begin() as session:
            query = select(Notification).filter_by(**wanted)
            return list(session.scalars(query.order_by(Notification.due_at, Notification.channel)))

    def states(self, **wanted: Any) -> dict[tuple[str, str | None], str]:
        """(purpose, channel) -> state, of rows that are not withdrawn."""
        return {
            (row.purpose, row.channel): str(row.state)
            for row in self.rows(**wanted)
            if row.state != "cancelled"
        }

    def kept(self) -> list[UUID]:
        """The messages in the mailbox, by the row each came from."""
        with self.database.begin() as session:
            return list(
                session.scalars(select(MailboxMessage.notification_id).order_by(MailboxMessage.id))
            )

    def kept_purposes(self) -> list[tuple[str, str]]:
        """What was kept in the mailbox, sorted; a thing kept twice stands here twice."""
        rows = {row.id: row for row in self.rows()}
        return sorted((rows[id_].purpose, rows[id_].channel) for id_ in self.kept())

    def evidence(self, row: Notification) -> list[str]:
        """What became known of a message's tries."""
        with self.database.begin() as session:
            return list(
                session.scalars(
                    select(AttemptEvent.kind)
                    .join(Attempt, Attempt.id == AttemptEvent.attempt_id)
                    .where(Attempt.notification_id == row.id)
                    .order_by(AttemptEvent.id)
                )
            )


def _soon(ahead: timedelta) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + ahead


def _ids(people: Iterable[Someone]) -> tuple[UUID, ...]:
    return tuple(person.id for person in people)


def booked(booking: Booking) -> AppointmentBooked:
    return AppointmentBooked(
        appointment_id=booking.id,
        sequence=booking.sequence,
        person_ids=_ids(booking.people),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )


def moved(booking: Booking) -> AppointmentMoved:
    return AppointmentMoved(
        appointment_id=booking.id,
        sequence=booking.sequence,
        person_ids=_ids(booking.people),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )


def cancelled(booking: Booking) -> AppointmentCancelled:
    return AppointmentCancelled(
        appointment_id=booking.id, sequence=booking.sequence, person_ids=_ids(booking.people)
    )
