"""Whether a record may go to somebody else, and that it went (L13, L30)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.intake.couple_models import Couple
from services.intake.domain import records
from services.intake.domain.records import Scope
from services.intake.models import BookedCall, QuestionnaireResponse
from services.intake.operations import documents, record_requests
from services.intake.operations.authorizations import same, standing
from services.intake.operations.documents import Allowed
from services.intake.operations.readers import Reader
from services.intake.operations.record_requests import Request


class NothingJoint(Exception):
    """There is no joint record: nobody shares an appointment with this person."""


class NotAuthorized(Exception):
    """The release lacks somebody's yes; `missing` are the people's ids, for clinicians only."""

    def __init__(self, missing: frozenset[UUID]) -> None:
        super().__init__(f"{len(missing)} authorizations are missing.")
        self.missing = missing


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Whether a release that was asked for may be made now, and what would go."""

    signatures: int
    needed: int
    joint: bool
    allowed: Allowed

    @property
    def permitted(self) -> bool:
        """Whether nobody's yes is missing."""
        return self.needed > 0 and self.signatures == self.needed


def participants(session: Session, *, person_id: UUID) -> frozenset[UUID]:
    """The person, everybody who ever shared an appointment with them, and a partner who joined.

    Somebody whose record was erased is not among them, so that nobody can sign for them: what two
    had in common is then not released at all.
    """
    shared_times = select(BookedCall.appointment_id).where(BookedCall.person_id == person_id)
    met = session.scalars(
        select(BookedCall.person_id).where(BookedCall.appointment_id.in_(shared_times))
    )
    own = select(QuestionnaireResponse.id).where(QuestionnaireResponse.person_id == person_id)
    sides = select(Couple.a_response_id, Couple.b_response_id).where(
        or_(Couple.a_response_id.in_(own), Couple.b_response_id.in_(own))
    )
    forms = [form for side in session.execute(sides) for form in side if form is not None]
    linked = session.scalars(
        select(QuestionnaireResponse.person_id).where(QuestionnaireResponse.id.in_(forms))
    )
    return frozenset((person_id, *met, *linked))


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
        standing(session, people),
        scope=scope,
        recipient=same(session, recipient),
        on=on,
    )
    if missing:
        raise NotAuthorized(missing)


def outlook(session: Session, request: Request, *, on: date) -> Outlook | None:
    """How a request for release stands on that day; None for a request of another kind."""
    if request.kind != "release":
        return None
    details, person_id = request.details, request.person_id
    joint = details["scope"] == "joint"
    people = participants(session, person_id=person_id) if joint else frozenset((person_id,))
    missing: frozenset[UUID] = frozenset()
    nothing_joint = joint and len(people) < 2
    if not nothing_joint:
        try:
            permitted(
                session,
                person_id=person_id,
                scope=details["scope"],
                recipient=details["recipient"],
                on=on,
            )
        except NotAuthorized as error:
            missing = error.missing
    return Outlook(
        signatures=0 if nothing_joint else len(people) - len(missing),
        needed=0 if nothing_joint else len(people),
        joint=joint,
        allowed=documents.allowed(
            session,
            person_id=person_id,
            use=details["use"],
            recipient=details["recipient"],
            on=on,
        ),
    )


def note_released(session: Session, request: Request, *, reader: Reader, on: date) -> None:
    """The record went out to whom the request names.

    Raises NotOpen, NotLicensed, NotAuthorized, NothingJoint.
    """
    if not reader.clinical:
        raise record_requests.NotLicensed
    if request.kind != "release" or not request.open:
        raise record_requests.NotOpen
    details = request.details
    permitted(
        session,
        person_id=request.person_id,
        scope=details["scope"],
        recipient=details["recipient"],
        on=on,
    )
    going = documents.allowed(
        session,
        person_id=request.person_id,
        use=details["use"],
        recipient=details["recipient"],
        on=on,
    )
    record_requests.act(
        session,
        request,
        name="released",
        reader=reader,
        state="done",
        documents=[str(document.id) for document in going.documents],
        held_back=going.held_back,
    )
