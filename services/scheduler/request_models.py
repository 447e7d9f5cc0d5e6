"""Rows about what is asked for: a late change by a person, the same thing twice by a program."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
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
