"""A text that says yes to a time: whose, and to which, or to none that can be told for certain."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import REACHED
from services.notifier.models import AppointmentProjection, Notification
from shared.contracts.notifier import AttendanceConfirmed
from shared.messaging.outbox import publish
from shared.vocabulary import Channel


def confirm(session: Session, *, address_index: bytes) -> bool:
    """Tell the scheduler that whoever has this number will come; False where it can't be told.

    Only if the number was texted for one person alone, ever, and about one time that lies ahead and
    is still as that text said: a shared phone, or two times, would make it a guess.
    """
    people = session.scalars(
        select(Notification.person_id)
        .where(Notification.address_index == address_index, Notification.person_id.is_not(None))
        .distinct()
        .limit(2)
    ).all()
    person_id = people[0] if len(people) == 1 else None
    if person_id is None:
        return False
    ahead = session.execute(
        select(AppointmentProjection.appointment_id, AppointmentProjection.sequence)
        .where(
            AppointmentProjection.status == "booked",
            AppointmentProjection.starts_at > func.clock_timestamp(),
            AppointmentProjection.person_ids.contains([person_id]),
        )
        .limit(2)
    ).all()
    if len(ahead) != 1:
        return False
    appointment_id, sequence = ahead[0]
    told = session.scalar(
        select(func.count())
        .select_from(Notification)
        .where(
            Notification.appointment_id == appointment_id,
            Notification.sequence == sequence,
            Notification.address_index == address_index,
            Notification.channel == Channel.SMS,
            Notification.state.in_(REACHED),
        )
    )
    if not told:
        return False
    publish(
        session,
        AttendanceConfirmed(appointment_id=appointment_id, sequence=sequence, person_id=person_id),
    )
    return True
