"""The rows of the list of people to be called."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class Call(Base):
    """Somebody whom no message reaches, and who is to be called while it is of use."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("notification_id"),
        CheckConstraint("how IN ('told', 'not-reached', 'not-needed')", name="how"),
        Index("ix_call_open", "until", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id", ondelete="CASCADE"))
    opened_at: Mapped[datetime]
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    how: Mapped[str | None]
