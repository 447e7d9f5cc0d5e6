"""What the notifier tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.messaging.events import Event


@dataclass(frozen=True, kw_only=True)
class AttendanceConfirmed(Event):
    """A person has texted that they will come, to what they were told of that `sequence`."""

    type: ClassVar[str] = "notifier.attendance.confirmed.v1"

    appointment_id: UUID
    sequence: int
    person_id: UUID
