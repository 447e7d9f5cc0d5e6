"""Which words are in use, which were before, and who wrote them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from services.notifier.domain.message import Kind
from services.notifier.domain.words import Slot, Words, slots
from services.notifier.operations.shipped import shipped
from services.notifier.wording_models import Wording
from shared.vocabulary import Channel


class WordsChanged(Exception):
    """Somebody else has written a version since this one was begun."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of the words, by whom and since when; version 1 is the program's own."""

    words: Words
    written_by: str | None = None
    written_at: datetime | None = None


def in_use(session: Session, slot: Slot) -> Words:
    """The words that a message is written in now: the latest that staff wrote, or our own."""
    row = session.scalar(select(Wording).where(_of(slot)).order_by(Wording.version.desc()).limit(1))
    return shipped(slot) if row is None else _version(row).words


def versions(session: Session, slot: Slot) -> list[Version]:
    """Every version of a slot's words, the one in use first."""
    rows = session.scalars(select(Wording).where(_of(slot)).order_by(Wording.version.desc()))
    return [*(_version(row) for row in rows), Version(words=shipped(slot))]


def all_in_use(session: Session) -> list[Version]:
    """For each slot the version that is in use."""
    rows = session.scalars(
        select(Wording)
        .ext(distinct_on(Wording.kind, Wording.locale, Wording.channel))
        .order_by(Wording.kind, Wording.locale, Wording.channel, Wording.version.desc())
    )
    written = {version.words.slot: version for version in map(_version, rows)}
    return [written.get(slot) or Version(words=shipped(slot)) for slot in slots()]


def write(session: Session, *, words: Words, account_id: UUID, name: str) -> Words:
    """Keep `words` as a new version. Raises WordsChanged if its number is taken by now."""
    slot = words.slot
    kept = session.execute(
        insert(Wording)
        .values(
            kind=slot.kind,
            locale=slot.locale,
            channel=slot.channel,
            version=words.version,
            subject=words.subject,
            body=words.body,
            written_by=account_id,
            written_by_name=name,
        )
        .on_conflict_do_nothing()
        .returning(Wording.version)
    )
    if kept.first() is None:
        raise WordsChanged
    return words


def _of(slot: Slot) -> ColumnElement[bool]:
    return and_(
        Wording.kind == slot.kind, Wording.locale == slot.locale, Wording.channel == slot.channel
    )


def _version(row: Wording) -> Version:
    slot = Slot(kind=Kind(row.kind), locale=row.locale, channel=Channel(row.channel))
    return Version(
        words=Words(slot=slot, version=row.version, subject=row.subject, body=row.body),
        written_by=row.written_by_name,
        written_at=row.written_at,
    )
