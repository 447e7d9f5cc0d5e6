"""A time for two: released by a clinician, told to both at one moment, withdrawn at any time.

There is a permission only while the release stands, the couple does, and both people have signed
the policy as it reads now (L12). Each of the two has a token of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.couple_models import Couple, JointPermission, JointRelease
from services.intake.domain.pair import BLOCKED
from services.intake.models import QuestionnaireResponse
from services.intake.operations import (
    audit,
    couples,
    invitations,
    joint_permissions,
    personal_pages,
    policies,
)
from services.intake.operations.links import Links
from services.intake.operations.readers import Reader
from shared.crypto import seal, unseal
from shared.tokens import token_sha256


class NotReleasable(Exception):
    """The table blocks it, or one of the private calls has not taken place."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two, as the holder of a permission for both."""

    permission_id: UUID
    couple_id: UUID
    person_id: UUID
    partner_id: UUID


def release(
    session: Session,
    *,
    couple: Couple,
    reader: Reader,
    reason: str,
    links: Links,
    now: datetime,
) -> JointRelease:
    """Let the two meet together. Twice is once. Raises NotReleasable."""
    if not reader.clinical:
        raise ValueError("Only clinical staff may release a joint meeting.")
    session.refresh(couple, with_for_update=True)
    standing = joint_permissions.standing(session, couple)
    if standing is not None:
        return standing
    invitation = invitations.of_couple(session, couple)
    if invitation is None or couple.ended_at is not None:
        raise NotReleasable
    both = couples.view(session, couple=couple, invitation=invitation, now=now)
    if both.b is None or both.decision.joint_booking == BLOCKED or not all(both.calls):
        raise NotReleasable
    row = JointRelease(
        id=uuid4(),
        couple_id=couple.id,
        released_at=now,
        released_by=reader.account_id,
        released_by_name=reader.name,
        role=reader.role.value,
    )
    row.reason_sealed = _sealed(session, row, (both.a, both.b), reason)
    session.add(row)
    session.flush()
    for side in (both.a, both.b):
        permission_id = uuid4()
        session.add(
            JointPermission(
                id=permission_id,
                release_id=row.id,
                response_id=side.id,
                token_sha256=token_sha256(links.joint_token(permission_id)),
            )
        )
        audit.note(session, reader=reader, act="release-joint", response_id=side.id)
    session.flush()
    return row


def withdraw(session: Session, *, couple: Couple, reader: Reader, now: datetime) -> None:
    """No time for two may be chosen any more, and one that lies ahead is given back."""
    if not reader.clinical:
        raise ValueError("Only clinical staff may withdraw a release.")
    session.refresh(couple, with_for_update=True)
    row = joint_permissions.standing(session, couple)
    if row is None:
        return
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_by_name = now, reader.account_id, reader.name
    for side in (couple.a_response_id, couple.b_response_id):
        if side is not None:
            audit.note(session, reader=reader, act="withdraw-joint", response_id=side)
    session.flush()
    joint_permissions.say_ended(session, row)


def reason_of(session: Session, row: JointRelease) -> str:
    """Why it was released. Raises SubjectErased when either of the two is gone."""
    a, b = _both(session, row)
    words: str = unseal(
        session,
        subject_id=b.person_id,
        place=_place(row),
        sealed=bytes.fromhex(
            unseal(session, subject_id=a.person_id, place=_place(row), sealed=row.reason_sealed)
        ),
    )
    return words


def were_told(session: Session, couple: Couple) -> bool:
    """Whether both have ever been told that they may meet."""
    told = select(JointRelease.id).where(
        JointRelease.couple_id == couple.id, JointRelease.told_at.is_not(None)
    )
    return session.scalar(told.limit(1)) is not None


def ready(session: Session, row: JointRelease) -> bool:
    """Whether a time for two may be chosen now."""
    couple = session.get_one(Couple, row.couple_id)
    if row.withdrawn_at is not None or couple.ended_at is not None or couple.b_response_id is None:
        return False
    return all(policies.signature(session, person_id=one.person_id) for one in _both(session, row))


def to_tell(session: Session) -> list[UUID]:
    """The releases that stand and of which the two have not been told, by id."""
    return list(
        session.scalars(
            select(JointRelease.id).where(
                JointRelease.told_at.is_(None), JointRelease.withdrawn_at.is_(None)
            )
        )
    )


def tell(session: Session, *, release_id: UUID, links: Links, now: datetime) -> bool:
    """Tell both at one moment that there is something new, once all is in place."""
    row = session.scalar(
        select(JointRelease)
        .where(JointRelease.id == release_id, JointRelease.told_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    if row is None or not ready(session, row):
        return False
    row.told_at = now
    for one in _both(session, row):
        personal_pages.tell(session, person_id=one.person_id, links=links, now=now)
    return True


def permission_of(session: Session, *, response: QuestionnaireResponse) -> UUID | None:
    """The permission by which this person may choose a time for two now."""
    found = session.execute(
        select(JointPermission, JointRelease)
        .join(JointRelease, JointRelease.id == JointPermission.release_id)
        .where(
            JointPermission.response_id == response.id,
            JointRelease.withdrawn_at.is_(None),
            JointRelease.told_at.is_not(None),
        )
        .order_by(JointRelease.released_at.desc())
        .limit(1)
    ).one_or_none()
    return found[0].id if found and ready(session, found[1]) else None


def find(session: Session, *, token_sha256: bytes) -> Side | None:
    """Whose permission the token behind this hash is, while it is one."""
    permission = session.scalar(
        select(JointPermission).where(JointPermission.token_sha256 == token_sha256)
    )
    if permission is None:
        return None
    row = session.get_one(JointRelease, permission.release_id)
    if not ready(session, row):
        return None
    a, b = _both(session, row)
    own, other = (a, b) if a.id == permission.response_id else (b, a)
    return Side(
        permission_id=permission.id,
        couple_id=row.couple_id,
        person_id=own.person_id,
        partner_id=other.person_id,
    )


def _both(
    session: Session, row: JointRelease
) -> tuple[QuestionnaireResponse, QuestionnaireResponse]:
    couple = session.get_one(Couple, row.couple_id)
    return (
        session.get_one(QuestionnaireResponse, couple.a_response_id),
        session.get_one(QuestionnaireResponse, couple.b_response_id),
    )


def _sealed(
    session: Session,
    row: JointRelease,
    both: tuple[QuestionnaireResponse, QuestionnaireResponse],
    reason: str,
) -> bytes:
    """With both keys, one around the other: either person's erasure takes it away."""
    a, b = both
    inner = seal(session, subject_id=b.person_id, place=_place(row), value=reason)
    return seal(session, subject_id=a.person_id, place=_place(row), value=inner.hex())


def _place(row: JointRelease) -> str:
    return f"joint_release.reason_sealed:{row.id}"
