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
