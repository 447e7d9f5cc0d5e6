"""One transaction at one moment, and the values of an act as the product takes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings

STAFF: Final = Hand.staff(UUID(int=7), "asked on the phone")


@dataclass
class At:
    """One transaction, at one moment."""

    session: Session
    settings: Settings
    now: datetime

    @property
    def usual(self) -> dict[str, Any]:
        return {"settings": self.settings, "now": self.now}


def wanted_of(
    start: str, who: str | None = None, *, fall_over: bool = False, against: bool = False
) -> Wanted:
    """A start, and with whom."""
    host = UUID(who) if who else None
    return Wanted(datetime.fromisoformat(start), host, fall_over=fall_over, against_rules=against)


def stretch(start: str, end: str) -> Range[datetime]:
    """From one instant until another."""
    return Range(datetime.fromisoformat(start), datetime.fromisoformat(end), bounds="[)")
