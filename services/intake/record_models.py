"""Rows about records: requests, releases, documents, estimates of cost, breaches.

What speaks of a person is sealed with that person's key. Three tables only grow and have no foreign
key: what was done with somebody's record can be told after the record itself is gone.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models import Base


class RecordRequest(Base):
    """Somebody asks for their record, for a change in it, or that it goes to somebody else."""

    __tablename__ = "record_request"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    received_on: Mapped[date]
    due_on: Mapped[date | None]
    details_sealed: Mapped[bytes]
    noted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class RecordAct(Base):
    """What was done about a request, by whom, and why. It only grows."""

    __tablename__ = "record_act"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(index=True)
    person_id: Mapped[UUID]
    act: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID]
    account_name: Mapped[str]
    role: Mapped[str]
    details_sealed: Mapped[bytes]


class ReleaseAuthorization(Base):
    """One person's signed yes to one recipient, or the row that takes it back. It only grows.

    The recipient's name is sealed; its blind index tells whether two people named the same one.
    """

    __tablename__ = "release_authorization"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(index=True)
    scope: Mapped[str]
    recipient_index: Mapped[bytes]
    evidence_sealed: Mapped[bytes]
    given_on: Mapped[date]
    expires_on: Mapped[date]
    revokes: Mapped[UUID | None]
    noted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID]
    account_name: Mapped[str]


class DocumentNote(Base):
    """That a document came in, and from whom. The document itself is kept elsewhere.

    `part2`: it comes from a programme under 42 CFR Part 2 (L30).
    """

    __tablename__ = "document_note"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    details_sealed: Mapped[bytes]
    received_on: Mapped[date]
    part2: Mapped[bool]
    noted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    noted_by: Mapped[UUID]


class CostEstimate(Base):
    """An occasion on which a Good Faith Estimate may be owed to somebody who pays (L40).

    The row holds facts; whether and by when it is owed is computed from them (`domain.estimates`).
    """

    __tablename__ = "cost_estimate"
    __table_args__ = (UniqueConstraint("person_id", "appointment_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    occasion: Mapped[str]
    appointment_id: Mapped[UUID | None]
    joint: Mapped[bool] = mapped_column(default=False)
    arose_at: Mapped[datetime]
    visit_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="due", index=True)
    estimate_sealed: Mapped[bytes | None]
    delivered_at: Mapped[datetime | None]
    delivered_by: Mapped[UUID | None]
    delivered_way: Mapped[str | None]


class BreachAct(Base):
    """One line of the breach log; lines with one `breach_id` are one breach. It only grows.

    The words are sealed with the practice's own key: a breach concerns more than one person.
    """

    __tablename__ = "breach_act"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    breach_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    on_day: Mapped[date]
    people: Mapped[int | None]
    words_sealed: Mapped[bytes]
    noted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID]
    account_name: Mapped[str]
