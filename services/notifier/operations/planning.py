"""From what is known of an appointment to the messages it deserves: rows, each only once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import REACHED, WAITING, State
from services.notifier.domain.message import NEWS, Channel, Kind, kind_of
from services.notifier.domain.reminders import (
    NOTE_STAYS_NEWS,
    PlannedMessage,
    cancellation_notices,
    messages_for,
)
from services.notifier.models import AppointmentProjection, Notification
from services.notifier.operations import appointments, contacts
from services.notifier.settings import Settings
from shared.db import database_now
from shared.zones import zone

NO_WAY = "no-way"
"""The reason of a row that only tells staff: this person may not be written to."""


def plan(session: Session, *, appointment_id: UUID, sequence: int, settings: Settings) -> bool:
    """Plan every message for everyone whose copies are here. Returns whether that was everyone.

    Does nothing if the appointment has changed since `sequence`: that change is prepared next.
    """
    projection = session.get(
        AppointmentProjection, appointment_id, with_for_update=True, populate_existing=True
    )
    if projection is None or projection.sequence != sequence:
        return False
    now = database_now(session)
    complete = True
    for person_id in projection.person_ids:
        contact = contacts.latest(session, person_id=person_id)
        if contact is None:
            complete = False
        elif projection.status == "cancelled":
            _plan_cancellation(session, projection, contact, settings, now=now)
        else:
            complete &= _plan_booking(session, projection, contact, settings, now=now)
    if complete:
        projection.prepare_at = None
        projection.prepared_sequence = sequence
    session.flush()
    return complete


def plan_staff_note(session: Session, *, response_id: UUID) -> None:
    """Plan a note to the practice that there is something to read, and nothing of what it is."""
    now = database_now(session)
    note = PlannedMessage(
        purpose=Kind.STAFF_NOTE,
        channel=Channel.EMAIL,
        due_at=now,
        not_after=now + NOTE_STAYS_NEWS,
    )
    _add(session, note, key=f"{response_id}:{Kind.STAFF_NOTE}", announced_at=now)


def _plan_booking(
    session: Session,
    projection: AppointmentProjection,
    contact: Contact,
    settings: Settings,
    *,
    now: datetime,
) -> bool:
    details = appointments.details_for(
        session, appointment_id=projection.appointment_id, person_id=contact.person_id
    )
    if details is None or details.sequence < projection.sequence:
        return False
    earlier = _earlier(session, projection, contact)
    channels = contact.channels & settings.channels
    news = {channel: _news(earlier, projection, channel) for channel in sorted(channels)}
    planned = messages_for(
        news=news,
        starts_at=details.start,
        announced_at=projection.announced_at,
        zone=zone(details.timezone),
        plan=settings.reminders,
        now=now,
    )
    _add_all(session, projection, contact, planned)
    if not channels:
        purpose = _news(earlier, projection, None)
        _say_nothing_may_be_sent(session, projection, contact, details, purpose=purpose, now=now)
    return True


def _plan_cancellation(
    session: Session,
    projection: AppointmentProjection,
    contact: Contact,
    settings: Settings,
    *,
    now: datetime,
) -> None:
    """Tell only who was told of the time; a booking that nobody heard of ends in silence."""
    details = appointments.details_for(
        session, appointment_id=projection.appointment_id, person_id=contact.person_id
    )
    if details is None:
        return
    earlier = _earlier(session, projection, contact)
    told = frozenset(channel for channel in Channel if _was_told(earlier, projection, channel))
    reachable = contact.channels & settings.channels
    notices = cancellation_notices(channels=told & reachable, starts_at=details.start, now=now)
    _add_all(session, projection, contact, notices)
    if not reachable:
        _say_nothing_may_be_sent(
            session, projection, contact, details, purpose=Kind.CANCELLED, now=now
        )


def _earlier(
    session: Session, projection: AppointmentProjection, contact: Contact
) -> Sequence[Notification]:
    """Every message about this appointment to this person so far, read as it stands now."""
    return session.scalars(
        select(Notification)
        .where(
            Notification.appointment_id == projection.appointment_id,
            Notification.person_id == contact.person_id,
        )
        .order_by(Notification.id)
        .execution_options(populate_existing=True)
    ).all()


def _was_told(
    earlier: Sequence[Notification], projection: AppointmentProjection, channel: Channel | None
) -> bool:
    """Whether an earlier time may have reached the person by this channel."""
    return any(
        row.channel == channel
        and row.sequence is not None
        and row.sequence < projection.sequence
        and (row.state in REACHED or (row.state in WAITING and row.open_attempt_id is not None))
        for row in earlier
    )


def _news(
    earlier: Sequence[Notification], projection: AppointmentProjection, channel: Channel | None
) -> Kind:
    """How this time is told by this channel; what was once planned for it is not planned again."""
    for row in earlier:
        kind = kind_of(row.purpose)
        if row.sequence == projection.sequence and row.channel == channel and kind in NEWS:
            return kind
    return Kind.MOVED if _was_told(earlier, projection, channel) else Kind.CONFIRMATION


def _say_nothing_may_be_sent(
    session: Session,
    projection: AppointmentProjection,
    contact: Contact,
    details: AppointmentDetails,
    *,
    purpose: Kind,
    now: datetime,
) -> None:
    """Leave a row for staff: call, or wait; nothing may be written to this person."""
    if now >= details.start:
        return
    notice = PlannedMessage(purpose=purpose, channel=None, due_at=now, not_after=details.start)
    _add_all(session, projection, contact, [notice], state=State.SUPPRESSED, reason=NO_WAY)


def _add_all(
    session: Session,
    projection: AppointmentProjection,
    contact: Contact,
    planned: Iterable[PlannedMessage],
    *,
    state: State = State.SCHEDULED,
    reason: str | None = None,
) -> None:
    for message in planned:
        key = ":".join(
            str(part)
            for part in (
                projection.appointment_id,
                message.purpose,
                contact.person_id,
                message.channel or "none",
                projection.sequence,
            )
        )
        _add(
            session,
            message,
            key=key,
            announced_at=projection.announced_at,
            appointment_id=projection.appointment_id,
            sequence=projection.sequence,
            person_id=contact.person_id,
            state=state,
            reason=reason,
        )


def _add(
    session: Session, message: PlannedMessage, *, key: str, announced_at: datetime, **about: object
) -> None:
    """Insert a row unless one with its key is there: the key is the promise of "only once"."""
    values = {"state": State.SCHEDULED, **about}
    session.execute(
        insert(Notification)
        .values(
            id=uuid4(),
            dedupe_key=key,
            purpose=message.purpose,
            channel=message.channel,
            announced_at=announced_at,
            due_at=message.due_at,
            not_after=message.not_after,
            **values,
        )
        .on_conflict_do_nothing(index_elements=[Notification.dedupe_key])
    )
