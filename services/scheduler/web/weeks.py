"""What the role of whoever is signed in lets them set, for page and program alike."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import AppointmentType
from services.scheduler.operations import schedules, staff
from shared.vocabulary import Role
from shared.web.audiences import current_staff
from shared.web.problems import NotForYourRole, NotFound


def editable(session: Session, wanted: UUID | None) -> OpenSchedule:
    """The schedule of the practitioner who is asked for: one's own, or for the owner anyone's.

    None is one's own. Raises NotFound, NotForYourRole.
    """
    own = staff.account(session, current_staff().account_id).practitioner_id
    everyone = schedules.open_schedules(session)
    found = next((one for one in everyone if one.practitioner_id == (wanted or own)), None)
    if found is None:
        raise NotFound("Nobody who works here keeps such hours.")
    if found.practitioner_id != own and current_staff().role is not Role.OWNER:
        raise NotForYourRole("Everyone sets their own hours; the owner can set everybody's.")
    return found


def owners_only() -> None:
    """Raises NotForYourRole for everyone but the owner."""
    if current_staff().role is not Role.OWNER:
        raise NotForYourRole("The owner of the practice adds people.")


def visit(session: Session) -> AppointmentType:
    """What is booked in these hours: no range may be shorter than one."""
    schedules.ensure_types(session)
    call = schedules.appointment_type(session, schedules.PRIVATE_CALL)
    assert call is not None
    return call
