"""What the notifier does when another service speaks: take note, and have the rest done outside.

Nothing is fetched and nothing is sent here; the sweep finds within a second what has to be done.
"""

from datetime import datetime
from uuid import uuid5

from sqlalchemy.orm import Session

from services.notifier.domain.message import Kind
from services.notifier.domain.webhook import Told
from services.notifier.operations import (
    appointments,
    contacts,
    errands,
    incoming,
    planning,
    webhooks,
    withdrawals,
)
from shared.contracts.intake import (
    CommunicationRequested,
    ContactChanged,
    PersonErased,
    ScreeningCompleted,
    TaskAssigned,
)
from shared.contracts.scheduler import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentReleased,
    AppointmentRequested,
    AttentionRequested,
    TimeOffered,
)
from shared.crypto import destroy_key
from shared.db import database_now
from shared.messaging.consumer import Consumer, said_at

consumer = Consumer("notifier")


@consumer.on(AppointmentBooked)
def note_booking(event: AppointmentBooked, session: Session) -> None:
    """A time is taken: messages about it are to be planned."""
    appointments.note(
        session,
        appointment_id=event.appointment_id,
        sequence=event.sequence,
        status="booked",
        person_ids=event.person_ids,
        said_at=said_at(session),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )
    _tell(Told.BOOKED, event, session, start=event.starts_at, end=event.ends_at)


@consumer.on(AppointmentMoved)
def note_move(event: AppointmentMoved, session: Session) -> None:
    """The old time is void from this moment on, the new one to be told."""
    appointments.note(
        session,
        appointment_id=event.appointment_id,
        sequence=event.sequence,
        status="booked",
        person_ids=event.person_ids,
        said_at=said_at(session),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )
    _tell(Told.MOVED, event, session, start=event.starts_at, end=event.ends_at)


@consumer.on(AppointmentCancelled)
def note_cancellation(event: AppointmentCancelled, session: Session) -> None:
    """Nothing planned for it goes out any more; who was told of it will be told."""
    appointments.note(
        session,
        appointment_id=event.appointment_id,
        sequence=event.sequence,
        status="cancelled",
        person_ids=event.person_ids,
        said_at=said_at(session),
    )
    _tell(Told.CANCELLED, event, session)


@consumer.on(ContactChanged)
def note_new_wishes(event: ContactChanged, session: Session) -> None:
    """Our copy is out of date from this moment on, for messages already waiting too (L19)."""
    contacts.want(session, person_id=event.person_id, version=event.contact_version)
    appointments.prepare_again(session, person_id=event.person_id)
    errands.prepare_again(session, person_id=event.person_id)


@consumer.on(ScreeningCompleted)
def tell_the_practice(event: ScreeningCompleted, session: Session) -> None:
    """There is something to read: the same note whatever it is."""
    planning.plan_staff_note(session, about=event.response_id)
    webhooks.tell(
        session,
        what=Told.RECEIVED,
        event_id=event.response_id,
        at=said_at(session) or database_now(session),
        data={"inquiry_id": str(event.response_id)},
    )


@consumer.on(AttentionRequested)
def tell_the_desk(event: AttentionRequested, session: Session) -> None:
    """Something in the calendar waits for staff: the same note once more."""
    planning.plan_staff_note(session, about=event.attention_id, kind=Kind.STAFF_CALENDAR)


@consumer.on(CommunicationRequested)
def note_request(event: CommunicationRequested, session: Session) -> None:
    """Intake wants something sent; what, it is asked outside of this transaction."""
    _want(event, session)


@consumer.on(AppointmentRequested)
def note_answer_wanted(event: AppointmentRequested, session: Session) -> None:
    """A time waits for this person's yes: they get a note with their own link, and no more."""
    _want(event, session)


@consumer.on(AppointmentReleased)
def note_release(event: AppointmentReleased, session: Session) -> None:
    """That time is free again: the same note, whatever was the reason."""
    _want(event, session)


@consumer.on(TimeOffered)
def note_offer(event: TimeOffered, session: Session) -> None:
    """A time is kept for this person for a while: they are told which, and until when."""
    _want(event, session)


@consumer.on(TaskAssigned)
def note_assignment(event: TaskAssigned, session: Session) -> None:
    """A member of staff has a task; by which address they are reached, the scheduler knows."""
    errands.note(
        session,
        errand_id=event.assignment_id,
        kind=errands.ASSIGNMENT,
        said_at=said_at(session),
        account_id=event.account_id,
    )


@consumer.on(PersonErased)
def forget(event: PersonErased, session: Session) -> None:
    """Nothing more is sent, and what was said can't be read any more."""
    errands.forget(session, person_id=event.person_id)
    incoming.forget(session, person_id=event.person_id)
    withdrawals.withdraw_all(session, person_id=event.person_id)
    destroy_key(session, event.person_id)


def _tell(
    what: Told,
    event: AppointmentBooked | AppointmentMoved | AppointmentCancelled,
    session: Session,
    **times: datetime,
) -> None:
    """The practice's other systems hear of the time, not of the people (P18, P19)."""
    webhooks.tell(
        session,
        what=what,
        event_id=uuid5(event.appointment_id, f"{what}:{event.sequence}"),
        at=said_at(session) or database_now(session),
        data={
            "appointment_id": str(event.appointment_id),
            "sequence": event.sequence,
            **{name: at.isoformat() for name, at in times.items()},
        },
    )


def _want(
    event: CommunicationRequested | AppointmentRequested | AppointmentReleased | TimeOffered,
    session: Session,
) -> None:
    errands.note(
        session,
        errand_id=event.communication_id,
        kind=errands.COMMUNICATION,
        said_at=said_at(session),
        person_id=event.person_id,
    )
