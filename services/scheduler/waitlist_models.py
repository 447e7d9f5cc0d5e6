"""Rows of the waitlist: who would like an earlier or another time, and what they were offered."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, Index, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduler.models import Base


class WaitlistEntry(Base):
    """One person waits for one type of appointment: a FHIR Appointment with status `waitlist`.

    `practitioner_ids` empty: anyone who fits. `times`: weekly wall ranges in `timezone`, as
    [[weekday, "HH:MM", "HH:MM"], ...]; empty: any time. `free_before`: starts that suited and were
    free when they began to wait, and are to this day; only what is sooner is offered. `ended_by`
    is whose hand ended it, `reason` what staff said when they took somebody off.
    """

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        CheckConstraint("outcome IN ('booked', 'left', 'expired', 'removed')", name="outcome"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
        Index(
            "uq_waitlist_entry_invitation_id",
            "invitation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_waitlist_entry_waiting",
            "appointment_type_id",
            "created_at",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_waitlist_entry_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitation.id"))
    person_id: Mapped[UUID] = mapped_column(index=True)
    appointment_type_id: Mapped[int] = mapped_column(ForeignKey("appointment_type.id"))
    practitioner_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    times: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    timezone: Mapped[str]
    free_before: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)), server_default="{}"
    )
    location_sealed: Mapped[bytes | None]
    until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str | None]


class WaitlistOffer(Base):
    """A freed time, kept for one waiting person alone until `expires_at` (P27).

    The time itself is `held_id`, a hold like any other, so nobody else can have it meanwhile.
    `offered_by` is the hand of the staff that chose it; none: the clock did.
    """

    __tablename__ = "waitlist_offer"
    __table_args__ = (
        CheckConstraint("answer IN ('accepted', 'declined', 'lapsed', 'withdrawn')", name="answer"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),
        Index(
            "uq_waitlist_offer_open",
            "entry_id",
            unique=True,
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index(
            "ix_waitlist_offer_expires_at",
            "expires_at",
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"))
    starts_at: Mapped[datetime]
    held_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("appointment.id", ondelete="SET NULL"), unique=True
    )
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    communication_id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    offered_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    offered_by: Mapped[str | None]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
