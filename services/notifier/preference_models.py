"""The rows of what people want sent: each choice of theirs, the latest of which holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class Preference(Base):
    """One choice, whole; it only grows. `way` tells a page from a mail program's own button."""

    __tablename__ = "preference"
    __table_args__ = (
        CheckConstraint("way IN ('page', 'one-click')", name="way"),
        Index("ix_preference_person_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    person_id: Mapped[UUID]
    emails: Mapped[bool]
    texts: Mapped[bool]
    offers: Mapped[bool]
    way: Mapped[str]
