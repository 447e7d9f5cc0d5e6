"""Who hears what: the whole topology on one screen. Dramatiq has no publish and subscribe."""

from typing import Final

from shared.contracts.intake import (
    CommunicationRequested,
    ContactChanged,
    JointPermissionEnded,
    PersonErased,
    ScreeningCompleted,
    TaskAssigned,
)
from shared.contracts.notifier import AttendanceConfirmed
from shared.contracts.scheduler import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentReleased,
    AppointmentRequested,
    AttentionRequested,
    TimeOffered,
)
from shared.messaging.events import Event
from shared.vocabulary import Service

ROUTES: Final[dict[type[Event], tuple[Service, ...]]] = {
    ScreeningCompleted: ("notifier",),
    ContactChanged: ("scheduler", "notifier"),
    CommunicationRequested: ("notifier",),
    TaskAssigned: ("notifier",),
    JointPermissionEnded: ("scheduler",),
    PersonErased: ("scheduler", "notifier"),
    AppointmentBooked: ("intake", "notifier"),
    AppointmentMoved: ("intake", "notifier"),
    AppointmentRequested: ("notifier",),
    AppointmentReleased: ("notifier",),
    AppointmentCancelled: ("intake", "notifier"),
    TimeOffered: ("notifier",),
    AttentionRequested: ("notifier",),
    AttendanceConfirmed: ("scheduler",),
}
