"""Authorizations, and whether a record may go to somebody else (L13, L30)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain import records
from services.intake.domain.records import Authorization, Scope, Use
from services.intake.models import BookedCall
from services.intake.operations.readers import Reader
from services.intake.record_models import DocumentNote, ReleaseAuthorization
from shared.crypto import blind_index, seal, unseal

SCOPES: Final[tuple[Scope, ...]] = ("own", "joint", "part2", "part2-proceedings", "court-order")


class NothingJoint(Exception):
    """There is no joint record: nobody shares an appointment with this person."""


class NotAuthorized(Exception):
    """The release lacks somebody's yes; `missing` are the people's ids, for clinicians only."""

    def __init__(self, missing: frozenset[UUID]) -> None:
        super().__init__(f"{len(missing)} authorizations are missing.")
        self.missing = missing


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


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is known of a document that came in."""

    id: UUID
    title: str
    sender: str
    received_on: date
    part2: bool


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What may go out of the documents, and how many Part 2 holds back."""

    documents: tuple[Document, ...]
    held_back: int


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
    return True


def authorizations(session: Session, *, person_id: UUID) -> list[Noted]:
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


def participants(session: Session, *, person_id: UUID) -> frozenset[UUID]:
    """The person, and everybody who ever shared an appointment with them."""
    shared_times = select(BookedCall.appointment_id).where(BookedCall.person_id == person_id)
    others = session.scalars(
        select(BookedCall.person_id).where(BookedCall.appointment_id.in_(shared_times))
    )
    return frozenset((person_id, *others))


def permitted(session: Session, *, person_id: UUID, scope: Scope, recipient: str, on: date) -> None:
    """Whether this record may go to this recipient on that day.

    The joint record needs a standing yes of each participant that names the same recipient; one
    signature is not enough (L13). Raises NotAuthorized, NothingJoint.
    """
    people = frozenset((person_id,))
    if scope == "joint":
        people = participants(session, person_id=person_id)
        if len(people) < 2:
            raise NothingJoint
    missing = records.without_yes(
        people,
        _standing(session, people),
        scope=scope,
        recipient=same(session, recipient),
        on=on,
    )
    if missing:
        raise NotAuthorized(missing)


def same(session: Session, recipient: str) -> bytes:
    """Equal for the same recipient, however it was spaced or capitalised."""
    return blind_index(
        session, "release_authorization.recipient", " ".join(recipient.casefold().split())
    )


# ---------------------------------------------------------------- documents


def note_document(
    session: Session,
    *,
    person_id: UUID,
    title: str,
    sender: str,
    received_on: date,
    part2: bool,
    reader: Reader,
) -> UUID:
    """Note that a document came in; the paper or file stays where the practice keeps such."""
    row = DocumentNote(
        id=uuid4(),
        person_id=person_id,
        received_on=received_on,
        part2=part2,
        noted_by=reader.account_id,
    )
    row.details_sealed = seal(
        session,
        subject_id=person_id,
        place=_document_place(row),
        value={"title": title, "sender": sender},
    )
    session.add(row)
    session.flush()
    return row.id


def documents(session: Session, *, person_id: UUID) -> list[Document]:
    """Every document noted for this person, newest first, opened. For clinical roles."""
    rows = session.scalars(
        select(DocumentNote)
        .where(DocumentNote.person_id == person_id)
        .order_by(DocumentNote.received_on.desc(), DocumentNote.noted_at.desc())
    )
    return [
        Document(
            id=row.id,
            **unseal(
                session,
                subject_id=person_id,
                place=_document_place(row),
                sealed=row.details_sealed,
            ),
            received_on=row.received_on,
            part2=row.part2,
        )
        for row in rows
    ]


def allowed_documents(
    session: Session, *, person_id: UUID, use: Use, recipient: str | None, on: date
) -> Allowed:
    """Which documents may go out for this use; those of Part 2 only with a consent or order (L30).

    The consent has to name the recipient; None is the person: any standing one of theirs counts.
    """
    index = None if recipient is None else same(session, recipient)
    scopes = {
        each.scope
        for each in _standing(session, [person_id])
        if each.counts(on) and index in (None, each.recipient)
    }
    found = documents(session, person_id=person_id)
    going = tuple(one for one in found if not one.part2 or records.part2_opens(use, scopes))
    return Allowed(documents=going, held_back=len(found) - len(going))


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


def _standing(session: Session, people: Iterable[UUID]) -> list[Authorization]:
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


def _document_place(row: DocumentNote) -> str:
    return f"document_note.details_sealed:{row.id}"
