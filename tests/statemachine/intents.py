"""From a drawn number to something that could be done now: whose, to what, at which time."""

# ruff: noqa: ARG002 - every intent is made of the same two numbers, whether it needs both or not

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from tests.statemachine import acts
from tests.statemachine.practice import Practice

Given = dict[str, Any]

KINDS: Final = (
    "book", "book", "book", "book", "hold", "hold", "hold", "book what is held", "renew",
    "move", "move", "move", "cancel", "cancel", "staff cancel", "staff cancel", "give", "give",
    "staff book", "staff book", "confirm", "confirm", "decline", "accept", "accept", "refuse",
    "attend", "wish", "keep", "wait", "wait", "wait", "look", "look", "look", "take offer",
    "take offer", "take offer", "drop offer", "leave", "block", "open", "undo change", "take off",
    "undo off", "be away", "settle", "settle", "sweep", "release",
)  # fmt: skip
"""What is done, as often as it stands here."""

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


def _any_visit(_: Visit) -> bool:
    return True


def _for_two(visit: Visit) -> bool:
    return visit.couple is not None


class Intents:
    """What somebody may try, given what is there. None where there is nothing to try it on."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice

    def make(self, kind: str, a: int, b: int) -> tuple[str, Given] | None:
        """The act and its values; `a` says who or what, `b` when."""
        name = kind.replace(" ", "_")
        found: tuple[str, Given] | None = getattr(self, f"_{name}")(a, b)
        return found

    def soonest(self, n: int) -> tuple[str, Given] | None:
        """The staff's hand gives the soonest time that there is."""
        made = self._staff_book(n, 7 * 3 + 1)
        by = self._permission(n)
        listed = self._listed(by)
        if made is None or not listed:
            return None
        start, _, who = listed[0].partition("|")
        return "staff_book", {**made[1], "start": start, "who": who}

    # ------------------------------------------------------------ people

    def _book(self, a: int, b: int) -> tuple[str, Given] | None:
        by = self._permission(a)
        wanted = self._wanted(by, b)
        return wanted and ("book", {"by": str(by), **wanted})

    def _hold(self, a: int, b: int) -> tuple[str, Given] | None:
        by = self._permission(a)
        wanted = self._wanted(by, b)
        return wanted and ("hold", {"by": str(by), **wanted})

    def _book_what_is_held(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._pick(
            "SELECT invitation_id, lower(during) FROM appointment"
            " WHERE status = 'proposed' AND invitation_id IS NOT NULL ORDER BY lower(during), id",
            a,
        )
        return found and ("book", {"by": str(found[0]), "start": found[1].isoformat()})

    def _renew(self, a: int, b: int) -> tuple[str, Given]:
        return "renew", {"by": str(self._permission(a))}

    def _wait(self, a: int, b: int) -> tuple[str, Given]:
        who = [str(self._host(b)[1])] if b % 2 else []
        return "wait", {"by": str(self._permission(a)), "who": who}

    def _leave(self, a: int, b: int) -> tuple[str, Given]:
        return "leave", {"by": str(self._permission(a))}

    def _take_offer(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._pick("SELECT id FROM waitlist_offer ORDER BY offered_at DESC, id", a)
        return found and ("take_offer", {"offer": str(found[0])})

    def _drop_offer(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._take_offer(a, b)
        return found and ("drop_offer", found[1])

    def _move(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._visit(a, b)
        if found is None:
            return None
        wanted = self._wanted(found.by, b)
        whose = {"one": str(found.one), "person": str(found.person)}
        return wanted and ("move", {**whose, **wanted, "fall_over": False})

    def _cancel(self, a: int, b: int) -> tuple[str, Given] | None:
        return self._of_one("cancel", a, b)

    def _accept(self, a: int, b: int) -> tuple[str, Given] | None:
        return self._of_one("accept", a, b, _for_two)

    def _refuse(self, a: int, b: int) -> tuple[str, Given] | None:
        return self._of_one("refuse", a, b, _for_two)

    def _wish(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._of_one("wish", a, b)
        return found and ("wish", {**found[1], "what": ("cancel", "move")[b % 2]})

    def _of_one(
        self, act: str, a: int, b: int, which: Callable[[Visit], bool] = _any_visit
    ) -> tuple[str, Given] | None:
        found = self._visit(a, b, which)
        return found and (act, {"one": str(found.one), "person": str(found.person)})

    # ------------------------------------------------------------ staff

    def _give(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._visit(a, b)
        wanted = self._wanted(found.by, b) if found else None
        if found is None or wanted is None:
            return None
        return "give", {"one": str(found.one), **wanted, "fall_over": False, "against": b % 5 == 0}

    def _staff_book(self, a: int, b: int) -> tuple[str, Given] | None:
        by = self._permission(a)
        wanted = self._wanted(by, b)
        ((person, kind),) = self.practice.rows(
            "SELECT person_id, code FROM invitation i"
            " JOIN appointment_type t ON t.id = i.appointment_type_id WHERE i.id = %(by)s",
            by=by,
        )
        return wanted and (
            "staff_book",
            {"person": str(person), "kind": kind, **wanted, "against": b % 5 == 0},
        )

    def _staff_cancel(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._visit(a, b)
        return found and ("staff_cancel", {"one": str(found.one)})

    def _confirm(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._visit(a, b, lambda one: one.status == "pending")
        return found and ("confirm", {"one": str(found.one)})

    def _decline(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._visit(a, b, lambda one: one.status == "pending")
        return found and ("decline", {"one": str(found.one)})

    def _attend(self, a: int, b: int) -> tuple[str, Given] | None:
        soon = self.practice.now + timedelta(hours=12)
        found = self._visit(a, b, lambda one: one.start < soon)
        what = ("arrive", "miss", "fulfil")[b % 3]
        return found and ("attend", {"one": str(found.one), "what": what})

    def _keep(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._pick("SELECT id FROM change_request ORDER BY asked_at DESC, id", a)
        return found and ("keep", {"number": str(found[0])})

    def _block(self, a: int, b: int) -> tuple[str, Given]:
        return self._change(a, b, opens=False)

    def _open(self, a: int, b: int) -> tuple[str, Given]:
        return self._change(a, b, opens=True)

    def _change(self, a: int, b: int, *, opens: bool) -> tuple[str, Given]:
        schedule, _ = self._host(a)
        start = self._any(b)
        end = start + timedelta(minutes=15 * (1 + a % 5))
        span = {"start": start.isoformat(), "end": end.isoformat()}
        return "change_time", {"schedule": schedule, **span, "opens": opens}

    def _undo_change(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._pick("SELECT id FROM time_change ORDER BY id", a)
        return found and ("undo_change", {"number": found[0]})

    def _take_off(self, a: int, b: int) -> tuple[str, Given]:
        today = self.practice.now.date()
        day = today + timedelta(days=1 + b % 4)
        values = {"day": day.isoformat(), "today": today.isoformat()}
        return "take_off", {"schedule": self._host(a)[0], **values}

    def _undo_off(self, a: int, b: int) -> tuple[str, Given] | None:
        found = self._pick("SELECT id FROM time_off ORDER BY id", a)
        return found and ("undo_off", {"number": found[0]})

    def _be_away(self, a: int, b: int) -> tuple[str, Given]:
        (schedule, _), (_, colleague) = self._host(a), self._host(a + 1)
        start = self._any(b)
        end = start + timedelta(hours=6)
        known = self.practice.rows(
            "SELECT id FROM live_appointment WHERE schedule_id = %(schedule)s"
            " AND status IN ('booked', 'pending') ORDER BY lower(during), id",
            schedule=schedule,
        )
        plans = {str(one): str(colleague) if n % 2 else None for n, (one,) in enumerate(known)}
        span = {"start": start.isoformat(), "end": end.isoformat()}
        return "be_away", {"number": str(uuid4()), "schedule": schedule, **span, "plans": plans}

    # ------------------------------------------------------------ the clock

    def _settle(self, a: int, b: int) -> tuple[str, Given]:
        return "settle", {}

    def _look(self, a: int, b: int) -> tuple[str, Given]:
        return "look", {}

    def _sweep(self, a: int, b: int) -> tuple[str, Given]:
        return "sweep", {}

    def _release(self, a: int, b: int) -> tuple[str, Given]:
        return "release", {}

    # ------------------------------------------------------------ choosing

    def _permission(self, a: int) -> UUID:
        return self.practice.invitations[a % len(self.practice.invitations)]

    def _host(self, a: int) -> tuple[int, UUID]:
        return self.practice.hosts[a % len(self.practice.hosts)]

    def _pick(self, query: str, a: int, **given: Any) -> tuple[Any, ...] | None:
        rows = self.practice.rows(query, **given)
        return rows[a % len(rows)] if rows else None

    def _visit(self, a: int, b: int, which: Callable[[Visit], bool] = _any_visit) -> Visit | None:
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
