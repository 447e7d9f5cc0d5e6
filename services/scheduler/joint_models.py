"""Rows about two people and their time: when each of them can."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

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
