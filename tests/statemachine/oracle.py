"""What is free, worked out once more from the rows alone: start by start, without the engine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.statemachine.practice import Practice

DAY = timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
KNOWN = timedelta(days=397)
"""So far from its reading on a calendar elsewhere is known."""
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
    cap_per_week: int | None
    staff_only: bool
    ended: bool


@dataclass(frozen=True)
class Asking:
    """Who asks, for what: with a permission, or to move what they have; `besides`, in whose way
    nothing of theirs is. `two`: the couple, and the one of them who asks; None there: staff.
    """

    kind: Kind
    permission: UUID | None = None
    besides: frozenset[UUID] = frozenset()
    given: bool = False
    by_staff: bool = False
    two: tuple[UUID, UUID | None] | None = None
    ended: bool = False


@dataclass
class Taken:
    """A live row, or what is shut: it wants quiet like a neighbour."""

    start: datetime
    end: datetime
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)


class Calendar:
    """One clinician's calendar for one question."""

    def __init__(self, practice: Practice, number: int, asking: Asking) -> None:
        self.practice, self.number, self.kind, self.asking = practice, number, asking.kind, asking
        ((zone, self.per_day, self.per_week, self.sees_couples, self.meets, self.gives),) = (
            practice.rows(
                "SELECT timezone, cap_per_day, cap_per_week, sees_couples, meets,"
                " coalesce(offered, true) FROM schedule s"
                " JOIN practitioner p ON p.id = practitioner_id"
                " LEFT JOIN type_offered o ON o.schedule_id = s.id"
                " AND appointment_type_id = %(kind)s WHERE s.id = %(n)s",
                n=number,
                kind=self.kind.id,
            )
        )
        self.zone = ZoneInfo(zone)
        self.rows = practice.rows(
            "SELECT lower(during), upper(during), buffer_before, buffer_after,"
            " appointment_type_id, schedule_id, room_id FROM live_appointment"
            " WHERE (invitation_id IS DISTINCT FROM %(besides)s OR %(besides)s::uuid IS NULL)"
            " AND id <> ALL(%(ids)s)",
            besides=asking.permission,
            ids=list(asking.besides),
        )
        self.mine = [row for row in self.rows if row[5] == number]
        off = practice.rows(
            "SELECT first_day, last_day FROM time_off"
            " WHERE schedule_id = %(n)s OR schedule_id IS NULL",
            n=number,
        )
        self.off = {first + n * DAY for first, last in off for n in range((last - first).days + 1)}
        self.changes = practice.rows(
            "SELECT lower(during), upper(during), opens FROM time_change WHERE schedule_id = %(n)s",
            n=number,
        )

    def fits(self) -> bool:
        """Whether they are asked at all."""
        way = "in-person" if self.kind.in_person else "remote"
        return (
            not self.kind.ended
            and (not self.kind.staff_only or self.asking.given or self.asking.by_staff)
            and (self.sees_couples or not self.kind.for_two)
            and self.gives
            and way in self.meets
        )

    def free(self) -> Iterator[datetime]:
        """Every start that anybody but the asker has not taken."""
        if not self.fits() or self.asking.ended:
            return
        now = self.practice.now
        last = (now + self.kind.horizon).astimezone(self.zone).date()
        taken = [Taken(*row[:4]) for row in self.mine]
        taken += [Taken(start, end) for start, end, opens in self.changes if not opens]
        taken += [Taken(*self.bounds(day)) for day in self.off]
        taken += [Taken(start, end) for start, end in self.elsewhere(now)]
        days, weeks = self.counted(self.mine)
        of_kind, in_week = self.counted([row for row in self.mine if row[4] == self.kind.id])
        first = now.astimezone(self.zone).date() - 2 * DAY
        suits = [self.usual(one, first, last) for one in said_by_two(self.practice, self.asking)]
        for begins, ends in self.open(first, last + 2 * DAY):
            start = begins
            while start + self.kind.duration <= ends:
                day = start.astimezone(self.zone).date()
                week = day.isocalendar()[:2]
                if (
                    start >= now + self.kind.notice
                    and day <= last
                    and below(days[day], self.per_day)
                    and below(weeks[week], self.per_week)
                    and below(of_kind[day], self.kind.cap_per_day)
                    and below(in_week[week], self.kind.cap_per_week)
                    and all(self.apart(start, one) for one in taken)
                    and self.room(start)
                    and all(self.within(start, one) for one in suits)
                ):
                    yield start
                start += self.kind.step

    def elsewhere(self, now: datetime) -> Iterator[Stretch]:
        """Busy in calendars kept elsewhere; always, where one of them can not be trusted."""
        long = 1000 * DAY
        for policy, read_at, stale_after, failing in self.practice.rows(
            "SELECT policy, read_at, stale_after, failing_since IS NOT NULL FROM outside_calendar"
            " WHERE schedule_id = %(n)s",
            n=self.number,
        ):
            shut = read_at is None or read_at < now - stale_after
            shut = shut or (failing and policy != "use-last")
            if shut and not (self.asking.by_staff and policy == "staff-only"):
                yield now - long, now + long
            if read_at is not None:
                yield read_at + KNOWN, now + long
        yield from self.practice.rows(
            "SELECT lower(during), upper(during) FROM outside_busy WHERE schedule_id = %(n)s",
            n=self.number,
        )

    def usual(
        self, weekly: Sequence[tuple[int, str]], first: date, last: date
    ) -> list[Stretch] | None:
        """When one of two can, by what they said in New York; None: at any time."""
        found: list[Stretch] = []
        for n in range((last - first).days + 4):
            day = first + (n - 1) * DAY
            for weekday, text in weekly:
                starts, ends = map(time.fromisoformat, text.split("-"))
                if weekday == day.isoweekday():
                    found.append(
                        (
                            at(day, starts, NEW_YORK),
                            at(day + DAY if ends <= starts else day, ends, NEW_YORK),
                        )
                    )
        return merged(found) if weekly else None

    def within(self, start: datetime, suits: list[Stretch] | None) -> bool:
        """Whether the whole of a visit lies in what somebody said."""
        end = start + self.kind.duration
        return suits is None or any(begins <= start and end <= ends for begins, ends in suits)

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
        """Whether a room that is in use is empty for the whole of it."""
        if not self.kind.in_person:
            return True
        end = start + self.kind.duration
        full = {row[6] for row in self.rows if row[0] < end and start < row[1]}
        return any(
            room not in full
            for (room,) in self.practice.rows("SELECT id FROM room WHERE ended_at IS NULL")
        )

    def open(self, first: date, last: date) -> list[Stretch]:
        """The hours on the wall as instants, with what was opened beside them, merged."""
        weekly = self.practice.rows(
            "SELECT weekday, starts, ends, overnight FROM availability WHERE schedule_id = %(n)s",
            n=self.number,
        )
        other: dict[date, list[Any]] = {}
        for day, *hours in self.practice.rows(
            "SELECT day, starts, ends, overnight FROM date_override WHERE schedule_id = %(n)s",
            n=self.number,
        ):
            other.setdefault(day, []).extend([hours] if hours[0] is not None else [])
        found = [(start, end) for start, end, opens in self.changes if opens]
        for n in range((last - first).days + 1):
            day = first + n * DAY
            usual = [hours for weekday, *hours in weekly if weekday == day.isoweekday()]
            found += [
                (self.at(day, starts), self.at(day + DAY if overnight else day, ends))
                for starts, ends, overnight in other.get(day, usual)
                if day not in self.off
            ]
        return merged(found)

    def at(self, day: date, clock: time) -> datetime:
        return at(day, clock, self.zone)

    def bounds(self, day: date) -> Stretch:
        return self.at(day, time(0)), self.at(day + DAY, time(0))


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(ZoneInfo("UTC"))


def merged(found: list[Stretch]) -> list[Stretch]:
    """What overlaps or touches is one."""
    joined: list[Stretch] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def below(count: int, cap: int | None) -> bool:
    return cap is None or count < cap


def said_by_two(practice: Practice, asking: Asking) -> Iterator[Sequence[tuple[int, str]]]:
    """What counts now: one's own words at once, the other's from the practice's midnight on."""
    if asking.two is None:
        return
    couple, asker = asking.two
    today = practice.now.astimezone(NEW_YORK).date()
    midnight = at(today, time(0), NEW_YORK)
    counts: dict[UUID, Sequence[tuple[int, str]]] = {}
    for one in practice.said:
        if one.couple == couple and (asker in (None, one.person) or one.at < midnight):
            counts[one.person] = one.weekly
    yield from counts.values()


def permitted(practice: Practice, permission: UUID) -> Asking:
    """Somebody who chooses with their permission."""
    ((kind, person, couple, given, ended),) = practice.rows(
        "SELECT appointment_type_id, person_id, couple_id, given_by IS NOT NULL,"
        " ended_at IS NOT NULL FROM invitation WHERE id = %(i)s",
        i=permission,
    )
    two = (couple, person) if couple else None
    return Asking(kind_of(practice, kind), permission, given=given, two=two, ended=ended)


def moving(practice: Practice, one: UUID, person: UUID | None, *, both: bool) -> Asking:
    """Somebody who moves a time, or (`both`) asks the other for another one; None: staff."""
    ((kind, couple),) = practice.rows(
        "SELECT appointment_type_id, couple_id FROM appointment WHERE id = %(i)s", i=one
    )
    return Asking(
        kind_of(practice, kind),
        besides=frozenset() if both else frozenset({one}),
        given=True,
        by_staff=person is None,
        two=(couple, person) if couple else None,
    )


def kind_of(practice: Practice, number: int) -> Kind:
    ((*values,),) = practice.rows(
        "SELECT id, duration, step, buffer_before, buffer_after, coalesce(notice, interval '0'),"
        " horizon, in_person, for_two, cap_per_day, cap_per_week, staff_only,"
        " ended_at <= clock_timestamp() IS TRUE FROM appointment_type WHERE id = %(i)s",
        i=number,
    )
    return Kind(*values)


def free(practice: Practice, asking: Asking) -> set[tuple[datetime, UUID]]:
    """(start, practitioner) of everything that could be taken now."""
    return {
        (start, who)
        for number, who in practice.hosts
        for start in Calendar(practice, number, asking).free()
    }
