"""What staff do about messages by hand, each with its reason, in a table that only grows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notifier.act_models import StaffAct
from shared.crypto import PRACTICE_SUBJECT, seal, unseal_if_readable


class Act(StrEnum):
    """What was done."""

    RESEND = "resend"
    RELEASE = "release"
    DISCARD = "discard"
    BLOCK = "block"
    UNBLOCK = "unblock"
    RESUME = "resume"
    CONSENT = "consent"


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Who does it."""

    account_id: UUID
    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """One act for reading; `reason` is None where it can't be read any more."""

    act: Act
    about: str
    at: datetime
    name: str
    reason: str | None


def note(
    session: Session,
    *,
    hand: Hand,
    act: Act,
    about: str,
    reason: str,
    person_id: UUID | None = None,
) -> None:
    """Write an act down, in the transaction that does it. Raises SubjectErased."""
    act_id = uuid4()
    session.add(
        StaffAct(
            id=act_id,
            account_id=hand.account_id,
            account_name=hand.name,
            role=hand.role,
            act=act,
            about=about,
            person_id=person_id,
            reason_sealed=seal(
                session,
                subject_id=person_id or PRACTICE_SUBJECT,
                place=_place(act_id),
                value=reason,
            ),
        )
    )
    session.flush()


def latest(
    session: Session, acts: Collection[Act], *, about: str | None = None, limit: int = 20
) -> list[Done]:
    """The latest acts of these kinds, the newest first; about one thing, or about any."""
    query = select(StaffAct).where(StaffAct.act.in_(acts))
    if about is not None:
        query = query.where(StaffAct.about == about)
    rows = session.scalars(query.order_by(StaffAct.at.desc(), StaffAct.id).limit(limit)).all()
    return [_done(session, row) for row in rows]


def latest_at(session: Session, act: Act, *, about: str) -> datetime | None:
    """When this was last done to that."""
    return session.scalar(
        select(func.max(StaffAct.at)).where(StaffAct.act == act, StaffAct.about == about)
    )


def _done(session: Session, row: StaffAct) -> Done:
    return Done(
        act=Act(row.act),
        about=row.about,
        at=row.at,
        name=row.account_name,
        reason=unseal_if_readable(
            session,
            subject_id=row.person_id or PRACTICE_SUBJECT,
            place=_place(row.id),
            sealed=row.reason_sealed,
        ),
    )


def _place(act_id: UUID) -> str:
    return f"staff_act.reason_sealed:{act_id}"
