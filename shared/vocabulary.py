"""Words with one meaning in all three services, taken from FHIR R5 where it has them."""

from enum import StrEnum
from typing import Final, Literal

Service = Literal["intake", "scheduler", "notifier"]

SERVICES: Final[tuple[Service, ...]] = ("intake", "scheduler", "notifier")

# Where each service is mounted. An address bar is read over shoulders and a link in a
# message by anyone, so no prefix says what the page is about (L07).
ANSWERED_BY: Final = "Softstart-Service"
"""The header in which a service signs what it answers to the others."""

PREFIX: Final[dict[Service, str]] = {
    "intake": "/begin",
    "scheduler": "/schedule",
    "notifier": "/notify",
}


class Role(StrEnum):
    """What a member of staff may do. Only owner and clinician may open sealed answers (L01)."""

    OWNER = "owner"
    CLINICIAN = "clinician"
    FRONT_DESK = "front_desk"


class Channel(StrEnum):
    """By which way a message travels (FHIR ContactPoint.system, narrowed to what we send)."""

    EMAIL = "email"
    SMS = "sms"


class AppointmentStatus(StrEnum):
    """FHIR R5 Appointment.status, the values in use."""

    PROPOSED = "proposed"  # held for a person until `hold_until`, not booked yet
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"


LIVE_STATUSES: Final = (
    AppointmentStatus.PROPOSED,
    AppointmentStatus.PENDING,
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.FULFILLED,
)
"""The statuses that take up a clinician's time."""
