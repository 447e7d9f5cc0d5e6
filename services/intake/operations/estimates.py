"""Good Faith Estimates: to whom one is owed, what it says, and that it was given (L40, L41).

A private call that costs nothing makes none due: there is nothing to estimate. The first session
that costs something does, and so does any question about cost.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain.estimates import PAYS_THEMSELVES, Charges, Occasion, due_on
from services.intake.models import BookedCall, QuestionnaireResponse
from services.intake.operations import contacts, forms
from services.intake.operations.readers import Reader
from services.intake.record_models import CostEstimate
from shared.crypto import seal, unseal

MOST_ROWS: Final = 500
PICK_UP: Final = "pick-up"
MAIL: Final = "email"


class NotASafeWay(Exception):
    """That way is not open for this person; picking it up always is (L41)."""


class NotWritten(Exception):
    """There is no estimate to hand over yet, or it was handed over already."""


@dataclass(frozen=True, kw_only=True)
class Owed:
    """An estimate that somebody is to get, and by when."""

    row: CostEstimate
    due_on: date
    charges: Charges | None


def note_booked(
    session: Session,
    *,
    appointment_id: UUID,
    person_id: UUID,
    sequence: int,
    joint: bool,
    booked_at: datetime,
    starts_at: datetime,
) -> None:
    """Keep that this person has booked, if they pay themselves or may; twice is once.

    Of two people each one who pays gets an estimate of their own. Whoever uses insurance is passed
    over, and so is a booking that is no longer so.
    """
    booked = session.get(BookedCall, (appointment_id, person_id))
    if booked is None or booked.state != "booked" or booked.sequence != sequence:
        return
    if not pays(session, person_id=person_id):
        return
    session.execute(
        insert(CostEstimate)
        .values(
            id=uuid4(),
            person_id=person_id,
            occasion="booked",
            appointment_id=appointment_id,
            joint=joint,
            arose_at=booked_at,
            visit_at=starts_at,
            state="due",
        )
        .on_conflict_do_nothing()
    )


def note_cancelled(session: Session, *, appointment_id: UUID, person_id: UUID) -> None:
    """Nothing is owed for a visit that will not be."""
    session.execute(
        update(CostEstimate)
        .where(
            CostEstimate.appointment_id == appointment_id,
            CostEstimate.person_id == person_id,
            CostEstimate.state == "due",
        )
        .values(state="void")
    )


def pays(session: Session, *, person_id: UUID) -> bool:
    """Whether this person pays themselves, or has not said that insurance does."""
    response = session.scalar(
        select(QuestionnaireResponse)
        .where(QuestionnaireResponse.person_id == person_id)
        .order_by(QuestionnaireResponse.completed_at.desc().nulls_last())
        .limit(1)
    )
    if response is None:
        return False
    return forms.form_of(session, response).answers.get("payment") in PAYS_THEMSELVES


def ask(
    session: Session,
    *,
    person_id: UUID,
    occasion: Occasion,
    now: datetime,
    visit_at: datetime | None = None,
) -> CostEstimate:
    """Somebody asked what it costs (any question counts, L41), or what is planned has changed."""
    row = CostEstimate(
        id=uuid4(),
        person_id=person_id,
        occasion=occasion,
        joint=False,
        arose_at=now,
        visit_at=visit_at,
        state="due",
    )
    session.add(row)
    session.flush()
    return row


def owed(
    session: Session, *, zone: tzinfo, free_call: bool, person_id: UUID | None = None
) -> list[Owed]:
    """What is still owed, the first to be due first; of one person or of everybody.

    Booking a call that costs nothing (`free_call`) and a visit in the next two days owe none.
    """
    query = select(CostEstimate).where(CostEstimate.state == "due")
    if person_id is not None:
        query = query.where(CostEstimate.person_id == person_id)
    found = [
        Owed(row=row, due_on=due, charges=charges(session, row))
        for row in session.scalars(query.order_by(CostEstimate.arose_at).limit(MOST_ROWS))
        if not (free_call and row.occasion == "booked" and not row.joint)
        and (due := _due(row, zone)) is not None
    ]
    return sorted(found, key=lambda one: one.due_on)


def delivered(session: Session, *, person_id: UUID) -> list[CostEstimate]:
    """What this person has been given, newest first."""
    return list(
        session.scalars(
            select(CostEstimate)
            .where(CostEstimate.person_id == person_id, CostEstimate.state == "delivered")
            .order_by(CostEstimate.delivered_at.desc())
        )
    )


def find(
    session: Session, *, estimate_id: UUID, person_id: UUID, for_change: bool = False
) -> CostEstimate | None:
    """One estimate of this person, or None."""
    query = select(CostEstimate).where(
        CostEstimate.id == estimate_id, CostEstimate.person_id == person_id
    )
    return session.scalar(query.with_for_update() if for_change else query)


def write(session: Session, row: CostEstimate, *, charges: Charges) -> None:
    """Keep what staff expect to charge. Raises NotWritten once it was handed over."""
    if row.state != "due":
        raise NotWritten
    row.estimate_sealed = seal(
        session, subject_id=row.person_id, place=_place(row), value=asdict(charges)
    )
    session.flush()


def charges(session: Session, row: CostEstimate) -> Charges | None:
    """What was written, or None."""
    if row.estimate_sealed is None:
        return None
    return Charges(
        **unseal(
            session,
            subject_id=row.person_id,
            place=_place(row),
            sealed=row.estimate_sealed,
        )
    )


def ways(session: Session, *, person_id: UUID) -> tuple[str, ...]:
    """How it may be given: by mail if the person has said that mail is safe; picked up, always."""
    card = contacts.card(session, person_id=person_id)
    return (MAIL, PICK_UP) if card is not None and card.email else (PICK_UP,)


def deliver(
    session: Session, row: CostEstimate, *, way: str, reader: Reader, now: datetime
) -> None:
    """It was given to the person. Raises NotASafeWay, NotWritten."""
    if row.state != "due" or row.estimate_sealed is None:
        raise NotWritten
    if way not in ways(session, person_id=row.person_id):
        raise NotASafeWay
    row.state, row.delivered_at = "delivered", now
    row.delivered_by, row.delivered_way = reader.account_id, way
    session.flush()


def _due(row: CostEstimate, zone: tzinfo) -> date | None:
    visit = row.visit_at
    return due_on(
        row.occasion,  # type: ignore[arg-type]  # the column checks it
        on=row.arose_at.astimezone(zone).date(),
        visit_on=visit.astimezone(zone).date() if visit else None,
    )


def _place(row: CostEstimate) -> str:
    return f"cost_estimate.estimate_sealed:{row.id}"
