"""From what is known of an appointment to the messages it deserves: rows, each only once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.consent import ANSWER_IN
from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import REACHED, WAITING, State
from services.notifier.domain.fallback import NOT_AGREED
from services.notifier.domain.message import NEWS, Kind, kind_of, lead_of
from services.notifier.domain.preferences import TURNED_OFF
from services.notifier.domain.reminders import (
    NOTE_STAYS_NEWS,
    PlannedMessage,
    ReminderPlan,
    cancellation_notices,
    messages_for,
)
from services.notifier.models import AppointmentProjection, Notification
from services.notifier.operations import (
    appointments,
    consents,
    contacts,
    reminder_rules,
    suppressions,
    withdrawals,
)
from services.notifier.settings import Settings
from shared.crypto import SubjectErased
from shared.db import database_now
from shared.vocabulary import Channel
from shared.zones import zone

NO_WAY = "no-way"
"""The reason of a row that only tells staff: this person may not be written to."""

NOT_SET_UP = "not-set-up"
"""The same where the person allows a way of writing that the practice has no server for."""


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
    planned = [
        _plan_for(session, projection, person_id, settings, now=now)
        for person_id in projection.person_ids
    ]
    complete = all(planned)
    if complete:
        projection.prepare_at = None
        projection.prepared_sequence = sequence
    session.flush()
    return complete


def plan_staff_note(session: Session, *, about: UUID, kind: Kind = Kind.STAFF_NOTE) -> None:
    """Plan a note to the practice that there is something to read, and nothing of what it is.

    `kind` says where it leads: an inquiry, a reply, or the calendar. Its words are the same.
    """
    now = database_now(session)
    note = PlannedMessage(
        purpose=kind, channel=Channel.EMAIL, due_at=now, not_after=now + NOTE_STAYS_NEWS
    )
    add(session, note, key=f"{about}:{kind}", announced_at=now)


def plan_question(
    session: Session, contact: Contact, settings: Settings, *, until: datetime, now: datetime
) -> None:
    """Ask a number that has not agreed yet whether it does: once for each person and number."""
    number = contact.address(Channel.SMS)
    if number is None or now >= until or not consents.unproven(session, contact, settings):
        return
    if Channel.SMS not in consents.wanted(session, contact):
        return
    index = suppressions.index_of(session, channel=Channel.SMS, address=number)
    question = PlannedMessage(
        purpose=Kind.QUESTION,
        channel=Channel.SMS,
        due_at=now,
        not_after=min(until, now + ANSWER_IN),
    )
    add(
        session,
        question,
        key=f"{contact.person_id}:{Kind.QUESTION}:{index[:16].hex()}",
        announced_at=now,
        person_id=contact.person_id,
    )


def why_nothing(
    session: Session, contact: Contact, permitted: frozenset[Channel], settings: Settings
) -> str:
    """The reason of a row that only tells staff, where no way is left among what is permitted."""
    on = consents.wanted(session, contact)
    if permitted and not permitted & on:
        return TURNED_OFF
    if Channel.SMS in permitted & on and consents.unproven(session, contact, settings):
        return NOT_AGREED
    return NOT_SET_UP if permitted else NO_WAY


def _plan_for(
    session: Session,
    projection: AppointmentProjection,
    person_id: UUID,
    settings: Settings,
    *,
    now: datetime,
) -> bool:
    """Plan one person's messages; False while something about them is still to be fetched.

    For someone who was erased there is nothing to plan, and nobody else waits for them.
    """
    try:
        return _plan_for_known(session, projection, person_id, settings, now=now)
    except SubjectErased:
        return True


def _plan_for_known(
    session: Session,
    projection: AppointmentProjection,
    person_id: UUID,
    settings: Settings,
    *,
    now: datetime,
) -> bool:
    cancelled = projection.status == "cancelled"
    details = appointments.details_for(
        session, appointment_id=projection.appointment_id, person_id=person_id
    )
    if details is None:
        return cancelled  # who was never prepared for was never told, and need not be now
    contact = contacts.latest(session, person_id=person_id)
    if contact is None or (not cancelled and details.sequence < projection.sequence):
        return False
    about = _About(projection, contact, details, _earlier(session, projection, contact))
    if cancelled:
        _plan_cancellation(session, about, settings, now=now)
    else:
        _plan_booking(session, about, settings, now=now)
    return True


@dataclass(frozen=True)
class _About:
    """One person and one appointment, and what has been planned about it for them so far."""

    projection: AppointmentProjection
    contact: Contact
    details: AppointmentDetails
    earlier: Sequence[Notification]


def _plan_booking(session: Session, about: _About, settings: Settings, *, now: datetime) -> None:
    plan_question(session, about.contact, settings, until=about.details.start, now=now)
    channels = consents.ways(session, about.contact, settings)
    rules = reminder_rules.in_force(
        session, appointment_type=about.details.type, usual=settings.reminders
    )
    withdrawals.withdraw_unwanted(session, _unwanted(about, rules.plan, now=now))
    planned = messages_for(
        news={channel: _news(about, channel) for channel in sorted(channels)},
        starts_at=about.details.start,
        announced_at=about.projection.announced_at,
        zone=zone(about.details.timezone),
        plan=rules.plan,
        now=now,
    )
    for message in planned:
        _add_about(session, about, message, again=_again(about, message, rules.rule_id))
    if not channels:
        _say_nothing_may_be_sent(session, about, _news(about, None), settings, now=now)


def _plan_cancellation(
    session: Session, about: _About, settings: Settings, *, now: datetime
) -> None:
    """Tell only who was told of the time; a booking that nobody heard of ends in silence."""
    told = frozenset(channel for channel in Channel if _was_told(about, channel))
    reachable = consents.ways(session, about.contact, settings)
    notices = cancellation_notices(
        channels=told & reachable,
        starts_at=about.details.start,
        announced_at=about.projection.announced_at,
        now=now,
    )
    for message in notices:
        _add_about(session, about, message)
    if not reachable:
        _say_nothing_may_be_sent(session, about, Kind.CANCELLED, settings, now=now)


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


def _unwanted(about: _About, plan: ReminderPlan, *, now: datetime) -> list[UUID]:
    """The reminders that a rule planned, that wait for their time, and that no rule wants now.

    One that was due once, or took over for another channel, is beyond any rule.
    """
    waiting = [
        (row, lead)
        for row in about.earlier
        if row.state is State.SCHEDULED
        and row.reason is None
        and row.due_at > now
        and (lead := lead_of(row.purpose)) is not None
    ]
    return [
        row.id
        for row, lead in waiting
        if row.channel and lead not in plan.leads.get(Channel(row.channel), ())
    ]


def _again(about: _About, message: PlannedMessage, rule_id: int) -> str:
    """What marks a reminder that one rule took back and a later one wants; else nothing."""
    same = [
        row
        for row in about.earlier
        if row.purpose == message.purpose
        and row.channel == message.channel
        and row.sequence == about.projection.sequence
    ]
    taken_back = [row.reason == withdrawals.PLAN_CHANGED for row in same]
    return f":{rule_id}" if taken_back and all(taken_back) else ""


def _was_told(about: _About, channel: Channel | None) -> bool:
    """Whether an earlier time may have reached the person by this channel."""
    return any(
        row.channel == channel
        and row.sequence is not None
        and row.sequence < about.projection.sequence
        and (row.state in REACHED or (row.state in WAITING and row.open_attempt_id is not None))
        for row in about.earlier
    )


def _news(about: _About, channel: Channel | None) -> Kind:
    """How this time is told by this channel; what was once planned for it is not planned again."""
    for row in about.earlier:
        kind = kind_of(row.purpose)
        same = row.sequence == about.projection.sequence and row.channel == channel
        if same and kind in NEWS:
            return kind
    return Kind.MOVED if _was_told(about, channel) else Kind.CONFIRMATION


def _say_nothing_may_be_sent(
    session: Session, about: _About, purpose: Kind, settings: Settings, *, now: datetime
) -> None:
    """Leave a row for staff: call, or wait; this person can't be written to."""
    start = about.details.start
    if now >= start:
        return
    notice = PlannedMessage(purpose=purpose, channel=None, due_at=now, not_after=start)
    reason = why_nothing(session, about.contact, about.contact.channels, settings)
    _add_about(session, about, notice, state=State.SUPPRESSED, reason=reason)


def _add_about(
    session: Session, about: _About, message: PlannedMessage, *, again: str = "", **ending: object
) -> None:
    projection = about.projection
    parts = (
        projection.appointment_id,
        message.purpose,
        about.contact.person_id,
        message.channel or "none",
        projection.sequence,
    )
    add(
        session,
        message,
        key=":".join(str(part) for part in parts) + again,
        announced_at=projection.announced_at,
        appointment_id=projection.appointment_id,
        sequence=projection.sequence,
        person_id=about.contact.person_id,
        **ending,
    )


def add(
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
