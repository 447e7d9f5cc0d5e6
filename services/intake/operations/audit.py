"""The record of who opened, read or did what of whose, and why (L04). It only grows.

Entries are written at the end of the transaction, as its last act before the commit: so the chain
is locked for a moment only, and nothing is shown or done that is not recorded.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, event, func, insert, select
from sqlalchemy.orm import Session

from services.intake.audit_models import AuditEntry
from services.intake.domain.audit_chain import NOTHING_BEFORE, Link
from services.intake.models import QuestionnaireResponse
from services.intake.operations.readers import Reader
from shared.crypto import PRACTICE_SUBJECT, derived_key, seal, unseal
from shared.db import database_now

READ: Final = "read"
PAGE: Final = 50
_LOCK: Final = func.pg_advisory_xact_lock(func.hashtext("softstart.audit"))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which entries: every field that is None or empty leaves it open."""

    person_id: UUID | None = None
    account: str = ""
    act: str = ""
    since: datetime | None = None
    until: datetime | None = None


def record(
    session: Session,
    *,
    reader: Reader,
    response_id: UUID,
    parts: Iterable[str],
    reason: str,
    act: str = READ,
) -> None:
    """Note that `reader` opens these parts of an inquiry now. Before they are shown, not after."""
    for part in parts:
        note(session, reader=reader, act=act, response_id=response_id, part=part, reason=reason)


def note(
    session: Session,
    *,
    reader: Reader | None,
    act: str,
    response_id: UUID | None = None,
    person_id: UUID | None = None,
    part: str | None = None,
    reason: str = "",
    written: str = "",
) -> None:
    """Note what somebody does, in the caller's transaction. Without a reader, the software did it.

    `act` is a word of small letters and hyphens, such as `lift-hold`. `reason` is a code or one of
    our own fixed sentences; what somebody typed is `written`, and is sealed with the person's key.
    """
    if person_id is None and response_id is not None:
        response = session.get(QuestionnaireResponse, response_id)
        person_id = response.person_id if response else None
    entry: dict[str, Any] = {
        "id": uuid4(),
        "account_id": reader.account_id if reader else None,
        "account_name": reader.name if reader else "Softstart",
        "role": reader.role.value if reader else "software",
        "act": act,
        "response_id": response_id,
        "person_id": person_id,
        "part": part,
        "reason": reason,
        "reason_sealed": None,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }
    if written:
        entry["reason_sealed"] = seal(
            session,
            subject_id=person_id or PRACTICE_SUBJECT,
            place=_place(entry["id"]),
            value=written,
        )
    waiting = _waiting(session)
    if not waiting:
        event.listen(session, "before_commit", _append)
    waiting.append(entry)


def written(session: Session, entry: AuditEntry) -> str:
    """What was typed as the reason. Raises SubjectErased when the person's key is gone."""
    if entry.reason_sealed is None:
        return ""
    words: str = unseal(
        session,
        subject_id=entry.person_id or PRACTICE_SUBJECT,
        place=_place(entry.id),
        sealed=entry.reason_sealed,
    )
    return words


def readings(session: Session, *, response_id: UUID) -> list[AuditEntry]:
    """Who has opened what of this inquiry, newest first, with what is being opened just now."""
    now = database_now(session)
    opening = [
        AuditEntry(**entry, at=now)
        for entry in reversed(_waiting(session))
        if entry["response_id"] == response_id and entry["act"] == READ
    ]
    rows = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.response_id == response_id, AuditEntry.act == READ)
        .order_by(AuditEntry.seq.desc())
        .limit(50)
    )
    return [*opening, *rows]


def entries(session: Session, *, asked: Asked, before: int | None = None) -> list[AuditEntry]:
    """Up to a page of what was asked for and one more, newest first, older than `before`."""
    query = select(AuditEntry).where(*_conditions(asked)).order_by(AuditEntry.seq.desc())
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    return list(session.scalars(query.limit(PAGE + 1)))


def acts(session: Session) -> list[str]:
    """Every kind of act that was ever noted."""
    return list(session.scalars(select(AuditEntry.act).distinct().order_by(AuditEntry.act)))


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.person_id:
        found.append(
            (AuditEntry.person_id == asked.person_id) | (AuditEntry.response_id == asked.person_id)
        )
    if asked.account:
        found.append(AuditEntry.account_name.icontains(asked.account, autoescape=True))
    if asked.act:
        found.append(AuditEntry.act == asked.act)
    if asked.since:
        found.append(AuditEntry.at >= asked.since)
    if asked.until:
        found.append(AuditEntry.at < asked.until)
    return found


def _waiting(session: Session) -> list[dict[str, Any]]:
    waiting: list[dict[str, Any]] = session.info.setdefault("audit_waiting", [])
    return waiting


def _append(session: Session) -> None:
    """Link what waits to the end of the chain. Held until the commit, which comes right after."""
    waiting = _waiting(session)
    if not waiting or session.in_nested_transaction():
        return
    session.info["audit_waiting"] = []
    key = derived_key(session, "audit-chain")
    session.execute(select(_LOCK))
    newest = select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    last = session.execute(newest).one_or_none()
    seq, before = (last.seq, last.hash) if last else (0, NOTHING_BEFORE)
    now, links = database_now(session), []
    for entry in waiting:
        seq += 1
        link = Link(**entry, seq=seq, at=now, prev_hash=before).sealed_up(key)
        links.append(asdict(link))
        before = link.hash
    session.execute(insert(AuditEntry), links)


def _place(entry_id: UUID) -> str:
    return f"audit_entry.reason_sealed:{entry_id}"
