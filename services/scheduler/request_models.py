"""Rows about what people ask for: a late change, another time for two, times that would suit."""

from datetime import datetime, time
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduler.models import Base


class ChangeRequest(Base):
    """Asked for inside the window in which one has to call: staff settle it (P22).

    The appointment stays as it is until then. `words_sealed` is what the person added, sealed.
    """

    __tablename__ = "change_request"
    __table_args__ = (
        CheckConstraint("wish IN ('move', 'cancel')", name="wish"),
        CheckConstraint("outcome IN ('done', 'kept')", name="outcome"),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
        Index(
            "uq_change_request_open",
            "appointment_id",
            "person_id",
            "wish",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("appointment.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[UUID] = mapped_column(index=True)
    wish: Mapped[str]
    words_sealed: Mapped[bytes | None]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    outcome: Mapped[str | None]


class MoveProposal(Base):
    """One of two asks for another time; it is kept, as `held_id`, until the other has answered."""

    __tablename__ = "move_proposal"
    __table_args__ = (
        CheckConstraint("answer IN ('accepted', 'declined', 'lapsed', 'withdrawn')", name="answer"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),
        Index(
            "uq_move_proposal_open",
            "appointment_id",
            unique=True,
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"))
    held_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("appointment.id", ondelete="SET NULL"), unique=True
    )
    person_id: Mapped[UUID]
    communication_id: Mapped[UUID | None] = mapped_column(unique=True)
    reply_by: Mapped[datetime]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]


class StatedTime(Base):
    """A weekly range of wall time that would suit one person, in the zone they named with it.

    What one of two has stated is never shown to the other, nor which of them a time fails.
    """

    __tablename__ = "stated_time"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("overnight OR starts < ends", name="order"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    starts: Mapped[time]
    ends: Mapped[time]
    overnight: Mapped[bool] = mapped_column(server_default="false")
    timezone: Mapped[str]


class IdempotencyKey(Base):
    """The answer to a request that a program may send again, under the hash of who and its key.

    `fingerprint_sha256` is of the request, so that a key that is used for another one is refused.
    The answer is sealed with the person's own key: it holds a link of theirs.
    """

    __tablename__ = "idempotency_key"

    key_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    fingerprint_sha256: Mapped[bytes]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
