"""Rows of the record-keeping itself: the audit chain, and legal holds."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models import Base


class AuditEntry(Base):
    """Who opened, read or did what of whose record, when and why (L04), as a link of a chain.

    `hash` is keyed and covers everything else in the row, the hash of the row before it included.
    No foreign keys: the chain outlasts the record. The database refuses to change or delete a row.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("act ~ '^[a-z][a-z-]{1,39}$'", name="act"),
        CheckConstraint("length(reason) <= 80", name="reason"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[UUID | None] = mapped_column(index=True)  # null: the software by itself
    account_name: Mapped[str]
    role: Mapped[str]
    act: Mapped[str]
    response_id: Mapped[UUID | None] = mapped_column(index=True)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    part: Mapped[str | None]
    reason: Mapped[str]  # fixed words or a code; what somebody typed is in reason_sealed
    reason_sealed: Mapped[bytes | None]
    request_id: Mapped[str | None]
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]

    @property
    def read_at(self) -> datetime:
        """When something was opened: the name by which the inquiry's page knows it."""
        return self.at


class LegalHold(Base):
    """Nothing of this person is destroyed while the hold stands, whoever asks for it (L49)."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index(
            "uq_legal_hold_person_id",
            "person_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    set_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    set_by: Mapped[UUID]
    set_by_name: Mapped[str]
    reason_sealed: Mapped[bytes]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lifted_by_name: Mapped[str | None]
