"""Times as staff read them: in the practice's own zone, near ones by the clock."""

from datetime import datetime, timedelta

from shared.web import settings
from shared.zones import zone


def when(at: datetime, now: datetime) -> str:
    """Such as: today at 9:54 am; Monday at 9:54 am (within a week); March 2; March 2, 2026."""
    here = zone(settings().practice.timezone)
    local, today = at.astimezone(here), now.astimezone(here).date()
    clock = f"{local:%I:%M %p}".lstrip("0").lower()
    days = (today - local.date()) / timedelta(days=1)
    if days == 0:
        return f"today at {clock}"
    if -7 < days < 7:
        return f"{local:%A} at {clock}"
    date = f"{local:%B} {local.day}"
    return date if local.year == today.year else f"{date}, {local.year}"


def day_of(at: datetime) -> str:
    """The day as a client reads it, in the practice's own zone: March 23, 2027."""
    local = at.astimezone(zone(settings().practice.timezone))
    return f"{local:%B} {local.day}, {local.year}"
