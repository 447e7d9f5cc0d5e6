"""Not at night: people are written to between 8 am and 9 pm where they are (L26, 47 CFR 64.1200).

All arithmetic starts from an instant and asks the zone what its clocks show,
so the nights on which clocks change need no case of their own.
"""

from datetime import UTC, datetime, time, timedelta, tzinfo

OPENS = time(8)
CLOSES = time(21)


def is_quiet(at: datetime, zone: tzinfo) -> bool:
    """Tell whether `at` (aware) is at night for someone in `zone`."""
    return not OPENS <= at.astimezone(zone).time() < CLOSES


def next_open(at: datetime, zone: tzinfo) -> datetime:
    """Return `at` itself by day, else the next 8 am in `zone`, as aware UTC."""
    if not is_quiet(at, zone):
        return at.astimezone(UTC)
    local = at.astimezone(zone)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    opening = datetime.combine(day, OPENS, tzinfo=zone).astimezone(UTC)
    # A zone can skip a whole day (Apia, December 30, 2011): then 8 am comes a day later.
    while is_quiet(opening, zone):
        day += timedelta(days=1)
        opening = datetime.combine(day, OPENS, tzinfo=zone).astimezone(UTC)
    return opening


def closes(at: datetime, zone: tzinfo) -> datetime:
    """Return the 9 pm that ends the day of `at` in `zone`, as aware UTC."""
    return datetime.combine(at.astimezone(zone).date(), CLOSES, tzinfo=zone).astimezone(UTC)
