"""Rows of a clinician's being away: who had a time then, and what became of each of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduler.models import Base


class Absence(Base):
    """Somebody is not here: the time is blocked, and everybody who had one then is seen to.

    Its id is given by the page, so that a button that is pressed twice begins one absence.
    """

    __tablename__ = "absence"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"), index=True)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str]
    actor: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), index=True)


class AbsenceVisit(Base):
    """One appointment of an absence: what is to become of it, and, once settled, what did.

    `given`: somebody else sees them at the same time. `gone`: it was over, cancelled or moved
    before we came to it. `refused`: the colleague is not free any more, or it may not be changed,
    so it still stands. `failed_at`: when we last tried and something of ours went wrong.
    """

    __tablename__ = "absence_visit"
    __table_args__ = (
        UniqueConstraint("absence_id", "appointment_id"),
        CheckConstraint("plan IN ('cancel', 'give')", name="plan"),
        CheckConstraint("(plan = 'give') = (to_schedule_id IS NOT NULL)", name="give"),
        CheckConstraint("outcome IN ('cancelled', 'given', 'gone', 'refused')", name="outcome"),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
        CheckConstraint("(called_at IS NULL) = (called_by IS NULL)", name="called"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    absence_id: Mapped[UUID] = mapped_column(ForeignKey("absence.id", ondelete="CASCADE"))
    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("appointment.id", ondelete="CASCADE"), index=True
    )
    plan: Mapped[str]
    to_schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedule.id"))
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    called_by: Mapped[str | None]
