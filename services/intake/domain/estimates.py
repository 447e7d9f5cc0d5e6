"""Good Faith Estimates: by when one is owed, and what it says (45 CFR 149.610; L40).

Business days are Monday to Friday without the federal holidays, observed ones included.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal

import holidays

Occasion = Literal["booked", "asked", "changed"]

PAYS_THEMSELVES: Final = frozenset(("self_pay", "reduced_fee", "not_sure", None))
"""Answers to "How would you like to pay?" that make an estimate due; None: not answered."""

MOST_VISITS: Final = 104
"""Twice a week for the twelve months that one estimate may cover."""

_DAY: Final = timedelta(days=1)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("US", years=year))


def business_day(day: date) -> bool:
    """Whether offices work on it. January 1 on a Saturday is observed in the year before."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def after(day: date, count: int) -> date:
    """The business day that is `count` business days after `day`, not counting `day` itself."""
    return _walk(day, count, _DAY)


def before(day: date, count: int) -> date:
    """The business day that is `count` business days before `day`."""
    return _walk(day, count, -_DAY)


def _walk(day: date, count: int, step: timedelta) -> date:
    while count:
        day += step
        count -= business_day(day)
    return day


def due_on(occasion: Occasion, *, on: date, visit_on: date | None) -> date | None:
    """The last day for the estimate, or None when the rule asks for none.

    `on` is the day of booking or of the question. A visit less than three business days ahead
    makes none due by itself; a question about cost always does.
    """
    if occasion == "asked" or visit_on is None:
        return after(on, 3)
    if occasion == "changed":
        return before(visit_on, 1)
    if on <= before(visit_on, 10):
        return after(on, 3)
    if on <= before(visit_on, 3):
        return after(on, 1)
    return None


@dataclass(frozen=True, kw_only=True)
class Charges:
    """What staff expect to charge. Cents, so that sums are exact."""

    service: str
    cents_per_visit: int
    visits: int
    provider: str = ""
    codes: str = ""

    @property
    def total(self) -> int:
        """For everything that is expected within twelve months."""
        return self.cents_per_visit * self.visits


def money(cents: int) -> str:
    """Such as $1,250.00."""
    return f"${cents // 100:,}.{cents % 100:02}"


def sentences(charges: Charges, *, made_on: date) -> tuple[str, ...]:
    """What the estimate says besides names: the sum, how long it counts, and what one may do."""
    last = (
        made_on.replace(year=made_on.year + 1)
        if not _leap_day(made_on)
        else date(made_on.year + 1, 2, 28)
    )
    return (
        (
            f"{charges.service}: {charges.visits} "
            f"{'visit' if charges.visits == 1 else 'visits'} at {money(charges.cents_per_visit)}. "
            f"Expected in all: {money(charges.total)}."
        ),
        (
            f"This counts from {_in_words(made_on)} to {_in_words(last)}, twelve months at most. "
            "You get a new one if what is planned changes, at least one business day before."
        ),
        (
            "This is an estimate of what we expect today. It is not a contract. You do not have to "
            "get care here. The bill could be higher if something is needed that nobody foresaw."
        ),
        (
            "If you are billed $400 or more above this estimate, you may dispute the bill. Start "
            "within 120 days of the date on the bill: www.cms.gov/nosurprises or 1-800-985-3059. "
            "There is a small fee. Keep this paper."
        ),
    )


def _in_words(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)
