"""Texts that people send us: what they ask for is done at once, the rest is kept for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.blocked import OPTED_OUT
from services.notifier.domain.consent import Way
from services.notifier.domain.incoming import Reading, Wish, read
from services.notifier.domain.message import Kind
from services.notifier.models import IncomingText, Notification
from services.notifier.operations import attendance, consents, contacts, planning, suppressions
from shared.crypto import PRACTICE_SUBJECT, SealBroken, SubjectErased, seal, unseal
from shared.vocabulary import Channel

ONE_ANSWER_IN: Final = timedelta(minutes=5)
"""The same answer does not go out again so soon: two machines could go on for ever."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A text that waits for somebody to read it. The words are None where they may not be read."""

    id: UUID
    received_at: datetime
    name: str | None
    stopped: bool
    number: str | None
    body: str | None


def take(
    session: Session,
    *,
    sid: str,
    number: str,
    body: str,
    may_answer: bool,
    carrier_took_it_for: Wish | None = None,
    answer_through: str | None = None,
) -> Wish | None:
    """Do what a text asks for. Returns which answer it gets, if any; the same text again, none.

    `answer_through` names a carrier that takes no answer with ours: then a worker sends it.

    The number is held before anything is written about it: what is being sent to it right now is
    seen, what comes later sees this (F27). What the carrier took for a word of its own, in whatever
    language, counts as that.
    """
    reading = read(body)
    if carrier_took_it_for is not None:
        reading = Reading(wish=carrier_took_it_for, to_be_read=False)
    if reading.wish is Wish.START:
        consents.plan_for_a_yes(session, number=number)
    index = suppressions.hold(session, channel=Channel.SMS, address=number)
    new = session.scalar(
        insert(IncomingText)
        .values(message_sid=sid, address_index=index, kind=reading.wish)
        .on_conflict_do_nothing(index_elements=[IncomingText.message_sid])
        .returning(IncomingText.id)
    )
    if new is None:
        return None
    row = session.get_one(IncomingText, new)
    row.person_id = _whose(session, index)
    if reading.to_be_read:
        row.person_id, row.body_sealed = _sealed(session, row, number=number, body=body)
        planning.plan_staff_note(session, about=row.id, kind=Kind.STAFF_REPLY)
    answer = _obey(session, row, reading, number)
    if not may_answer:
        answer = None
    row.answer = answer
    if answer is not None and answer_through is not None:
        row.answer_through = answer_through
        row.answer_sealed = seal(
            session,
            subject_id=PRACTICE_SUBJECT,
            place=answer_place(row.id),
            value={"number": number},
        )
    session.flush()
    return answer


def locale_of(session: Session, *, sid: str) -> str:
    """In which language whoever sent this text is answered."""
    person_id = session.scalar(
        select(IncomingText.person_id).where(IncomingText.message_sid == sid)
    )
    return contacts.locale_of(session, person_id=person_id)


def unread(session: Session, *, with_words: bool) -> list[Reply]:
    """What waits to be read, the oldest first; with its words for those who may read them."""
    rows = session.scalars(
        select(IncomingText)
        .where(IncomingText.body_sealed.is_not(None), IncomingText.read_at.is_(None))
        .order_by(IncomingText.received_at)
        .limit(200)
    ).all()
    names = contacts.names(session, person_ids={row.person_id for row in rows if row.person_id})
    return [_reply(session, row, names, with_words=with_words) for row in rows]


def unread_count(session: Session) -> int:
    """How many wait to be read."""
    found = session.scalar(
        select(func.count())
        .select_from(IncomingText)
        .where(IncomingText.body_sealed.is_not(None), IncomingText.read_at.is_(None))
    )
    return found or 0


def mark_read(session: Session, *, reply_id: UUID, account_id: UUID) -> bool:
    """Note that somebody has read it. False if it is unknown or was read before."""
    marked = session.execute(
        update(IncomingText)
        .where(
            IncomingText.id == reply_id,
            IncomingText.body_sealed.is_not(None),
            IncomingText.read_at.is_(None),
        )
        .values(read_at=func.clock_timestamp(), read_by=account_id)
        .returning(IncomingText.id)
    )
    return marked.first() is not None


def forget(session: Session, *, person_id: UUID) -> None:
    """Drop what a person who was erased has written; that they stopped texts is kept elsewhere."""
    session.execute(delete(IncomingText).where(IncomingText.person_id == person_id))


def _obey(session: Session, row: IncomingText, reading: Reading, number: str) -> Wish | None:
    if reading.wish is Wish.STOP:
        row.stopped = suppressions.suppress(
            session,
            channel=Channel.SMS,
            address=number,
            reason=OPTED_OUT,
            way=Way.TEXT,
        )
        return Wish.STOP if row.stopped else None  # one confirmation, however often it is said
    if reading.wish is Wish.START:
        lifted = suppressions.lift_own(session, channel=Channel.SMS, address=number)
        agreed = consents.take_yes(session, address_index=row.address_index, after_stop=lifted)
        return Wish.START if lifted else Wish.AGREED if agreed else None
    if reading.wish is Wish.CONFIRM:
        confirmed = attendance.confirm(session, address_index=row.address_index)
        answer = Wish.CONFIRM if confirmed else Wish.UNCLEAR
        return None if _just_said(session, row, answer) else answer
    if reading.wish is Wish.HELP and not _just_said(session, row, Wish.HELP):
        return Wish.HELP
    return None


def _just_said(session: Session, row: IncomingText, answer: Wish) -> bool:
    found = session.scalar(
        select(
            exists().where(
                IncomingText.address_index == row.address_index,
                IncomingText.id != row.id,
                IncomingText.answer == answer,
                IncomingText.received_at > func.clock_timestamp() - ONE_ANSWER_IN,
            )
        )
    )
    return bool(found)


def _whose(session: Session, address_index: bytes) -> UUID | None:
    """The one person whom this number was ever texted for; a shared number is nobody's."""
    people: Sequence[UUID | None] = session.scalars(
        select(Notification.person_id)
        .where(Notification.address_index == address_index, Notification.person_id.is_not(None))
        .distinct()
        .limit(2)
    ).all()
    return people[0] if len(people) == 1 else None


def _sealed(
    session: Session, row: IncomingText, *, number: str, body: str
) -> tuple[UUID | None, bytes]:
    said = {"number": number, "body": body[:2000]}
    try:
        subject = row.person_id or PRACTICE_SUBJECT
        return row.person_id, seal(session, subject_id=subject, place=_place(row.id), value=said)
    except SubjectErased:
        # Someone who was erased writes again: it is read as a stranger's.
        sealed = seal(session, subject_id=PRACTICE_SUBJECT, place=_place(row.id), value=said)
        return None, sealed


def _reply(
    session: Session, row: IncomingText, names: dict[UUID, str], *, with_words: bool
) -> Reply:
    said: dict[str, str] = {}
    if with_words and row.body_sealed is not None:
        try:
            said = unseal(
                session,
                subject_id=row.person_id or PRACTICE_SUBJECT,
                place=_place(row.id),
                sealed=row.body_sealed,
            )
        except (SubjectErased, SealBroken):
            said = {}
    return Reply(
        id=row.id,
        received_at=row.received_at,
        name=names.get(row.person_id) if row.person_id else None,
        stopped=row.kind == Wish.STOP,
        number=said.get("number"),
        body=said.get("body"),
    )


def answer_place(reply_id: UUID) -> str:
    """What the sealed number of an answer belongs to."""
    return f"incoming_text.answer_sealed:{reply_id}"


def _place(reply_id: UUID) -> str:
    return f"incoming_text.body_sealed:{reply_id}"
