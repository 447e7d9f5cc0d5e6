"""Who may be texted: a number that has agreed to it for the person, and no other (security 20).

What the form says is a wish; the number itself has to say yes, or the person to staff by phone. No
setting of the practice changes that. What rings nobody, in the mailbox, asks nobody.
"""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.notifier.domain.consent import (
    ONE_QUESTION_IN,
    READ_OUT,
    READ_OUT_VERSION,
    UNANSWERED_FOR,
    Act,
    Agreed,
    Way,
)
from services.notifier.domain.contact import Contact
from services.notifier.models import Notification
from services.notifier.operations import (
    acts,
    appointments,
    errands,
    ledger,
    preferences,
    suppressions,
)
from services.notifier.operations.acts import Hand
from services.notifier.settings import Settings
from shared.vocabulary import Channel


class NotRecorded(Exception):
    """Staff can't record this consent: texts are not wished for, or the person stopped them."""


class NotYet(Exception):
    """The number was asked too lately; it may be asked at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class AskedBefore(Exception):
    """The number was asked and has not answered: it is left in peace."""


def ways(session: Session, contact: Contact, settings: Settings) -> frozenset[Channel]:
    """The ways by which this person may be written to now, wants to be, and we can."""
    possible = contact.channels & settings.channels & wanted(session, contact)
    return possible - {Channel.SMS} if unproven(session, contact, settings) else possible


def wanted(session: Session, contact: Contact) -> frozenset[Channel]:
    """The ways that they have not turned off."""
    return preferences.of(session, contact.person_id).channels


def unproven(session: Session, contact: Contact, settings: Settings) -> bool:
    """Whether only the number's own yes is missing for texts to this person."""
    number = contact.address(Channel.SMS)
    if number is None or Channel.SMS not in settings.channels or settings.delivery == "mailbox":
        return False
    return not agreed(session, person_id=contact.person_id, number=number)


def agreed(session: Session, *, person_id: UUID, number: str) -> bool:
    """Whether this number has agreed to texts about this person's times."""
    index = suppressions.index_of(session, channel=Channel.SMS, address=number)
    return person_id in ledger.standing(session, address_index=index).given


def may_ask(session: Session, row: Notification, *, address_index: bytes, now: datetime) -> None:
    """Raise NotYet or AskedBefore where this question must not go out now.

    The caller holds the number; a repeat of the same question, untaken so far, is no second one.
    """
    standing = ledger.standing(session, address_index=address_index)
    last = standing.asked
    if last is None or last.notification_id == row.id:
        return
    if standing.question is not None and now < last.at + UNANSWERED_FOR:
        raise AskedBefore
    if now < last.at + ONE_QUESTION_IN:
        raise NotYet(last.at + ONE_QUESTION_IN)


def note_question(
    session: Session, row: Notification, *, wording: str, said: str, now: datetime
) -> None:
    """Write down that a number is asked, in the transaction that opens the try.

    Should two ever come here at once, the database refuses the second (security 20).
    """
    assert row.address_index is not None
    last = ledger.standing(session, address_index=row.address_index).asked
    if last is not None and last.notification_id == row.id:
        return
    ledger.note(
        session,
        address_index=row.address_index,
        act=Act.ASKED,
        way=Way.QUESTION,
        person_id=row.person_id,
        agreed=Agreed(version=wording, sha256=_sha256(said)),
        notification_id=row.id,
        at=now,
        open_until=now + ONE_QUESTION_IN,
    )


def plan_for_a_yes(session: Session, *, number: str) -> None:
    """Have what waits planned anew for whoever a YES or START of this number may speak for.

    Before the number is held: whoever sends takes what waits first and then the number, and two
    who take them the other way round wait for each other for ever. Planned for nothing, it comes
    to the same messages.
    """
    standing = ledger.standing(
        session, address_index=suppressions.index_of(session, channel=Channel.SMS, address=number)
    )
    of_stop = standing.given | standing.stopped
    for person_id in sorted(of_stop | standing.answered_yes(after_stop=False)):
        _plan_anew(session, person_id)


def take_yes(session: Session, *, address_index: bytes, after_stop: bool) -> bool:
    """Note that a number said YES or START. Returns whether anybody agreed by it.

    The caller holds the number, and had `plan_for_a_yes` before it did.
    """
    standing = ledger.standing(session, address_index=address_index)
    people = standing.answered_yes(after_stop=after_stop)
    for person_id, words in people.items():
        ledger.note(
            session,
            address_index=address_index,
            act=Act.GIVEN,
            way=Way.TEXT,
            person_id=person_id,
            agreed=words,
        )
    return bool(people)


def record(session: Session, *, contact: Contact, hand: Hand, reason: str) -> None:
    """Note that the person agreed by phone, to the words that were read to them.

    Raises NotRecorded where texts are not safe or not wished for, or were stopped: what a person
    stopped, staff can't start (security 40).
    """
    number = contact.address(Channel.SMS)
    if number is None:
        raise NotRecorded
    _plan_anew(session, contact.person_id)  # before the number is held, as for a YES
    index = suppressions.hold(session, channel=Channel.SMS, address=number)
    if suppressions.suppressed(session, channel=Channel.SMS, address=number) is not None:
        raise NotRecorded
    ledger.note(
        session,
        address_index=index,
        act=Act.GIVEN,
        way=Way.STAFF,
        person_id=contact.person_id,
        agreed=Agreed(version=READ_OUT_VERSION, sha256=_sha256(READ_OUT)),
        recorded_by=hand.account_id,
    )
    acts.note(
        session,
        hand=hand,
        act=acts.Act.CONSENT,
        about=str(contact.person_id),
        reason=reason,
        person_id=contact.person_id,
    )


def _plan_anew(session: Session, person_id: UUID) -> None:
    appointments.prepare_again(session, person_id=person_id)
    errands.prepare_again(session, person_id=person_id)


def _sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
