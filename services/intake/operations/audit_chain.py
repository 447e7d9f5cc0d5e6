"""Walking the audit chain, and setting the anchors that tell how far it went."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.audit_models import AuditEntry
from services.intake.domain.audit_chain import (
    NOTHING_BEFORE,
    Anchor,
    Link,
    follow,
    read_anchors,
    standing,
)
from shared.crypto import derived_key

ANCHORED_EVERY: Final = timedelta(days=1)
_BATCH: Final = 1000
_NAMES: Final = tuple(field.name for field in fields(Link))


@dataclass(frozen=True, kw_only=True)
class Whole:
    """The chain is what was written: so many entries, and the newest anchor they were held to."""

    entries: int
    anchor: Anchor | None
    restored: tuple[Anchor, ...] = ()
    """Where a restored backup took the chain back: what came after is lost."""


def verify(session: Session, *, anchors: Iterable[str]) -> Whole:
    """Walk the whole chain. Raises ChainBroken at the first bad entry, AnchorForged before it."""
    kept = read_anchors(anchors, derived_key(session, "audit-anchor"))
    walked = follow(_links(session), derived_key(session, "audit-chain"), kept)
    return Whole(
        entries=sum(1 for _ in walked),
        anchor=kept[-1] if kept else None,
        restored=tuple(anchor for anchor in kept if anchor.kind == "restored"),
    )


def next_anchor(session: Session, *, anchors: Iterable[str], now: datetime) -> list[str]:
    """The line to add: one a day, when there is something new to be held to."""
    key = derived_key(session, "audit-anchor")
    kept = read_anchors(anchors, key)
    if kept and now - kept[-1].at < ANCHORED_EVERY:
        return []
    seq, digest = _newest(session)
    if seq == 0 or (kept and kept[-1].seq >= seq):
        return []
    return [Anchor(seq=seq, hash=digest, at=now).line(key)]


def note_restored(session: Session, *, anchors: Iterable[str], now: datetime) -> list[str]:
    """The line to add when a restored backup took the chain back to before an anchor, or none.

    Whoever adds it has the keys; and it stays to be seen.
    """
    key = derived_key(session, "audit-anchor")
    seq, digest = _newest(session)
    if all(anchor.seq <= seq for anchor in standing(read_anchors(anchors, key))):
        return []
    return [Anchor(kind="restored", seq=seq, hash=digest, at=now).line(key)]


def _newest(session: Session) -> tuple[int, bytes]:
    newest = session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))
    return (newest.seq, newest.hash) if newest else (0, NOTHING_BEFORE)


def _links(session: Session) -> Iterator[Link]:
    """Every entry in order, some at a time, so that a long chain is no long statement."""
    columns = [getattr(AuditEntry, name) for name in _NAMES]
    last = 0
    while True:
        rows = session.execute(
            select(*columns).where(AuditEntry.seq > last).order_by(AuditEntry.seq).limit(_BATCH)
        ).all()
        for row in rows:
            yield Link(**dict(zip(_NAMES, row, strict=True)))
        if len(rows) < _BATCH:
            return
        last = rows[-1].seq
