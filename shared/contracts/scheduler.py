"""What the scheduler tells the others."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.messaging.events import Event


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(Event):
    """A time is taken. `sequence` rises with every change, as in RFC 5545, 3.8.7.4."""

    type: ClassVar[str] = "scheduler.appointment.booked.v1"

    appointment_id: UUID
    sequence: int
    person_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppointmentMoved(Event):
    """The same appointment at another time."""

    type: ClassVar[str] = "scheduler.appointment.moved.v1"

    appointment_id: UUID
    sequence: int
    person_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(Event):
    """The time is free again; nothing more may be sent about it but the cancellation itself."""

    type: ClassVar[str] = "scheduler.appointment.cancelled.v1"

    appointment_id: UUID
    sequence: int
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class AppointmentRequested(Event):
    """A time is kept for two people, and waits until `reply_by` for the yes of this one.

    What they are told stands behind `communication_id`, which the scheduler is asked about.
    """

    type: ClassVar[str] = "scheduler.appointment.requested.v1"

    appointment_id: UUID
    sequence: int
    communication_id: UUID
    person_id: UUID
    starts_at: datetime
    ends_at: datetime
    reply_by: datetime


@dataclass(frozen=True, kw_only=True)
class AppointmentReleased(Event):
    """A time that was never confirmed is free again. The same event for each, whoever ended it."""

    type: ClassVar[str] = "scheduler.appointment.released.v1"

    appointment_id: UUID
    sequence: int
    communication_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class AttentionRequested(Event):
    """Something in the calendar waits for staff. Which it is, they see when they sign in.

    The same for whatever it is: a request to confirm, a late wish, a calendar elsewhere that fails.
    """

    type: ClassVar[str] = "scheduler.attention.requested.v1"

    attention_id: UUID


@dataclass(frozen=True, kw_only=True)
class TimeOffered(Event):
    """A time that became free is kept for somebody who waits for one, until `expires_at` (P27).

    Which it is stands behind `communication_id`, which the scheduler is asked about.
    """

    type: ClassVar[str] = "scheduler.waitlist.offered.v1"

    communication_id: UUID
    person_id: UUID
    expires_at: datetime
