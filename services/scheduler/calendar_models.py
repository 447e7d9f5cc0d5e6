"""Rows of calendars that are kept elsewhere: where they are read, and what is busy in them."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduler.models import Base


class OutsideCalendar(Base):
    """A feed that says when a clinician is busy elsewhere. Its address is a secret, and sealed.

    `policy` says what becomes of the clinician's times when the feed can't be read (P11, N11).
    """

    __tablename__ = "outside_calendar"
    __table_args__ = (
        CheckConstraint("policy IN ('use-last', 'block', 'staff-only')", name="policy"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    address_sealed: Mapped[bytes]
    policy: Mapped[str] = mapped_column(server_default="block", default="block")
    stale_after: Mapped[timedelta]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    read_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    failing_since: Mapped[datetime | None]
    failure: Mapped[str | None]
    told_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OutsideBusy(Base):
    """Busy elsewhere: from when until when, and nothing else. What it is about is never kept."""

    __tablename__ = "outside_busy"
    __table_args__ = (Index("ix_outside_busy_schedule_id_during", "schedule_id", "during"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    calendar_id: Mapped[UUID] = mapped_column(
        ForeignKey("outside_calendar.id", ondelete="CASCADE"), index=True
    )
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
