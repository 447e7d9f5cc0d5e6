"""When somebody is busy elsewhere: an iCalendar feed, read whole or not at all (P10, N11).

RFC 5545. Busy is every VEVENT that is neither transparent nor cancelled and takes time, and every
FREEBUSY period but the free ones. All-day and floating values mean the owner's zone, floating ones
the feed's own X-WR-TIMEZONE first. What a feed says besides its times is neither returned nor
kept. Two libraries do the work, `icalendar` and `recurring_ical_events`; what they would pass over
in silence is found here and named, because a feed that was not read whole says nothing about
which time is free.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from icalendar import BrokenCalendarProperty, Calendar, Component, vDDDTypes, vDuration, vRecur
from icalendar.timezone import tzp
from recurring_ical_events import CalendarQuery

from services.scheduler.domain.feed_lines import MAX_LINES, troubles, unfolded
from services.scheduler.domain.interval import (
    Interval,
    instant,
    merged,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.outside import Reading, Trouble
from shared.zones import UnknownZone, zone

_Entry: TypeAlias = Any
"""A component or a value of icalendar's, which types each as any of some thirty kinds."""

MAX_BYTES: Final = 10 * 1024 * 1024
_MAX_STEPS: Final = 1_500_000
"""Of all rules of a feed together, from each first time to the end of what is asked."""

_DAY: Final = timedelta(days=1)
# A feed's times are compared by the wall as well; no two clocks are further apart.
_ASIDE: Final = timedelta(days=2)
_CONFUSED: Final = (
    *(ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError),
    BrokenCalendarProperty,
)
"""What the libraries raise over what they can not read."""


class FeedRefused(Exception):
    """Nothing of the feed can be read. `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


def read_feed(
    feed: bytes, *, owner: ZoneInfo, window: Interval, ours: Container[str] = ()
) -> Reading:
    """The busy time that a feed has inside `window`. Raises FeedRefused.

    `ours` are the UIDs of appointments that we keep ourselves: an invitation of ours that was
    taken over into the calendar would be in the way of moving that very appointment.

    A reading that is not whole holds what could be read; it must not be taken for all there is.
    The libraries keep the zones that a feed defines for the next feed of the same process: they
    are forgotten first, and whoever reads strangers' feeds gives each a process of its own.
    """
    if len(feed) > MAX_BYTES:
        raise FeedRefused(Trouble.TOO_LARGE)
    text = feed.decode("utf-8-sig", errors="replace")
    lines = unfolded(text)
    if not any(line.upper().startswith("BEGIN:") for line in lines):
        raise FeedRefused(Trouble.NOT_A_CALENDAR)
    if len(lines) > MAX_LINES:
        raise FeedRefused(Trouble.TOO_LARGE)
    tzp.use_default()
    return _Reader(owner, window, ours).read(lines)


class _Reader:
    """One reading: what was found so far, and what was wrong with it."""

    def __init__(self, owner: ZoneInfo, window: Interval, ours: Container[str]) -> None:
        self._owner = owner
        self._ours = ours
        self._floating: tzinfo = owner
        self._window = window
        self._troubles: Counter[Trouble] = Counter()
        self._busy: list[Interval] = []
        self._steps = 0

    def read(self, lines: list[str]) -> Reading:
        self._troubles.update(troubles(lines))
        if Trouble.TOO_MUCH in self._troubles:
            raise FeedRefused(Trouble.TOO_MUCH)
        try:
            calendars = Component.from_ical("\r\n".join(lines) + "\r\n", multiple=True)
        except _CONFUSED:
            raise FeedRefused(next(iter(self._troubles), Trouble.BAD_VALUE)) from None
        for calendar in calendars:
            if calendar.name == "VCALENDAR":
                self._read_calendar(calendar)
        return Reading(tuple(merged(self._busy)), dict(self._troubles))

    def _read_calendar(self, calendar: _Entry) -> None:
        self._troubles[Trouble.BAD_VALUE] += sum(len(one.errors) for one in calendar.walk())
        self._troubles += Counter()  # without what never occurred
        self._floating = self._zone_of(calendar)
        if calendar.get("CALSCALE", "GREGORIAN").upper() != "GREGORIAN":
            self._troubles[Trouble.UNKNOWN_KIND] += 1
        for series in self._series(calendar.walk("VEVENT")):
            try:
                self._read_series(series)
            except _CONFUSED:
                self._troubles[Trouble.BAD_VALUE] += 1
        for component in calendar.walk("VFREEBUSY"):
            for start, end in _periods(component):
                self._take(start, end)

    def _zone_of(self, calendar: _Entry) -> tzinfo:
        """What a floating time means here: many publish their zone for the whole calendar only."""
        try:
            return zone(str(calendar.get("X-WR-TIMEZONE", "")))
        except UnknownZone:
            return self._owner

    def _series(self, events: Iterable[_Entry]) -> Iterator[list[_Entry]]:
        """Events that belong together by their UID, without those that can not be placed.

        Of versions the one with the highest SEQUENCE counts (RFC 5545, 3.8.7.4). Two of the same
        are two different events whose writer was careless with UIDs: each is busy.
        """
        found: dict[str, list[_Entry]] = {}
        for number, event in enumerate(events):
            if str(event.get("UID")) in self._ours:
                continue
            wrong = self._wrong_start(event)
            if wrong:
                self._troubles[wrong] += 1
                continue
            found.setdefault(str(event.get("UID", f" {number}")), []).append(event)
        for series in found.values():
            heads = [one for one in series if "RECURRENCE-ID" not in one]
            latest = max((_sequence(one) for one in heads), default=0)
            twins = [one for one in heads if _sequence(one) == latest][1:]
            if any(_when(one) != _when(heads[0]) for one in twins):
                self._troubles[Trouble.SAME_UID] += 1
            yield [one for one in series if one not in twins]
            for twin in twins:
                yield [twin]

    def _wrong_start(self, event: _Entry) -> Trouble | None:
        for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"):
            value = event.get(name)
            if value is None:
                continue
            if not isinstance(value, vDDDTypes | vDuration):
                return Trouble.BAD_VALUE
            if _unknown_zone(value):
                self._troubles[Trouble.UNKNOWN_ZONE] += 1
        return None if "DTSTART" in event else Trouble.NO_START

    def _read_series(self, series: list[_Entry]) -> None:
        calendar = Calendar()
        for event in series:
            self._note_backwards(event)
            for rule in _rules(event):
                self._count_steps(rule, event["DTSTART"].dt)
                self._fix_until(rule, event["DTSTART"].dt)
            calendar.add_component(event)
        since, until = instant(self._window.start) - _ASIDE, instant(self._window.end) + _ASIDE
        for one in CalendarQuery(calendar).between(since, until):
            if _takes_time(one):
                self._take(one["DTSTART"].dt, one["DTEND"].dt)

    def _note_backwards(self, event: _Entry) -> None:
        """An end before its start: the time between is busy, and staff are told."""
        end = event.get("DTEND")
        length = event.get("DURATION")
        if (end and self._instant(end.dt) < self._instant(event["DTSTART"].dt)) or (
            length and length.dt < timedelta(0)
        ):
            self._troubles[Trouble.BACKWARDS] += 1

    def _count_steps(self, rule: _Entry, start: date) -> None:
        """Keep a rule from working for hours: from year 1 on, say, or every hour for ever."""
        last = instant(self._window.end)
        if "UNTIL" in rule:
            last = min(last, self._instant(rule["UNTIL"][0]))
        # However rarely a rule repeats, it looks at each day in between.
        a_day = 24 if str(rule["FREQ"][0]).upper() == "HOURLY" else 1
        self._steps += max(0, (last - self._instant(start)) // _DAY) * a_day
        if self._steps > _MAX_STEPS:
            raise FeedRefused(Trouble.TOO_MUCH)

    def _fix_until(self, rule: _Entry, start: date) -> None:
        """An end without a zone is one by the clock of DTSTART; a date means its whole day."""
        until = rule.get("UNTIL", [None])[0]
        if not isinstance(start, datetime) or start.tzinfo is None or until is None:
            return
        if not isinstance(until, datetime):
            until = datetime.combine(until, time(23, 59, 59))
        if until.tzinfo is None:
            rule["UNTIL"] = [until.replace(tzinfo=start.tzinfo).astimezone(UTC)]

    def _take(self, start: date, end: date) -> None:
        begins, ends = self._instant(start), self._instant(end)
        if begins < ends:
            first = max(self._window.start, minute_at_or_before(begins))
            self._busy.append(Interval(first, min(self._window.end, minute_at_or_after(ends))))

    def _instant(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            return datetime.combine(value, time(0), self._owner).astimezone(UTC)
        return value.replace(tzinfo=value.tzinfo or self._floating).astimezone(UTC)


def _sequence(event: _Entry) -> int:
    return int(event.get("SEQUENCE", -1))


def _when(event: _Entry) -> tuple[object, ...]:
    end = event.get("DTEND") or event.get("DURATION")
    return event["DTSTART"].dt, end.dt if end else None, [str(one) for one in _rules(event)]


def _unknown_zone(value: _Entry) -> bool:
    """A zone is named, and nobody knows it: icalendar leaves the time floating then."""
    floating = isinstance(value.dt, datetime) and value.dt.tzinfo is None
    return floating and bool(value.params.get("TZID"))


def _rules(event: _Entry) -> list[_Entry]:
    rules = event.get("RRULE", [])
    return [rules] if isinstance(rules, vRecur) else list(rules)


def _takes_time(event: _Entry) -> bool:
    """TRANSP and STATUS (RFC 5545, 3.8.2.7 and 3.8.1.11); tentative is busy."""
    transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return not transparent and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _periods(component: _Entry) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of everything but free time (RFC 5545, 3.2.9: an unknown type is busy)."""
    found = component.get("FREEBUSY", [])
    for value in found if isinstance(found, list) else [found]:
        periods = value if isinstance(value, list) else [value]
        for period in periods:
            if str(period.params.get("FBTYPE", "BUSY")).upper() == "FREE":
                continue
            start, end = period.dt
            yield start, start + end if isinstance(end, timedelta) else end
