"""What must hold at the moment at which a time is taken, by the rules of then and not of later.

A step may hold two acts at once, one of which changes a rule: whichever of the two was first, the
rules of before or those of after it allow what was taken.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.statemachine.practice import Practice

_UNCOUNTED = 10**9


class Live(NamedTuple):
    """A row that takes up time."""

    id: UUID
    schedule: int
    kind: int
    start: Any
    status: str
    room: int | None

    @property
    def spot(self) -> tuple[int, Any, int]:
        return self.schedule, self.start, self.kind


@dataclass
class Rules:
    """What staff may have changed, as it is now."""

    caps: dict[int, tuple[int | None, int | None]]
    kind_caps: dict[int, tuple[int | None, int | None]]
    in_person: set[int]
    rooms: set[int]
    licensed: set[int]
    both: bool

    @classmethod
    def now(cls, practice: Practice) -> "Rules":
        kinds = practice.rows(
            "SELECT id, cap_per_day, cap_per_week, in_person FROM appointment_type"
        )
        return cls(
            {
                n: caps
                for n, *caps in practice.rows("SELECT id, cap_per_day, cap_per_week FROM schedule")
            },
            {n: (day, week) for n, day, week, _ in kinds},
            {n for n, *_, in_person in kinds if in_person},
            {n for (n,) in practice.rows("SELECT id FROM room WHERE ended_at IS NULL")},
            {
                n
                for (n,) in practice.rows(
                    "SELECT s.id FROM schedule s JOIN practitioner p ON p.id = practitioner_id"
                    " WHERE 'NY' = ANY(states)"
                )
            },
            practice.rows("SELECT bool_and(move_needs_both) FROM practice_rules")[0][0]
            is not False,
        )


@dataclass
class Arrivals:
    """Looks at what a step has brought."""

    live: dict[UUID, Live] = field(default_factory=dict)
    rules: list[Rules] = field(default_factory=list)
    moves: int = 0

    def broken(self, practice: Practice, free: Collection[UUID]) -> list[str]:
        """Every rule that did not hold for what is new. `free`: given against the rules."""
        zones = {
            n: ZoneInfo(zone) for n, zone in practice.rows("SELECT id, timezone FROM schedule")
        }
        live = {
            row[0]: Live(*row)
            for row in practice.rows(
                "SELECT id, schedule_id, appointment_type_id, lower(during), status, room_id"
                " FROM live_appointment"
            )
        }
        rules = [*self.rules[-1:], Rules.now(practice)]
        before, held = (
            self.live,
            {one.spot for one in self.live.values() if one.status == "proposed"},
        )
        fresh = [
            one
            for one in live.values()
            if one.spot not in held and (one.id not in before or before[one.id].spot != one.spot)
        ]
        counted = [one for one in live.values() if one not in fresh or one.id not in free]
        found = [
            f"{why}: {one}"
            for one in fresh
            if one.id not in free
            for why in _over(one, counted, rules, zones[one.schedule])
        ]
        found += [f"{why}: {one}" for one in fresh for why in _misplaced(one, rules)]
        found += [
            f"with somebody who holds no license there: {one}"
            for one in live.values()
            if one.status in ("booked", "pending")
            and (one in fresh or one.id not in before or before[one.id].status == "proposed")
            and not any(one.schedule in known.licensed for known in rules)
        ]
        found += self._moved_alone(practice, rules)
        self.live, self.rules = live, rules
        return found

    def _moved_alone(self, practice: Practice, rules: list[Rules]) -> Iterator[str]:
        """Of two, by one of them, where both have to agree: only what the other asked for (N7)."""
        moves = practice.rows(
            "SELECT h.id, m.id IS NOT NULL FROM appointment_history h"
            " JOIN appointment a ON a.id = h.appointment_id AND a.couple_id IS NOT NULL"
            " LEFT JOIN move_proposal m ON m.appointment_id = a.id AND m.outcome = 'moved'"
            " AND m.sequence = h.sequence - 1"
            " WHERE h.act = 'move' AND h.actor LIKE 'client%%' AND h.id > %(last)s ORDER BY h.id",
            last=self.moves,
        )
        for number, agreed in moves:
            self.moves = number
            if not agreed and all(known.both for known in rules):
                yield f"moved by one of two alone: {number}"


def _over(one: Live, counted: list[Live], rules: list[Rules], zone: ZoneInfo) -> Iterator[str]:
    day = one.start.astimezone(zone).date()
    mine = [other for other in counted if other.schedule == one.schedule]
    days = Counter(
        (other.start.astimezone(zone).date(), of) for other in mine for of in (0, other.kind)
    )
    weeks: Counter[Any] = Counter()
    for (date, of), n in days.items():
        weeks[date.isocalendar()[:2], of] += n
    week = day.isocalendar()[:2]
    for words, of, caps in (
        ("more than its cap", 0, [known.caps[one.schedule] for known in rules]),
        ("more of a type than its cap", one.kind, [known.kind_caps[one.kind] for known in rules]),
    ):
        if days[day, of] > max(_UNCOUNTED if cap is None else cap for cap, _ in caps):
            yield f"{words} of a day"
        if weeks[week, of] > max(_UNCOUNTED if cap is None else cap for _, cap in caps):
            yield f"{words} of a week"


def _misplaced(one: Live, rules: list[Rules]) -> Iterator[str]:
    if one.kind in rules[-1].in_person and one.room is None:
        yield "in person without a room"
    if one.room is not None and not any(one.room in known.rooms for known in rules):
        yield "in a room that is closed"
