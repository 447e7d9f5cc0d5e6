"""How long a person's record is kept, and which rule ends it (L47, L48, L49)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Rule = Literal["draft", "invited-draft", "inquiry", "record"]

RULES: Final[dict[Rule, str]] = {
    "draft": "a form that was begun and left behind",
    "invited-draft": "a form that an invited person began and left behind",
    "inquiry": "somebody who never became a client",
    "record": "a client's record after the years that the practice keeps one",
}
BY_ITSELF: Final[frozenset[Rule]] = frozenset(("draft", "invited-draft", "inquiry"))
"""What the suite destroys by itself. A client's record takes somebody who asks for it."""

_FROM_13_TO_18: Final = 5


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How long, as the practice has decided."""

    draft: timedelta
    inquiry: timedelta
    record_years: int


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What of a person's record counts for how long it is kept."""

    last_entry: datetime
    """The newest of: what they wrote, what staff did, the end of their last appointment."""
    begun: bool
    """There is a form, and it was never sent."""
    invited: bool
    client: bool
    """Had an appointment, whatever became of it."""
    coming: bool
    """Has an appointment that is still to come."""
    waits_for_clinician: bool
    unread: bool
    """A form was sent, and staff have not closed the inquiry: nobody gets lost by waiting."""
    minor_at: datetime | None
    """When they said that they were under 18; the birthday itself is not asked."""
    on_hold: bool


def due(kept: Kept, periods: Periods, now: datetime) -> Rule | None:
    """The rule by which this record may go now, or None: it stays."""
    if kept.on_hold or kept.coming or kept.waits_for_clinician:
        return None
    if kept.client:
        return "record" if keep_until(kept, periods) <= now else None
    if kept.begun:
        left_behind = kept.last_entry < now - periods.draft
        return ("invited-draft" if kept.invited else "draft") if left_behind else None
    if kept.unread:
        return None
    return "inquiry" if kept.last_entry < now - periods.inquiry else None


def keep_until(kept: Kept, periods: Periods) -> datetime:
    """Until when a client's record has to be kept; a minor's so many years from the 18th birthday.

    Who was under 18 was 13 at least, so the birthday came within five years of saying so.
    """
    until = years_after(kept.last_entry, periods.record_years)
    if kept.minor_at is None:
        return until
    return max(until, years_after(kept.minor_at, _FROM_13_TO_18 + periods.record_years))


def years_after(at: datetime, years: int) -> datetime:
    """The same day so many years later; March 1 for a February 29 that is not there."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, month=3, day=1)
