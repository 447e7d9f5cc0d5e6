"""Times as people say them, in the zone of the one who reads. Never a zone's abbreviation."""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from services.scheduler.domain.hours import ClockChange
from shared.web.language import language, say, tongue
from shared.zones import zone_title

FORWARD: Final = "Clocks move forward %(length)s on %(day)s. Later days already show the new time."
BACK: Final = "Clocks move back %(length)s on %(day)s. Later days already show the new time."


def clock(at: datetime | time) -> str:
    """The time on the clock: "10:30 am". `at` is in the reader's zone."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def day(of: date) -> str:
    """A day within the year: "Wednesday, March 10"."""
    if language() == "en":
        return f"{of:%A, %B} {of.day}"
    return format_date(of, "EEEE, d 'de' MMMM", locale=tongue().babel)


def full_day(of: date) -> str:
    """A day for years to come: "Wednesday, March 10, 2027"."""
    return f"{day(of)}, {of.year}" if language() == "en" else f"{day(of)} de {of.year}"


def month(first: date, last: date) -> str:
    """The months that some days lie in, for one line: "March 2027", "Mar and Apr 2027"."""
    if language() != "en":
        return _months(first, last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B} {first.year}"
    if first.year == last.year:
        return f"{first:%b} and {last:%b} {last.year}"
    return f"{first:%b} {first.year}, {last:%b} {last.year}"


def days(first: date, last: date) -> str:
    """A stretch of days: "March 8 to 12", "March 29 to April 2"."""
    if language() != "en":
        return f"{_in_month(first, 'd')} al {_in_month(last, 'd')}"
    if first.month == last.month:
        return f"{first:%B} {first.day} to {last.day}"
    return f"{first:%B} {first.day} to {last:%B} {last.day}"


def _months(first: date, last: date) -> str:
    """The same in Spanish: "marzo de 2027", "mar y abr de 2027", "dic de 2026 y ene de 2027"."""
    if (first.year, first.month) == (last.year, last.month):
        return format_date(first, "MMMM 'de' y", locale=tongue().babel)
    early = "MMM" if first.year == last.year else "MMM 'de' y"
    begins = format_date(first, early, locale=tongue().babel)
    ends = format_date(last, "MMM 'de' y", locale=tongue().babel)
    return f"{begins} y {ends}"


def _in_month(of: date, day_: str) -> str:
    return format_date(of, f"{day_} 'de' MMMM", locale=tongue().babel)


def full_days(first: date, last: date) -> str:
    """The same for years to come: "March 8 to 12, 2027", "Wednesday, March 10, 2027"."""
    return full_day(first) if first == last else f"{days(first, last)}, {last.year}"


def span(start: datetime, end: datetime) -> str:
    """From when until when: "10:30 to 10:50 am", "11:50 am to 12:10 pm"."""
    begins = clock(start)
    if (start.hour < 12) == (end.hour < 12):
        begins = begins.split(" ")[0]
    return say("%(start)s to %(end)s", start=begins, end=clock(end))


def minutes(count: int) -> str:
    """A length: "20 min", "1 h", "75 min"."""
    return f"{count // 60} h" if count % 60 == 0 else f"{count} min"


def clock_change(change: ClockChange) -> str:
    """What people should know about a day on which clocks change (P4)."""
    size = abs(change.by)
    length = {3600: "one hour", 1800: "half an hour"}.get(int(size.total_seconds()), f"{size}")
    moved = FORWARD if change.by.total_seconds() > 0 else BACK
    return say(moved, length=say(length), day=day(change.day))


def weekday_clock(at: datetime) -> str:
    """As one would say it: "Wednesday at 10:30 am"."""
    if language() == "en":
        return f"{at:%A} at {clock(at)}"
    hours = "a la" if at.hour % 12 == 1 else "a las"
    return f"el {format_date(at.date(), 'EEEE', locale=tongue().babel)} {hours} {clock(at)}"


class When:
    """One appointment's time in one person's zone, ready for a page."""

    def __init__(self, start: datetime, end: datetime, zone: ZoneInfo) -> None:
        self.start, self.end = start.astimezone(zone), end.astimezone(zone)
        self.zone = zone_title(zone.key, tongue().babel)

    @property
    def day(self) -> str:
        """The day, without its year."""
        return day(self.start.date())

    @property
    def full_day(self) -> str:
        """The day with its year."""
        return full_day(self.start.date())

    @property
    def clock(self) -> str:
        """The start on the clock."""
        return clock(self.start)

    @property
    def until(self) -> str:
        """What stands small beside the start: "to 10:50 am, Eastern Time (New York)"."""
        return say("to %(end)s, %(zone)s", end=clock(self.end), zone=self.zone)

    @property
    def span(self) -> str:
        """From when until when, and where: "10:30 to 10:50 am, Eastern Time (New York)"."""
        return f"{span(self.start, self.end)}, {self.zone}"

    @property
    def weekday_clock(self) -> str:
        """As one would say it: "Wednesday at 10:30 am"."""
        return weekday_clock(self.start)


def initials(name: str) -> str:
    """At most two letters for a name: "DW" for Dana Whitlock."""
    parts = name.split()
    return "".join(part[0].upper() for part in [parts[0], *parts[1:][-1:]]) if parts else "?"
