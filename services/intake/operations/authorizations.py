"""The ledger of signed authorizations: who said yes to which recipient, until when (L13, L30)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain.records import Authorization, Scope
from services.intake.operations import audit
from services.intake.operations.readers import Reader
from services.intake.record_models import ReleaseAuthorization
from shared.crypto import blind_index, seal, unseal

SCOPES: Final[tuple[Scope, ...]] = ("own", "joint", "part2", "part2-proceedings", "court-order")


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An authorization of one person, with its evidence opened."""

    id: UUID
    scope: str
    recipient: str
    purpose: str
    how: str
    given_on: date
    expires_on: date
    revoked: bool
    by: str


def authorize(
    session: Session,
    *,
    person_id: UUID,
    scope: Scope,
    recipient: str,
    purpose: str,
    how: str,
    given_on: date,
    expires_on: date,
    reader: Reader,
) -> UUID:
    """Note one person's signed yes, or a court's order about this person's record. Returns its id.

    `how`: where the signed paper is, who saw it signed.
    """
    row = ReleaseAuthorization(
        id=uuid4(),
        person_id=person_id,
        scope=scope,
        recipient_index=same(session, recipient),
        given_on=given_on,
        expires_on=expires_on,
        account_id=reader.account_id,
        account_name=reader.name,
    )
    row.evidence_sealed = seal(
        session,
        subject_id=person_id,
        place=_evidence_place(row),
        value={"recipient": recipient, "purpose": purpose, "how": how},
    )
    session.add(row)
    session.flush()
    audit.note(session, reader=reader, act="authorize-release", person_id=person_id)
    return row.id


def revoke(session: Session, *, authorization_id: UUID, person_id: UUID, reader: Reader) -> bool:
    """Take a yes back, from now on; twice changes nothing. False for one that is not theirs."""
    given = session.get(ReleaseAuthorization, authorization_id)
    if given is None or given.person_id != person_id or given.revokes is not None:
        return False
    if given.id in _revoked(session, [person_id]):
        return True
    row = ReleaseAuthorization(
        id=uuid4(),
        person_id=person_id,
        scope=given.scope,
        recipient_index=given.recipient_index,
        given_on=given.given_on,
        expires_on=given.expires_on,
        revokes=given.id,
        account_id=reader.account_id,
        account_name=reader.name,
    )
    row.evidence_sealed = seal(session, subject_id=person_id, place=_evidence_place(row), value={})
    session.add(row)
    session.flush()
    audit.note(session, reader=reader, act="revoke-release", person_id=person_id)
    return True


def of_person(session: Session, *, person_id: UUID) -> list[Noted]:
    """This person's authorizations, newest first, opened. For clinical roles."""
    gone = _revoked(session, [person_id])
    found = []
    for row in _given(session, [person_id]):
        evidence = unseal(
            session,
            subject_id=person_id,
            place=_evidence_place(row),
            sealed=row.evidence_sealed,
        )
        found.append(
            Noted(
                id=row.id,
                scope=row.scope,
                **evidence,
                given_on=row.given_on,
                expires_on=row.expires_on,
                revoked=row.id in gone,
                by=row.account_name,
            )
        )
    return found


def same(session: Session, recipient: str) -> bytes:
    """Equal for the same recipient, however it was spaced or capitalised."""
    return blind_index(
        session, "release_authorization.recipient", " ".join(recipient.casefold().split())
    )


# ---------------------------------------------------------------- rows


def _given(session: Session, people: Iterable[UUID]) -> Iterable[ReleaseAuthorization]:
    return session.scalars(
        select(ReleaseAuthorization)
        .where(ReleaseAuthorization.person_id.in_(people), ReleaseAuthorization.revokes.is_(None))
        .order_by(ReleaseAuthorization.noted_at.desc())
    )


def _revoked(session: Session, people: Iterable[UUID]) -> set[UUID | None]:
    return set(
        session.scalars(
            select(ReleaseAuthorization.revokes).where(
                ReleaseAuthorization.person_id.in_(people),
                ReleaseAuthorization.revokes.is_not(None),
            )
        )
    )


def standing(session: Session, people: Iterable[UUID]) -> list[Authorization]:
    """The same for several people, as values to compute with; those taken back are marked."""
    people = list(people)
    gone = _revoked(session, people)
    return [
        Authorization(
            id=row.id,
            person_id=row.person_id,
            scope=row.scope,  # type: ignore[arg-type]  # the column checks it
            recipient=row.recipient_index,
            given_on=row.given_on,
            expires_on=row.expires_on,
            revoked=row.id in gone,
        )
        for row in _given(session, people)
    ]


def _evidence_place(row: ReleaseAuthorization) -> str:
    return f"release_authorization.evidence_sealed:{row.id}"
