"""Thirty-three zones to try hours in, and hours that hold what is hard."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import Hours, WallRange, WeeklyRange

# Both ends of the date line; halves and quarters of an hour; clocks that change at midnight, in the
# evening, by half an hour, for a month of fasting, in opposite seasons, and not at all.
ZONES = [
    "Pacific/Midway",
    "Pacific/Marquesas",
    "America/Adak",
    "America/Los_Angeles",
    "America/Vancouver",
    "America/Phoenix",
    "America/New_York",
    "America/Havana",
    "America/Caracas",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Nuuk",
    "Atlantic/Azores",
    "Europe/London",
    "Africa/Casablanca",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Eucla",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
EVERY_DAY = range(1, 8)


def over_utc_midnight(zone: ZoneInfo) -> WallRange:
    """The four hours around midnight in Greenwich, by the clock on the wall there in winter."""
    middle = datetime(2026, 1, 15, tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    start, end = middle - timedelta(hours=2), middle + timedelta(hours=2)
    return WallRange(start.time(), end.time(), overnight=end.date() > start.date())


@cache
def walls(zone: ZoneInfo) -> list[WallRange]:
    """The hours in which clocks change, some by day, and those over UTC's midnight."""
    return [
        WallRange(time(0, 30), time(4)),
        WallRange(time(9), time(10)),
        over_utc_midnight(zone),
    ]


def hours_in(name: str) -> Hours:
    """These hours on every day of the week."""
    zone = ZoneInfo(name)
    return Hours(zone, tuple(WeeklyRange(day, wall) for day in EVERY_DAY for wall in walls(zone)))


def is_open(zone: ZoneInfo, shown: datetime) -> bool:
    """Whether the door is open when the clock on the wall shows that."""
    clock = shown.time()
    return any(
        wall.start <= clock or clock < wall.end
        if wall.overnight
        else wall.start <= clock < wall.end
        for wall in walls(zone)
    )
