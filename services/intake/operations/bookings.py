"""The permission to choose a time, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain.screening import PRIVATE_CALL
from services.intake.models import BookedCall, Person, QuestionnaireResponse
from services.intake.operations import contacts, decisions, joint
from services.intake.operations.contacts import ContactCard

APPOINTMENT_TYPE: Final = "private-call"
JOINT_TYPE: Final = "couple-session"
_TOLD: Final = ("sequence", "state", "starts_at", "ends_at")


@dataclass(frozen=True, kw_only=True)
class Joint:
    """The permission is for two: with whom, and by what the scheduler knows them together."""

    couple_id: UUID
    partner_id: UUID


@dataclass(frozen=True, kw_only=True)
class Permission:
    """This person may choose one time: for a private call, or for a meeting of two."""

    permission_id: UUID
    person_id: UUID
    contact: ContactCard
    appointment_type: str = APPOINTMENT_TYPE
    joint: Joint | None = None
    unproven: bool = False
    """Sent in a flood: the time is theirs only once they have answered a message (P26)."""


def permission(session: Session, *, token_sha256: bytes) -> Permission | None:
    """What the token behind this hash permits, or None: unknown, or not to be booked just now."""
    response = session.scalar(
        select(QuestionnaireResponse).where(QuestionnaireResponse.booking_sha256 == token_sha256)
    )
    if response is None:
        return _joint_permission(session, token_sha256)
    if not may_book(session, response):
        return None
    card = contacts.card(session, person_id=response.person_id)
    if card is None:
        return None
    return Permission(
        permission_id=response.id,
        person_id=response.person_id,
        contact=card,
        unproven=response.unproven,
    )


def _joint_permission(session: Session, token_sha256: bytes) -> Permission | None:
    """For two, while a clinician's release stands and both have signed (L12)."""
    side = joint.find(session, token_sha256=token_sha256)
    card = contacts.card(session, person_id=side.person_id) if side else None
    if side is None or card is None:
        return None
    return Permission(
        permission_id=side.permission_id,
        person_id=side.person_id,
        contact=card,
        appointment_type=JOINT_TYPE,
        joint=Joint(couple_id=side.couple_id, partner_id=side.partner_id),
    )


def may_book(session: Session, response: QuestionnaireResponse) -> bool:
    """Whether the page this person sees leads to choosing a time."""
    return bool(decisions.of(session, response)["booking"] == PRIVATE_CALL)


def note(
    session: Session,
    *,
    appointment_id: UUID,
    person_id: UUID,
    sequence: int,
    state: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> None:
    """Keep what the scheduler said, unless something newer is known. In any order, however often.

    A person who is not known here (any more) is passed over.
    """
    if session.get(Person, person_id) is None:
        return
    told = insert(BookedCall).values(
        appointment_id=appointment_id,
        person_id=person_id,
        sequence=sequence,
        state=state,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    session.execute(
        told.on_conflict_do_update(
            index_elements=[BookedCall.appointment_id, BookedCall.person_id],
            set_={name: told.excluded[name] for name in _TOLD},
            where=BookedCall.sequence < told.excluded.sequence,
        )
    )
