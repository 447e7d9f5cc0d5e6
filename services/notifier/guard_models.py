"""The row of the resend guard."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class SendGuard(Base):
    """One row: until when messages may be handed over, as the file beside the database says, too.

    `held_until`: a backup was restored, and what was due by then may have been sent already.
    """

    __tablename__ = "send_guard"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    held_until: Mapped[datetime | None]
    found_at: Mapped[datetime | None]
