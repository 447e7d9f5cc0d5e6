"""The rows of what is kept about those who carry messages."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Double, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class MailboxReading(Base):
    """One row: when the mailbox of returned mail was last read, and how it went."""

    __tablename__ = "mailbox_reading"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tried_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    failed: Mapped[bool]
    """Whether the latest try could not open it; why, the log says."""


class TokenBucket(Base):
    """How many messages may still leave at once: for the practice, a carrier, or one recipient.

    `left` is as of `at`. A recipient is named by the keyed hash of the address.
    """

    __tablename__ = "token_bucket"
    __table_args__ = (Index("ix_token_bucket_at", "at"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    left: Mapped[float] = mapped_column(Double)
    at: Mapped[datetime]
