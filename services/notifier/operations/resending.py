"""Sending a message once more, by hand and for a reason: a new row that refers to the old one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notifier.domain.contact import Contact
from services.notifier.domain.fallback import useful_until
from services.notifier.domain.message import kind_of
from services.notifier.domain.resending import Known, WhyNot, why_not
from services.notifier.guard_models import SendGuard
from services.notifier.models import AppointmentProjection, Attempt, Errand, Notification
from services.notifier.operations import (
    acts,
    contacts,
    fallback,
    last_look,
    preferences,
    resend_guard,
)
from services.notifier.operations.acts import Act, Hand
from services.notifier.operations.said import open_message
from services.notifier.operations.suppressions import suppressed
from services.notifier.settings import Settings
from shared.crypto import SealBroken, SubjectErased
from shared.db import database_now
from shared.vocabulary import Channel


class NotResent(Exception):
    """It is not sent once more; `why` says what stands against it."""

    def __init__(self, why: WhyNot) -> None:
        super().__init__(why)
        self.why = why


def refusal(session: Session, row: Notification, *, settings: Settings) -> WhyNot | None:
    """What stands against sending this once more now; None if nothing does."""
    now = database_now(session)
    contact, erased = _contact(session, row)
    channel = Channel(row.channel) if row.channel else None
    address = contact.address(channel) if contact and channel else None
    until = _until(session, row, now=now)
    return why_not(
        Known(
            state=row.state,
            to_a_person=row.person_id is not None,
            has_channel=channel is not None,
            sent_again=again(session, row.id) is not None,
            restored=_restored(session, row),
            erased=erased,
            true=_still_true(session, row),
            useful=until is not None and until > now,
            permitted=address is not None,
            wanted=_wanted(session, row, channel),
            set_up=channel in settings.channels,
            suppressed=bool(
                channel and address and suppressed(session, channel=channel, address=address)
            ),
            other_address=_went_elsewhere(session, row, address),
        )
    )


def resend(
    session: Session, *, notification_id: UUID, hand: Hand, reason: str, settings: Settings
) -> UUID:
    """Plan it once more, and note by whom and why. Raises NotResent.

    Before it leaves, everything is looked at again as for any message; two who press at once plan
    one. The night, or a number that has had enough texts, makes it wait.
    """
    row = session.get_one(
        Notification, notification_id, with_for_update=True, populate_existing=True
    )
    why = refusal(session, row, settings=settings)
    if why is not None:
        raise NotResent(why)
    now = database_now(session)
    until = _until(session, row, now=now)
    assert until is not None
    new = uuid4()
    session.add(
        Notification(
            id=new,
            dedupe_key=f"{row.id}:again",
            resend_of=row.id,
            due_at=now,
            not_after=until,
            **{name: getattr(row, name) for name in _THE_SAME},
        )
    )
    acts.note(
        session,
        hand=hand,
        act=Act.RESEND,
        about=str(row.id),
        reason=reason,
        person_id=row.person_id,
    )
    return new


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of several that were to be sent once more."""

    planned: Sequence[UUID]
    refused: Sequence[WhyNot]


def resend_each(
    session: Session, *, chosen: Collection[UUID], hand: Hand, reason: str, settings: Settings
) -> Outcome:
    """Plan each of them once more for one reason; what can't be sent again stays as it is.

    In the order of their ids, so that two who press at once wait and do not lock each other out.
    """
    planned, refused = list[UUID](), list[WhyNot]()
    for notification_id in sorted(chosen):
        try:
            planned.append(
                resend(
                    session,
                    notification_id=notification_id,
                    hand=hand,
                    reason=reason,
                    settings=settings,
                )
            )
        except NotResent as refused_now:
            refused.append(refused_now.why)
    return Outcome(planned=planned, refused=refused)


def again(session: Session, notification_id: UUID) -> UUID | None:
    """The message by which this one was sent once more, if it was."""
    return session.scalar(select(Notification.id).where(Notification.resend_of == notification_id))


_THE_SAME = (
    *("appointment_id", "sequence", "errand_id", "person_id", "purpose", "channel"),
    # An answer to somebody's own act stays one for half an hour, however often it is sent.
    "announced_at",
)


def _contact(session: Session, row: Notification) -> tuple[Contact | None, bool]:
    """The latest wishes that we know, and whether the person was erased."""
    if row.person_id is None:
        return None, False
    try:
        return contacts.last_known(session, person_id=row.person_id), False
    except SubjectErased:
        return None, True


def _wanted(session: Session, row: Notification, channel: Channel | None) -> bool:
    if row.person_id is None or channel is None:
        return True
    return preferences.of(session, row.person_id).wants(kind_of(row.purpose), channel)


def _until(session: Session, row: Notification, *, now: datetime) -> datetime | None:
    end = fallback.of_use_until(session, row)
    if end is None or row.errand_id is not None:
        return end
    return useful_until(row.purpose, starts_at=end, now=now)


def _still_true(session: Session, row: Notification) -> bool:
    if row.errand_id is not None:
        errand = session.get(Errand, row.errand_id, populate_existing=True)
        return errand is not None and errand.void_at is None
    if row.appointment_id is None:
        return False
    known = session.get(AppointmentProjection, row.appointment_id, populate_existing=True)
    return not last_look.untrue(row, known)


def _restored(session: Session, row: Notification) -> bool:
    """Whether what became of it may be lost with the time after a backup (F29)."""
    held_until = session.scalar(select(SendGuard.held_until))
    if held_until is None or row.changed_at > held_until:
        return False
    return resend_guard.count(session) > 0


def _went_elsewhere(session: Session, row: Notification, address: str | None) -> bool:
    """Whether the latest try went to another address than the one they have now."""
    attempt = session.scalar(
        select(Attempt)
        .where(Attempt.notification_id == row.id)
        .order_by(Attempt.number.desc())
        .limit(1)
    )
    if attempt is None or address is None:
        return False
    try:
        return open_message(session, notification=row, attempt=attempt).to != address
    except (SubjectErased, SealBroken):
        return False
