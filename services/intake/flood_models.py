"""Rows that count: how many forms were begun and sent from one network, with one
address or by one device.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models import Base


class SendingCount(Base):
    """A count within one hour, under a keyed hash: whose network or address it is, nobody reads."""

    __tablename__ = "sending_count"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    total: Mapped[int]
