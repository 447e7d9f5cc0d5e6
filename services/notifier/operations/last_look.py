"""The last look before anything leaves: may it go, now, to this address, and what does it say.

Appointment, wishes, suppression, night, usefulness and frequency are all read again, under the
locks of the transaction that opens the try (P13, F22, F27).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import State
from services.notifier.domain.errand import FRESH, ask_again_after, channels_for
from services.notifier.domain.fallback import NOT_AGREED
from services.notifier.domain.message import Kind, kind_of
from services.notifier.domain.preferences import TURNED_OFF
from services.notifier.domain.reminders import may_break_the_quiet
from services.notifier.models import AppointmentProjection, Errand, Notification
from services.notifier.operations import (
    appointments,
    consents,
    contacts,
    errands,
    frequency,
    owners_word,
    preferences,
    suppressions,
)
from services.notifier.operations.choosing import AllAway, Weigh, carrier_for
from services.notifier.operations.rendering import Occasion
from services.notifier.settings import Settings
from shared.quiet_hours import is_quiet, next_open
from shared.vocabulary import PREFIX, Channel
from shared.zones import zone

WISHES_UNKNOWN_WAIT: Final = timedelta(seconds=15)
NO_AGREEMENT_WAIT: Final = timedelta(minutes=1)

Cause = AppointmentProjection | Errand | None
"""What a message is about; a note to the practice has nothing behind it that could change."""


class NotNow(Exception):
    """The message goes back to waiting until `until`."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class Never(Exception):
    """The message will not be sent; `state` says how it ends."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def occasion(
    session: Session,
    row: Notification,
    cause: Cause,
    settings: Settings,
    *,
    now: datetime,
) -> Occasion:
    """Everything a message needs to be written, if it may be sent now. Raises NotNow, Never."""
    if now > row.not_after:
        raise Never(State.EXPIRED, row.reason or "too-late")
    if isinstance(cause, Errand):
        return _of_errand(session, row, cause, settings, now=now)
    if row.person_id is None:
        to = settings.practice.staff_email or settings.practice.sender_address
        page = _PAGES.get(Kind(row.purpose), _INQUIRIES)
        return _to_staff(row, to, page, settings)
    if kind_of(row.purpose) is Kind.QUESTION:
        return _of_question(session, row, settings, now=now)
    return _of_appointment(session, row, cause, settings, now=now)


def _of_errand(
    session: Session, row: Notification, errand: Errand, settings: Settings, *, now: datetime
) -> Occasion:
    """A note with a link, or word of a task. What its owner no longer wants is not sent."""
    details = errands.details_of(session, errand)
    if errand.void_at is not None or details is None:
        raise Never(State.CANCELLED, "not-wanted")
    if row.purpose == Kind.STAFF_TEST:
        return _test(session, row, details.link, settings)
    if row.person_id is None:
        return _to_staff(row, details.link, _TASKS, settings)
    if errand.asked_at is None or errand.asked_at <= now - FRESH:
        raise NotNow("not-confirmed", now + ask_again_after(now - row.announced_at))
    channel, contact, address = _recipient(session, row, settings, now=now)
    if channel not in channels_for(kind_of(row.purpose)):
        raise Never(State.SUPPRESSED, "not-permitted")
    place = contact.timezone or settings.practice.timezone
    if details.time is not None:
        place = details.time.timezone
    _respect_the_night(row, place, now=now)
    _respect_the_reader(session, row, contact, address, place, settings, now=now)
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
        choices=preferences.link(settings, contact.person_id),
        one_click=_one_click(row, contact, settings),
    )


def _one_click(row: Notification, contact: Contact, settings: Settings) -> str:
    """Only offers end by one click; what a person needs to know ends on the page, knowingly."""
    if kind_of(row.purpose) is not Kind.OFFER:
        return ""
    return preferences.link(settings, contact.person_id, below=preferences.ONE_CLICK)


def _test(session: Session, row: Notification, address: str, settings: Settings) -> Occasion:
    """To whoever wants to see how messages go out. A number that said STOP gets none of these."""
    assert row.channel is not None
    channel = Channel(row.channel)
    if channel not in settings.channels:
        raise Never(State.SUPPRESSED, "not-set-up")
    if channel is Channel.SMS:
        suppressions.hold(session, channel=channel, address=address)
    reason = suppressions.suppressed(session, channel=channel, address=address)
    if reason is not None:
        raise Never(State.SUPPRESSED, reason)
    return replace(_to_staff(row, address, _TESTS, settings), channel=channel)


def _of_question(
    session: Session, row: Notification, settings: Settings, *, now: datetime
) -> Occasion:
    """Whether a number agrees to texts: asked once, by day, and no number twice within a day."""
    channel, contact, address = _recipient(session, row, settings, now=now)
    if not consents.unproven(session, contact, settings):
        raise Never(State.CANCELLED, "not-wanted")
    place = contact.timezone or settings.practice.timezone
    _respect_the_night(row, place, now=now)
    index = suppressions.index_of(session, channel=Channel.SMS, address=address)
    try:
        consents.may_ask(session, row, address_index=index, now=now)
    except consents.NotYet as wait:
        raise NotNow("enough-texts", wait.until) from wait
    except consents.AskedBefore as before:
        raise Never(State.CANCELLED, "asked-before") from before
    _respect_the_number(session, row, address, place, now=now)
    return Occasion(
        message_id=row.id,
        purpose=row.purpose,
        channel=channel,
        to=address,
        locale=contact.locale,
        link="",
        announced_at=row.announced_at,
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
    if projection is None or untrue(row, projection):
        raise Never(State.CANCELLED, "superseded")
    if kind_of(row.purpose) is Kind.CANCELLED and not _was_told(session, row):
        raise Never(State.CANCELLED, "not-wanted")
    _await_its_owner(projection, now=now)
    channel, contact, address = _recipient(session, row, settings, now=now)
    details = appointments.details_for(
        session, appointment_id=row.appointment_id, person_id=row.person_id
    )
    if details is None:
        raise NotNow("wishes-unknown", now + WISHES_UNKNOWN_WAIT)
    _respect_the_night(row, details.timezone, now=now)
    _respect_the_reader(session, row, contact, address, details.timezone, settings, now=now)
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
        choices=preferences.link(settings, contact.person_id),
    )


_INQUIRIES: Final = PREFIX["intake"] + "/staff/inquiries"
_TASKS: Final = PREFIX["intake"] + "/staff/tasks"
_TESTS: Final = PREFIX["notifier"] + "/staff/test-message"
_PAGES: Final = {
    Kind.STAFF_REPLY: PREFIX["notifier"] + "/staff/replies",
    Kind.STAFF_CALENDAR: PREFIX["scheduler"] + "/staff/",
    Kind.STAFF_CALL: PREFIX["notifier"] + "/staff/calls",
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
        raise NotNow("wishes-unknown", now + WISHES_UNKNOWN_WAIT)
    channel = Channel(row.channel)
    address = _permitted_address(session, row, channel, contact, settings)
    return channel, contact, address


def untrue(row: Notification, projection: AppointmentProjection | None) -> bool:
    """Whether the appointment has changed since this message was planned."""
    wanted = "cancelled" if kind_of(row.purpose) is Kind.CANCELLED else "booked"
    return projection is None or projection.sequence != row.sequence or projection.status != wanted


def _was_told(session: Session, row: Notification) -> bool:
    """Whether the time may have been told by this channel. What was on its way when the notice of
    its end was planned may have been taken back since: then there is nothing to take back.
    """
    told = exists().where(
        Notification.appointment_id == row.appointment_id,
        Notification.person_id == row.person_id,
        Notification.channel == row.channel,
        Notification.sequence < row.sequence,
        Notification.tries > 0,
        Notification.state != State.CANCELLED,
    )
    return bool(session.scalar(select(told)))


def _await_its_owner(projection: AppointmentProjection, *, now: datetime) -> None:
    """Wait while the scheduler does not say that the time still stands. A cancellation is final."""
    if projection.status == "booked" and not owners_word.counts(projection, now=now):
        waited = now - (projection.unanswered_since or now)
        raise NotNow("not-confirmed", now + ask_again_after(waited))


def _permitted_address(
    session: Session, row: Notification, channel: Channel, contact: Contact, settings: Settings
) -> str:
    address = contact.address(channel)
    if address is None:
        raise Never(State.SUPPRESSED, "not-permitted")
    if channel not in settings.channels:
        raise Never(State.SUPPRESSED, "not-set-up")
    if not preferences.held(session, contact.person_id).wants(kind_of(row.purpose), channel):
        raise Never(State.SUPPRESSED, TURNED_OFF)
    if channel is Channel.SMS:
        suppressions.hold(session, channel=channel, address=address)
    else:
        # By it staff see whose address it is that is blocked; texts have theirs where they count.
        row.address_index = suppressions.index_of(session, channel=channel, address=address)
    reason = suppressions.suppressed(session, channel=channel, address=address)
    if reason is not None:
        raise Never(State.SUPPRESSED, reason)
    return address


def _respect_the_night(row: Notification, timezone: str, *, now: datetime) -> None:
    place = zone(timezone)
    kind = kind_of(row.purpose)
    if is_quiet(now, place) and not may_break_the_quiet(
        kind, announced_at=row.announced_at, now=now
    ):
        raise NotNow("night", next_open(now, place))


def _respect_the_reader(
    session: Session,
    row: Notification,
    contact: Contact,
    address: str,
    timezone: str,
    settings: Settings,
    *,
    now: datetime,
) -> None:
    """Text only who has agreed to it, once a day and three times a week (security 20, L24).

    What stays here rings nobody.
    """
    if row.channel != Channel.SMS or settings.delivery == "mailbox":
        return
    if consents.unproven(session, contact, settings):
        raise Never(State.SUPPRESSED, NOT_AGREED)
    try:
        _respect_the_number(session, row, address, timezone, now=now)
    except NotNow as wait:
        if wait.until <= row.not_after:
            raise
        by_mail = Channel.EMAIL in contact.channels & settings.channels
        raise Never(State.CANCELLED if by_mail else State.SUPPRESSED, wait.reason) from wait


def _respect_the_number(
    session: Session, row: Notification, address: str, timezone: str, *, now: datetime
) -> None:
    row.address_index = suppressions.index_of(session, channel=Channel.SMS, address=address)
    free_at = frequency.free_again(
        session, row, address_index=row.address_index, zone=zone(timezone), now=now
    )
    if free_at is not None:
        raise NotNow("enough-texts", free_at)


def become_untrue(row: Notification, cause: Cause, *, denied: bool) -> str | None:
    """Why a message on its way is not to be handed over after all; None if it is."""
    if isinstance(cause, Errand) and cause.void_at is not None:
        return "not-wanted"
    if row.appointment_id is None:
        return None
    known = cause if isinstance(cause, AppointmentProjection) else None
    return "superseded" if denied or untrue(row, known) else None


def provider_for(
    session: Session, row: Notification, settings: Settings, *, weigh: Weigh, now: datetime
) -> str:
    """Who carries it: someone outside only when live; a note to nobody's address stays here.

    Nobody outside is handed anything before an agreement with them is recorded (L50), and no
    carrier that is to be left alone. Raises NotNow.
    """
    if settings.delivery == "mailbox":
        return "mailbox"
    if row.channel == Channel.SMS:
        return _carrier(session, settings, weigh, now=now)
    unaddressed = row.errand_id is None and settings.practice.staff_email is None
    if row.person_id is None and (settings.smtp is None or unaddressed):
        return "mailbox"
    if "smtp" not in settings.agreements:
        raise NotNow("no-agreement", now + NO_AGREEMENT_WAIT)
    return "smtp"


def _carrier(session: Session, settings: Settings, weigh: Weigh, *, now: datetime) -> str:
    agreed = {
        name: weight for name, weight in settings.carriers.items() if name in settings.agreements
    }
    if not agreed:
        raise NotNow("no-agreement", now + NO_AGREEMENT_WAIT)
    try:
        return carrier_for(session, agreed, weigh=weigh, now=now)
    except AllAway as away:
        raise NotNow("carrier-away", away.until) from away
