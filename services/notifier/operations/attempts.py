"""One try at a message: opened before the first byte leaves, followed by what became known of it.

Nothing is ever sent that the last transaction before it did not find still true: appointment,
wishes, suppression, night and usefulness are all read again under lock (P13, F22, F27).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import LEASE, State, advance
from services.notifier.domain.errand import FRESH, ask_again_after, channels_for
from services.notifier.domain.message import Kind, OutgoingMessage, kind_of
from services.notifier.domain.reminders import may_break_the_quiet
from services.notifier.models import (
    AppointmentProjection,
    Attempt,
    AttemptEvent,
    Errand,
    Notification,
)
from services.notifier.operations import appointments, contacts, errands, frequency, suppressions
from services.notifier.operations.claims import Claim, held
from services.notifier.operations.rendering import Occasion, TellingWords, render, wording
from services.notifier.operations.said import seal_message
from services.notifier.settings import AGREEMENT, Settings
from shared.crypto import SubjectErased
from shared.db import database_now
from shared.quiet_hours import is_quiet, next_open
from shared.vocabulary import PREFIX, Channel
from shared.zones import zone

WISHES_UNKNOWN_WAIT: Final = timedelta(seconds=15)
NO_AGREEMENT_WAIT: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """A try that is written down and may now be made."""

    claim: Claim
    attempt_id: UUID
    provider: str
    message: OutgoingMessage


class LeaseLost(Exception):
    """Someone else has taken the message over; this try must stop before it hands over."""


class _NotNow(Exception):
    """The message goes back to waiting until `until`."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class _Never(Exception):
    """The message will not be sent; `state` says how it ends."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def open_attempt(session: Session, *, claim: Claim, settings: Settings) -> Dispatch | None:
    """Look at everything once more and write the try down; None if the message isn't to be sent.

    The caller commits this before any byte leaves.
    """
    found = _locked(session, claim)
    if found is None:
        return None
    row, cause = found
    now = database_now(session)
    try:
        occasion = _occasion(session, row, cause, settings, now=now)
        _await_agreement(row, settings, now=now)
        message = render(occasion, settings.practice)
    except _NotNow as wait:
        _put_off(row, wait, now=now)
    except _Never as end:
        _end(row, end.state, end.reason, now=now)
    except SubjectErased:
        _end(row, State.SUPPRESSED, "erased", now=now)
    except TellingWords:
        _end(row, State.FAILED_TECHNICAL, "telling-words", now=now)
    else:
        return _opened(session, claim, row, message, settings, now=now)
    session.flush()
    return None


def note_handing_over(session: Session, *, dispatch: Dispatch) -> None:
    """Write down that the next byte may be the one that counts. Raises LeaseLost."""
    claim = dispatch.claim
    row = held(session, notification_id=claim.notification_id, fence=claim.fence)
    if row is None or row.open_attempt_id != dispatch.attempt_id:
        raise LeaseLost("The message is in other hands by now.")
    row.lease_until = database_now(session) + LEASE
    session.add(AttemptEvent(attempt_id=dispatch.attempt_id, kind="handing-over"))
    session.flush()


_Cause = AppointmentProjection | Errand | None
"""What a message is about; a note to the practice has nothing behind it that could change."""


def _locked(session: Session, claim: Claim) -> tuple[Notification, _Cause] | None:
    """Lock the cause, then the message; None if the message is no longer ours to send."""
    seen = session.get(Notification, claim.notification_id)
    if seen is None:
        return None
    cause: _Cause = None
    unchanging: dict[str, Any] = {"with_for_update": {"read": True}, "populate_existing": True}
    if seen.appointment_id is not None:
        cause = session.get(AppointmentProjection, seen.appointment_id, **unchanging)
    elif seen.errand_id is not None:
        cause = session.get(Errand, seen.errand_id, **unchanging)
    row = held(session, notification_id=claim.notification_id, fence=claim.fence)
    if row is None or row.state is not State.CLAIMED or row.open_attempt_id is not None:
        return None
    return row, cause


def _occasion(
    session: Session,
    row: Notification,
    cause: _Cause,
    settings: Settings,
    *,
    now: datetime,
) -> Occasion:
    """Everything a message needs to be written, if it may be sent now. Raises _NotNow, _Never."""
    if now > row.not_after:
        raise _Never(State.EXPIRED, row.reason or "too-late")
    if isinstance(cause, Errand):
        return _of_errand(session, row, cause, settings, now=now)
    if row.person_id is None:
        to = settings.practice.staff_email or settings.practice.sender_address
        page = _PAGES.get(Kind(row.purpose), _INQUIRIES)
        return _to_staff(row, to, page, settings)
    return _of_appointment(session, row, cause, settings, now=now)


def _of_errand(
    session: Session, row: Notification, errand: Errand, settings: Settings, *, now: datetime
) -> Occasion:
    """A note with a link, or word of a task. What its owner no longer wants is not sent."""
    details = errands.details_of(session, errand)
    if errand.void_at is not None or details is None:
        raise _Never(State.CANCELLED, "not-wanted")
    if row.person_id is None:
        return _to_staff(row, details.link, _TASKS, settings)
    if errand.asked_at is None or errand.asked_at <= now - FRESH:
        raise _NotNow("not-confirmed", now + ask_again_after(now - row.announced_at))
    channel, contact, address = _recipient(session, row, settings, now=now)
    if channel not in channels_for(kind_of(row.purpose)):
        raise _Never(State.SUPPRESSED, "not-permitted")
    place = contact.timezone or settings.practice.timezone
    if details.time is not None:
        place = details.time.timezone
    _respect_the_night(row, place, now=now)
    _respect_the_number(session, row, contact, address, place, settings, now=now)
    return Occasion(
        message_id=row.id,
        purpose=row.purpose,
        channel=channel,
        to=address,
        locale=contact.locale,
        link=details.link,
        announced_at=row.announced_at,
        not_after=row.not_after,
        time=details.time,
    )


def _of_appointment(
    session: Session,
    row: Notification,
    projection: AppointmentProjection | None,
    settings: Settings,
    *,
    now: datetime,
) -> Occasion:
    assert row.appointment_id is not None
    assert row.person_id is not None
    _refuse_untrue(row, projection)
    channel, contact, address = _recipient(session, row, settings, now=now)
    details = appointments.details_for(
        session, appointment_id=row.appointment_id, person_id=row.person_id
    )
    if details is None:
        raise _NotNow("wishes-unknown", now + WISHES_UNKNOWN_WAIT)
    _respect_the_night(row, details.timezone, now=now)
    _respect_the_number(session, row, contact, address, details.timezone, settings, now=now)
    return Occasion(
        message_id=row.id,
        purpose=row.purpose,
        channel=channel,
        to=address,
        locale=contact.locale,
        link=details.manage_url,
        announced_at=row.announced_at,
        # A cancellation tells of the time last told, under a sequence of its own (RFC 5546, 3.2.5).
        details=replace(details, sequence=row.sequence or 0),
    )


_INQUIRIES: Final = PREFIX["intake"] + "/staff/inquiries"
_TASKS: Final = PREFIX["intake"] + "/staff/tasks"
_PAGES: Final = {
    Kind.STAFF_REPLY: PREFIX["notifier"] + "/staff/replies",
    Kind.STAFF_CALENDAR: PREFIX["scheduler"] + "/staff/",
}


def _to_staff(row: Notification, to: str, page: str, settings: Settings) -> Occasion:
    return Occasion(
        message_id=row.id,
        purpose=row.purpose,
        channel=Channel.EMAIL,
        to=to,
        locale="en",
        link=settings.public_url + page,
        announced_at=row.announced_at,
    )


def _recipient(
    session: Session, row: Notification, settings: Settings, *, now: datetime
) -> tuple[Channel, Contact, str]:
    """By which way, to whom, at which address: as the latest wishes say."""
    assert row.channel is not None
    assert row.person_id is not None
    contact = contacts.latest(session, person_id=row.person_id)
    if contact is None:
        raise _NotNow("wishes-unknown", now + WISHES_UNKNOWN_WAIT)
    channel = Channel(row.channel)
    return channel, contact, _permitted_address(session, channel, contact, settings)


def _refuse_untrue(row: Notification, projection: AppointmentProjection | None) -> None:
    wanted = "cancelled" if kind_of(row.purpose) is Kind.CANCELLED else "booked"
    if projection is None or projection.sequence != row.sequence or projection.status != wanted:
        raise _Never(State.CANCELLED, "superseded")


def _permitted_address(
    session: Session, channel: Channel, contact: Contact, settings: Settings
) -> str:
    address = contact.address(channel)
    if address is None:
        raise _Never(State.SUPPRESSED, "not-permitted")
    if channel not in settings.channels:
        raise _Never(State.SUPPRESSED, "not-set-up")
    if channel is Channel.SMS:
        suppressions.hold(session, channel=channel, address=address)
    reason = suppressions.suppressed(session, channel=channel, address=address)
    if reason is not None:
        raise _Never(State.SUPPRESSED, reason)
    return address


def _respect_the_night(row: Notification, timezone: str, *, now: datetime) -> None:
    place = zone(timezone)
    kind = kind_of(row.purpose)
    if is_quiet(now, place) and not may_break_the_quiet(
        kind, announced_at=row.announced_at, now=now
    ):
        raise _NotNow("night", next_open(now, place))


def _respect_the_number(
    session: Session,
    row: Notification,
    contact: Contact,
    address: str,
    timezone: str,
    settings: Settings,
    *,
    now: datetime,
) -> None:
    """Text a number once a day and three times a week (L24). What stays here rings nobody."""
    if row.channel != Channel.SMS or _provider_for(row, settings) == "mailbox":
        return
    row.address_index = suppressions.index_of(session, channel=Channel.SMS, address=address)
    free_at = frequency.free_again(
        session, row, address_index=row.address_index, zone=zone(timezone), now=now
    )
    if free_at is None:
        return
    if free_at <= row.not_after:
        raise _NotNow("enough-texts", free_at)
    by_mail = Channel.EMAIL in contact.channels & settings.channels
    raise _Never(State.CANCELLED if by_mail else State.SUPPRESSED, "enough-texts")


def _await_agreement(row: Notification, settings: Settings, *, now: datetime) -> None:
    """Nobody outside is handed anything before an agreement with them is recorded (L50)."""
    provider = _provider_for(row, settings)
    if provider in AGREEMENT and provider not in settings.agreements:
        raise _NotNow("no-agreement", now + NO_AGREEMENT_WAIT)


def _put_off(row: Notification, wait: _NotNow, *, now: datetime) -> None:
    if wait.until > row.not_after:
        _end(row, State.EXPIRED, wait.reason, now=now)
        return
    row.state = advance(row.state, State.SCHEDULED)
    row.reason = wait.reason
    row.due_at = wait.until
    row.claims = 0
    row.rung_at = None
    row.lease_until = None
    row.changed_at = now


def _end(row: Notification, state: State, reason: str, *, now: datetime) -> None:
    row.state = advance(row.state, state)
    row.reason = reason
    row.lease_until = None
    row.changed_at = now


def _opened(
    session: Session,
    claim: Claim,
    row: Notification,
    message: OutgoingMessage,
    settings: Settings,
    *,
    now: datetime,
) -> Dispatch:
    attempt_id = uuid4()
    row.tries += 1
    provider = _provider_for(row, settings)
    session.add(
        Attempt(
            id=attempt_id,
            notification_id=row.id,
            number=row.tries,
            fence=row.fence,
            provider=provider,
            wording=wording(kind_of(row.purpose)),
            said_sealed=seal_message(
                session, notification=row, attempt_id=attempt_id, message=message
            ),
        )
    )
    row.state = advance(row.state, State.ATTEMPTING)
    row.reason = None
    row.claims = 0
    row.open_attempt_id = attempt_id
    row.lease_until = now + LEASE
    row.changed_at = now
    session.flush()
    return Dispatch(claim=claim, attempt_id=attempt_id, provider=provider, message=message)


def _provider_for(row: Notification, settings: Settings) -> str:
    """Who carries it: someone outside only when live; a note to nobody's address stays here."""
    if settings.delivery == "mailbox":
        return "mailbox"
    if row.channel == Channel.SMS:
        return "twilio"
    unaddressed = row.errand_id is None and settings.practice.staff_email is None
    if row.person_id is None and (settings.smtp is None or unaddressed):
        return "mailbox"
    return "smtp"
