"""What is free, worked out once more from the rows alone: start by start, without the engine."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.statemachine.practice import Practice

DAY = timedelta(days=1)
Stretch = tuple[datetime, datetime]


@dataclass
class Kind:
    """A type of appointment, as its row says."""

    id: int
    duration: timedelta
    step: timedelta
    before: timedelta
    after: timedelta
    notice: timedelta
    horizon: timedelta
    in_person: bool
    for_two: bool
    cap_per_day: int | None


@dataclass
class Taken:
    """A live row, or what is shut: it wants quiet like a neighbour."""

    start: datetime
    end: datetime
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)


class Calendar:
    """One clinician's calendar for one question."""

    def __init__(self, practice: Practice, number: int, kind: Kind, besides: UUID) -> None:
        self.practice, self.number, self.kind = practice, number, kind
        ((zone, per_day, per_week, self.sees_couples),) = practice.rows(
            "SELECT timezone, cap_per_day, cap_per_week, sees_couples FROM schedule"
            " JOIN practitioner p ON p.id = practitioner_id WHERE schedule.id = %(n)s",
            n=number,
        )
        self.zone, self.per_day, self.per_week = ZoneInfo(zone), per_day, per_week
        self.rows = practice.rows(
            "SELECT lower(during), upper(during), buffer_before, buffer_after,"
            " appointment_type_id, schedule_id, room_id FROM live_appointment"
            " WHERE invitation_id IS DISTINCT FROM %(besides)s",
            besides=besides,
        )
        self.mine = [row for row in self.rows if row[5] == number]
        off = practice.rows(
            "SELECT first_day, last_day FROM time_off WHERE schedule_id = %(n)s", n=number
        )
        self.off = {first + n * DAY for first, last in off for n in range((last - first).days + 1)}
        self.changes = practice.rows(
            "SELECT lower(during), upper(during), opens FROM time_change WHERE schedule_id = %(n)s",
            n=number,
        )

    def free(self) -> Iterator[datetime]:
        """Every start that anybody but the asker has not taken."""
        if self.kind.for_two and not self.sees_couples:
            return
        now = self.practice.now
        last = (now + self.kind.horizon).astimezone(self.zone).date()
        taken = [Taken(*row[:4]) for row in self.mine]
        taken += [Taken(start, end) for start, end, opens in self.changes if not opens]
        taken += [Taken(*self.bounds(day)) for day in self.off]
        days, weeks = self.counted(self.mine)
        of_kind, _ = self.counted([row for row in self.mine if row[4] == self.kind.id])
        for begins, ends in self.open(now.astimezone(self.zone).date() - 2 * DAY, last + 2 * DAY):
            start = begins
            while start + self.kind.duration <= ends:
                day = start.astimezone(self.zone).date()
                if (
                    start >= now + self.kind.notice
                    and day <= last
                    and not (self.per_day and days[day] >= self.per_day)
                    and not (self.per_week and weeks[day.isocalendar()[:2]] >= self.per_week)
                    and not (self.kind.cap_per_day and of_kind[day] >= self.kind.cap_per_day)
                    and all(self.apart(start, one) for one in taken)
                    and self.room(start)
                ):
                    yield start
                start += self.kind.step

    def counted(self, rows: list[Any]) -> tuple[Counter[Any], Counter[Any]]:
        """How many begin on each local day, in each ISO week."""
        days = [row[0].astimezone(self.zone).date() for row in rows]
        return Counter(days), Counter(day.isocalendar()[:2] for day in days)

    def apart(self, start: datetime, other: Taken) -> bool:
        """Whether there is quiet enough between the visit and what is there."""
        end = start + self.kind.duration
        return end + max(self.kind.after, other.before) <= other.start or start >= other.end + max(
            self.kind.before, other.after
        )

    def room(self, start: datetime) -> bool:
        """Whether the one room is empty for the whole of it."""
        end = start + self.kind.duration
        return not self.kind.in_person or not any(
            row[6] is not None and row[0] < end and start < row[1] for row in self.rows
        )

    def open(self, first: date, last: date) -> list[Stretch]:
        """The hours on the wall as instants, with what was opened beside them, merged."""
        weekly = self.practice.rows(
            "SELECT weekday, starts, ends, overnight FROM availability WHERE schedule_id = %(n)s",
            n=self.number,
        )
        found = [(start, end) for start, end, opens in self.changes if opens]
        for n in range((last - first).days + 1):
            day = first + n * DAY
            found += [
                (self.at(day, starts), self.at(day + DAY if overnight else day, ends))
                for weekday, starts, ends, overnight in weekly
                if weekday == day.isoweekday() and day not in self.off
            ]
        merged: list[Stretch] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(ZoneInfo("UTC"))

    def bounds(self, day: date) -> Stretch:
        return self.at(day, time(0)), self.at(day + DAY, time(0))


def free(practice: Practice, invitation: UUID) -> set[tuple[datetime, UUID]]:
    """(start, practitioner) of everything that this permission could book now."""
    ((*values,),) = practice.rows(
        "SELECT t.id, duration, step, buffer_before, buffer_after,"
        " coalesce(notice, interval '0'), horizon, in_person, for_two, cap_per_day"
        " FROM appointment_type t JOIN invitation i ON i.appointment_type_id = t.id"
        " WHERE i.id = %(i)s",
        i=invitation,
    )
    kind = Kind(*values)
    return {
        (start, who)
        for number, who in practice.hosts
        for start in Calendar(practice, number, kind, invitation).free()
    }
