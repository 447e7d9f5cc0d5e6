"""A made-up practice in New York over a clock change: hours, other dates, appointments.

Seeded: the same arguments give the same practice, on every machine and in every run.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.scheduler.domain.availability import Policy
from services.scheduler.domain.hours import Hours, WallRange, WeeklyRange, days, resolve
from services.scheduler.domain.interval import Interval

ZONE = "America/New_York"
NOW = {  # clocks change within 30 days of each
    "autumn": datetime(2026, 10, 19, 13, 52, tzinfo=UTC),
    "spring": datetime(2027, 3, 1, 14, 38, tzinfo=UTC),
}


MORNING, AFTERNOON, EVENING = (9 * 60, 12 * 60 + 30), (13 * 60 + 30, 17 * 60), (17 * 60, 20 * 60)
VISIT, HOUR = 50, 60
BUFFER = timedelta(minutes=10)
TAKEN = 0.6
"""The share of the hours that somebody has already."""

Span = tuple[int, int]
"""From and until, in minutes after midnight."""


@dataclass(frozen=True)
class Clinician:
    """When somebody sees people, and the appointments they have, in order."""

    hours: Hours
    appointments: Sequence[Interval]


@dataclass(frozen=True)
class Workload:
    """What is asked, as of when, and of whom."""

    now: datetime
    days: int
    clinicians: Sequence[Clinician]

    def policy(self, length: int) -> Policy:
        """The rules for a visit of so many minutes: a quarter-hour's grid, a day's notice."""
        return Policy(
            duration=timedelta(minutes=length),
            step=timedelta(minutes=15),
            before=BUFFER,
            after=BUFFER,
            notice=timedelta(days=1),
            horizon=timedelta(days=self.days - 1),
        )

    @property
    def dates(self) -> list[date]:
        """The local dates on which something may be offered."""
        first = self.now.astimezone(ZoneInfo(ZONE)).date()
        return list(days(first, first + timedelta(days=self.days - 1)))


KINDS = {"consultation": 20, "session": VISIT}
"""The two types of appointment, and how many minutes they take."""


def workload(
    season: str, length: int, clinicians: int, seed: int = 1, now: datetime | None = None
) -> Workload:
    """A practice of so many clinicians, over so many days; from `now` on, if not in that season."""
    empty = Workload(now or NOW[season], length, ())
    people = [
        _clinician(random.Random(f"{seed} {season} {n}"), n, empty.dates)  # noqa: S311
        for n in range(clinicians)
    ]
    return Workload(empty.now, length, people)


def _clinician(rng: random.Random, number: int, dates: Sequence[date]) -> Clinician:
    week = _week(rng, number)
    others = {day: spans for day in dates if (spans := _other_hours(rng)) is not None}
    hours = Hours(
        ZoneInfo(ZONE),
        [WeeklyRange(weekday, _wall(span)) for weekday, spans in week.items() for span in spans],
        {day: [_wall(span) for span in spans] for day, spans in others.items()},
    )
    taken = [
        Interval(begins, begins + VISIT)
        for day in dates
        for span in others.get(day, week.get(day.isoweekday(), ()))
        for at in _appointments(rng, span)
        for begins in [resolve(day, _time(at), hours.zone)]
    ]
    return Clinician(hours, taken)


def _week(rng: random.Random, number: int) -> dict[int, list[Span]]:
    """Weekdays from nine to five around noon; the others begin earlier or later, or differ."""
    shift = 0 if number == 0 else rng.choice((-60, -30, 0, 30, 60))
    usual = [(start + shift, end + shift) for start, end in (MORNING, AFTERNOON)]
    week = {weekday: list(usual) for weekday in range(1, 6)}
    match number % 5:
        case 1:
            del week[5]
        case 2:
            week[2] = [AFTERNOON, EVENING]
        case 3:
            week[3] = usual[1:]
        case 4:
            week[7] = [MORNING]  # clocks change on a Sunday
            del week[1]
    return week


def _other_hours(rng: random.Random) -> list[Span] | None:
    """About one day in fifteen differs: closed, or short."""
    return rng.choices([None, [], [(10 * 60, 14 * 60)]], [28, 1, 1])[0]


def _appointments(rng: random.Random, span: Span) -> Iterator[int]:
    """On the hour mostly, some a quarter past."""
    start, end = span
    for at in range(start, end - VISIT + 1, HOUR):
        if rng.random() < TAKEN:
            late = rng.random() < 0.1 and at + 15 + VISIT <= end
            yield at + 15 if late else at


def _wall(span: Span) -> WallRange:
    return WallRange(_time(span[0]), _time(span[1]))


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
