"""What one person is told about one appointment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class AppointmentDetails:
    """A person's view of an appointment at one sequence; `timezone` is theirs, times are UTC.

    `uid` stays for the appointment's life (RFC 5545, 3.8.4.7); `manage_url` is
    this person's own link. `practitioner_name`: whom they meet; a message says the first name at
    most, and only where it may have changed. `how` they talk: by video, their page asks once more
    where they will be (L43). `type`: which reminders it gets, and nothing that a message says.
    """

    appointment_id: UUID
    sequence: int
    status: str
    start: datetime
    end: datetime
    timezone: str
    uid: str
    manage_url: str
    practitioner_name: str = ""
    how: str = ""
    type: str = ""
