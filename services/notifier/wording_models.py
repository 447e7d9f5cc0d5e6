"""The rows of what the owner has written: what messages say, and when people are reminded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class Wording(Base):
    """Words that staff wrote for one kind, language and channel. Append-only, from version 2 on.

    Version 1 is the program's own. The highest version is in use; going back is a new version.
    """

    __tablename__ = "wording"
    __table_args__ = (
        CheckConstraint("version > 1", name="version"),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    body: Mapped[str]
    written_by: Mapped[UUID]
    written_by_name: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ReminderRule(Base):
    """How long before a time each channel reminds, in minutes. Append-only: the latest counts.

    Without a type it is for every type that has none of its own. Null minutes: as usual.
    """

    __tablename__ = "reminder_rule"
    __table_args__ = (Index("ix_reminder_rule_appointment_type", "appointment_type", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    appointment_type: Mapped[str | None]
    email_minutes: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    sms_minutes: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    written_by: Mapped[UUID]
    written_by_name: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
