"""Rows about two people and their time: when each of them can, and another time for both."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from services.scheduler.models import Base


class StatedTimes(Base):
    """When one of two people can usually meet, as they said it then; sealed with their own key.

    A replaced row is kept until its successor counts for the other, too: see `stated_times`.
    """

    __tablename__ = "stated_times"
    __table_args__ = (Index("ix_stated_times_couple_id", "couple_id", "stated_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    couple_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(index=True)
    times_sealed: Mapped[bytes]
    stated_at: Mapped[datetime]


class MoveProposal(Base):
    """Another time that one of two people asks for, kept until the other has said yes (N7).

    The time itself is `held_id`, a hold like any other, so nobody else can have it meanwhile.
    `sequence` is the appointment's when it was asked: once that is another, this is over. A no is
    noted in `declined_at` and ends nothing before `reply_by`, so that it can't be told from
    silence. `location_sealed` is where the one who asks will be then.
    """

    __tablename__ = "move_proposal"
    __table_args__ = (
        CheckConstraint("outcome IN ('moved', 'lapsed', 'withdrawn')", name="outcome"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
        Index(
            "uq_move_proposal_open",
            "appointment_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_move_proposal_reply_by", "reply_by", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("appointment.id", ondelete="CASCADE"), index=True
    )
    asked_by: Mapped[UUID] = mapped_column(index=True)
    sequence: Mapped[int]
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("appointment.id", ondelete="SET NULL"), unique=True
    )
    location_sealed: Mapped[bytes | None]
    communication_id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    reply_by: Mapped[datetime] = mapped_column()
    declined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    # Nobody said yes in time, by the database's clock at the moment of reading.
    overdue: Mapped[bool] = column_property(reply_by <= func.clock_timestamp())
