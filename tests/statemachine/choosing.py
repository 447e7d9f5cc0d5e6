"""Somebody or something, and some time: picked by a drawn number from what is there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from tests.statemachine import acts
from tests.statemachine.practice import Practice

Given = dict[str, Any]
Made = tuple[str, Given] | None
"""An act and its values; None where there is nothing to try it on."""

_ANY_START: Final = 7
"""One start in so many is not taken from what is offered."""


class Visit(NamedTuple):
    """An appointment that was asked for, and one of its people, with their permission."""

    one: UUID
    person: UUID
    by: UUID
    status: str
    couple: UUID | None
    start: datetime


def any_visit(_: Visit) -> bool:
    return True


def for_two(visit: Visit) -> bool:
    return visit.couple is not None


class Choosing:
    """What intents pick from."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice

    def _permission(self, a: int) -> UUID:
        return self.practice.invitations[a % len(self.practice.invitations)]

    def _host(self, a: int) -> tuple[int, UUID]:
        return self.practice.hosts[a % len(self.practice.hosts)]

    def _pick(self, query: str, a: int, **given: Any) -> tuple[Any, ...] | None:
        rows = self.practice.rows(query, **given)
        return rows[a % len(rows)] if rows else None

    def _visit(self, a: int, b: int, which: Callable[[Visit], bool] = any_visit) -> Visit | None:
        """One that stands or, now and then, one that was cancelled; rather of those `which`."""
        rows = self.practice.rows(
            "SELECT a.id, p.person_id, coalesce(i.id, a.invitation_id), a.status, a.couple_id,"
            " lower(a.during) FROM appointment a"
            " JOIN participant p ON p.appointment_id = a.id"
            " LEFT JOIN invitation i ON i.couple_id = a.couple_id AND i.person_id = p.person_id"
            " ORDER BY lower(a.during), a.id, p.id"
        )
        found = [one for one in map(Visit._make, rows) if one.status != "cancelled" or b % 9 == 0]
        found = [one for one in found if which(one)] or (found if b % 4 == 0 else [])
        return found[a % len(found)] if found else None

    def _wanted(self, by: UUID, b: int) -> Given | None:
        """A start that is offered, or any; with somebody, with anyone, or with whoever is left."""
        if b % _ANY_START == 0:
            who = str(self._host(b // _ANY_START)[1])
            return {"start": self._any(b // _ANY_START).isoformat(), "who": who}
        listed = self._listed(by)
        if not listed:
            return None
        start, _, who = listed[b // _ANY_START % len(listed)].partition("|")
        whom = ({"who": who}, {"who": who, "fall_over": True}, {})[b % 3]
        return {"start": start, **whom}

    def _listed(self, by: UUID) -> list[str]:
        """What is offered to that permission, as `acts.offered` says it."""
        answer = acts.do(self.practice.database, self.practice.settings, "offered", {"by": str(by)})
        return answer.split()[1:]

    def _any(self, b: int) -> datetime:
        """Some quarter of an hour of the busy ones, today or on one of the next days."""
        day = self.practice.now.replace(hour=13, minute=45) + timedelta(days=b % 3)
        return day + timedelta(minutes=15 * (b // 3 % 11))

    def _of_one(self, act: str, a: int, b: int, which: Callable[[Visit], bool] = any_visit) -> Made:
        found = self._visit(a, b, which)
        return found and (act, {"one": str(found.one), "person": str(found.person)})
