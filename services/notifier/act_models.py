"""The row of what a member of staff has done about messages, and why."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class StaffAct(Base):
    """Who did what, when, and the reason they gave. Append-only.

    `about` is the message, the entry or the carrier that it was done to. The reason is sealed: with
    the key of the person whom it concerns, else with the practice's own.
    """

    __tablename__ = "staff_act"
    __table_args__ = (
        CheckConstraint("act ~ '^[a-z-]+$'", name="act"),
        Index("ix_staff_act_about", "act", "about", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID]
    account_name: Mapped[str]
    role: Mapped[str]
    act: Mapped[str]
    about: Mapped[str]
    person_id: Mapped[UUID | None]
    reason_sealed: Mapped[bytes] = mapped_column(LargeBinary)
