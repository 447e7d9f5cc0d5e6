"""From a drawn number to something that could be done now: whose, to what, at which time."""

# ruff: noqa: ARG002 - every intent is made of the same two numbers, whether it needs both or not

from datetime import timedelta
from random import Random
from typing import Final
from uuid import uuid4

from tests.statemachine.choosing import Given, Made
from tests.statemachine.intents_of_programs import PROGRAM_KINDS, IntentsOfPrograms
from tests.statemachine.intents_of_staff import STAFF_KINDS, IntentsOfStaff
from tests.statemachine.intents_of_two import TWO_KINDS, IntentsOfTwo

KINDS: Final = (
    "book", "book", "book", "book", "hold", "hold", "hold", "book what is held", "renew",
    "move", "move", "move", "cancel", "cancel", "staff cancel", "staff cancel", "give", "give",
    "staff book", "staff book", "confirm", "confirm", "decline", "attend", "wish", "keep",
    "wait", "wait", "wait",
    "look", "look", "look", "take offer",
    "take offer", "take offer", "drop offer", "leave", "block", "open", "undo change", "take off",
    "undo off", "be away", "settle", "settle", "sweep", "release", *TWO_KINDS, *STAFF_KINDS,
    *PROGRAM_KINDS,
)  # fmt: skip
"""What is done, as often as it stands here."""

RIVALS: Final = (
    ("agree", "cancel"), ("agree", "take back"), ("agree", "staff cancel"), ("agree", "agree"),
    ("agree", "part"), ("agree", "erase"), ("agree", "give"), ("agree", "release"),
    ("propose", "propose"), ("propose", "cancel"), ("propose", "part"), ("propose", "give"),
    ("say yes", "part"), ("say yes", "say yes"), ("say yes", "refuse"), ("say yes", "release"),
    ("ask two", "ask two"), ("ask two", "part"), ("ask two", "state"), ("state", "part"),
    ("take offer", "desk remove"), ("take offer", "leave"), ("take offer", "drop offer"),
    ("take offer", "staff book"), ("take offer", "look"), ("desk offer", "desk offer"),
    ("desk offer", "look"), ("desk offer", "book"), ("desk offer", "leave"), ("wait", "erase"),
    ("book", "erase"), ("book", "type rule"), ("book", "fit rule"), ("book", "close room"),
    ("book", "sick today"), ("move", "sick today"), ("settle", "settle"), ("settle", "give"),
    ("sick today", "sick today"), ("type rule", "type rule"), ("both agree", "move"),
    ("confirm", "cancel"), ("confirm", "release"), ("attend", "cancel"), ("wish", "staff cancel"),
    ("keep", "give"), ("read calendars", "book"), ("read calendars", "drop calendar"),
)  # fmt: skip
"""What gets in each other's way, so what is often done at once."""


class Intents(IntentsOfTwo, IntentsOfStaff, IntentsOfPrograms):
    """What somebody may try, given what is there. None where there is nothing to try it on."""

    def make(self, kind: str, a: int, b: int) -> Made:
        """The act and its values; `a` says who or what, `b` when.

        Where there is nothing to try it on, another kind is tried.
        """
        for name in (kind, *Random(a ^ b).choices(KINDS, k=5)):  # noqa: S311
            found: Made = getattr(self, f"_{name.replace(' ', '_')}")(a, b)
            if found is not None:
                return found
        return None

    def soonest(self, n: int) -> Made:
        """The staff's hand gives the soonest time that there is."""
        made = self._staff_book(n, 7 * 3 + 1)
        by = self._permission(n)
        listed = self._listed(by)
        if made is None or not listed:
            return None
        start, _, who = listed[0].partition("|")
        return "staff_book", {**made[1], "start": start, "who": who}

    # ------------------------------------------------------------ people

    def _book(self, a: int, b: int) -> Made:
        by = self._permission(a)
        wanted = self._wanted(by, b)
        return wanted and ("book", {"by": str(by), **wanted})

    def _hold(self, a: int, b: int) -> Made:
        by = self._permission(a)
        wanted = self._wanted(by, b)
        return wanted and ("hold", {"by": str(by), **wanted})

    def _book_what_is_held(self, a: int, b: int) -> Made:
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

    def _take_offer(self, a: int, b: int) -> Made:
        found = self._pick("SELECT id FROM waitlist_offer ORDER BY offered_at DESC, id", a)
        return found and ("take_offer", {"offer": str(found[0])})

    def _drop_offer(self, a: int, b: int) -> Made:
        found = self._take_offer(a, b)
        return found and ("drop_offer", found[1])

    def _move(self, a: int, b: int) -> Made:
        found = self._visit(a, b)
        if found is None:
            return None
        wanted = self._wanted(found.by, b)
        whose = {"one": str(found.one), "person": str(found.person)}
        return wanted and ("move", {**whose, **wanted, "fall_over": False})

    def _cancel(self, a: int, b: int) -> Made:
        return self._of_one("cancel", a, b)

    def _wish(self, a: int, b: int) -> Made:
        found = self._of_one("wish", a, b)
        return found and ("wish", {**found[1], "what": ("cancel", "move")[b % 2]})

    # ------------------------------------------------------------ staff

    def _give(self, a: int, b: int) -> Made:
        found = self._visit(a, b)
        wanted = self._wanted(found.by, b) if found else None
        if found is None or wanted is None:
            return None
        return "give", {"one": str(found.one), **wanted, "fall_over": False, "against": b % 5 == 0}

    def _staff_book(self, a: int, b: int) -> Made:
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

    def _staff_cancel(self, a: int, b: int) -> Made:
        found = self._visit(a, b)
        return found and ("staff_cancel", {"one": str(found.one)})

    def _confirm(self, a: int, b: int) -> Made:
        found = self._visit(a, b, lambda one: one.status == "pending")
        return found and ("confirm", {"one": str(found.one)})

    def _decline(self, a: int, b: int) -> Made:
        found = self._visit(a, b, lambda one: one.status == "pending")
        return found and ("decline", {"one": str(found.one)})

    def _attend(self, a: int, b: int) -> Made:
        soon = self.practice.now + timedelta(hours=12)
        found = self._visit(a, b, lambda one: one.start < soon)
        what = ("arrive", "miss", "fulfil")[b % 3]
        return found and ("attend", {"one": str(found.one), "what": what})

    def _keep(self, a: int, b: int) -> Made:
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

    def _undo_change(self, a: int, b: int) -> Made:
        found = self._pick("SELECT id FROM time_change ORDER BY id", a)
        return found and ("undo_change", {"number": found[0]})

    def _take_off(self, a: int, b: int) -> tuple[str, Given]:
        today = self.practice.now.date()
        day = today + timedelta(days=1 + b % 4)
        values = {"day": day.isoformat(), "today": today.isoformat()}
        return "take_off", {"schedule": self._host(a)[0], **values}

    def _undo_off(self, a: int, b: int) -> Made:
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
