"""What staff may try beside the appointments: rules, the waitlist's desk, calendars elsewhere."""

# ruff: noqa: ARG002 - every intent is made of the same two numbers, whether it needs both or not

from datetime import timedelta
from typing import Any, Final

from tests.statemachine import acts
from tests.statemachine.choosing import Choosing, Made

STAFF_KINDS: Final = (
    "desk offer", "desk offer", "desk offer", "desk remove", "type rule", "type rule", "end type",
    "begin type", "begin type", "fit rule", "fit rule", "share", "share", "licence", "licence",
    "close practice", "open practice", "close room", "open room", "open room", "week", "other day",
    "usual day", "both agree", "both agree", "keep calendar", "drop calendar", "read calendars",
    "read calendars", "sick today",
)  # fmt: skip

_TYPE_RULES: Final[tuple[dict[str, Any], ...]] = (
    {"step": 10}, {"step": 30}, {"buffer_before": 15}, {"buffer_before": 5, "buffer_after": 10},
    {"notice": 240}, {"notice": 0}, {"cap_per_day": 2}, {"cap_per_day": 3, "cap_per_week": 5},
    {"cap_per_day": None, "cap_per_week": None}, {"confirm": True}, {"confirm": False},
    {"staff_only": True}, {"staff_only": False}, {"move_notice": 600}, {"move_notice": None},
)  # fmt: skip
"""Changes to a type, lengths in minutes."""

_FIT_RULES: Final[tuple[dict[str, Any], ...]] = (
    {"cap_per_day": 3}, {"cap_per_day": 5, "cap_per_week": None}, {"cap_per_week": 6},
    {"sees_couples": True}, {"sees_couples": False}, {"meets": ["remote"]},
    {"meets": ["in-person"]}, {"meets": ["remote", "in-person"]},
)  # fmt: skip

_WEEKS: Final = (
    (("09:00-10:30", "18:30-20:00"), ("09:10-11:00",), ("08:00-12:00", "18:00-20:00")),
    (("19:30-21:30",), ("19:15-23:15",), ("19:30-21:00", "21:00-22:00")),
    (("03:00-05:00",), ("02:50-06:00",), ("23:30-00:30", "03:00-05:00")),
)
"""Hours that each of the three may have, those of the beginning first."""

_CODES: Final = ("private-call", "individual-session", "couple-session")


class IntentsOfStaff(Choosing):
    """Forms that somebody has open and sends, with the version that they showed."""

    # ------------------------------------------------------------ who waits

    def _desk_offer(self, a: int, b: int) -> Made:
        found = self._pick(
            "SELECT e.id, e.invitation_id FROM waitlist_entry e"
            " WHERE ended_at IS NULL OR %(any)s ORDER BY e.created_at",
            a,
            any=b % 9 == 0,
        )
        wanted = self._wanted(found[1], b) if found else None
        if found is None or wanted is None or "who" not in wanted:
            return None
        return "desk_offer", {"entry": str(found[0]), **wanted, "fall_over": False}

    def _desk_remove(self, a: int, b: int) -> Made:
        found = self._pick("SELECT id FROM waitlist_entry ORDER BY created_at", a)
        return found and ("desk_remove", {"entry": str(found[0])})

    # ------------------------------------------------------------ rules

    def _type_rule(self, a: int, b: int) -> Made:
        code = _CODES[a % len(_CODES)]
        changes = _TYPE_RULES[b % len(_TYPE_RULES)]
        return "change_type", {"code": code, **self._shown("type", code), "changes": changes}

    def _end_type(self, a: int, b: int) -> Made:
        return None if b % 3 else ("end_type", {"code": _CODES[a % len(_CODES)]})

    def _begin_type(self, a: int, b: int) -> Made:
        found = self._pick(
            "SELECT code FROM appointment_type WHERE ended_at IS NOT NULL ORDER BY id", a
        )
        return found and ("begin_type", {"code": found[0]})

    def _fit_rule(self, a: int, b: int) -> Made:
        who = str(self._host(a)[1])
        changes = _FIT_RULES[b % len(_FIT_RULES)]
        return "change_fit", {"who": who, **self._shown("fit", who), "changes": changes}

    def _share(self, a: int, b: int) -> Made:
        who = str(self._host(a)[1])
        of = {"code": _CODES[a // 3 % len(_CODES)], "weight": (1, 0, 1, 3)[b % 4]}
        return "change_share", {"who": who, **self._shown("shares", who), **of}

    def _licence(self, a: int, b: int) -> Made:
        states = (["NY"], ["NY", "NJ"], ["NJ"])[b % 3]
        return "change_licence", {"who": str(self._host(a)[1]), "states": states}

    def _both_agree(self, a: int, b: int) -> Made:
        return "both_agree", {**self._shown("couples"), "both": b % 3 != 0}

    def _shown(self, about: str, which: str = "") -> dict[str, str]:
        given = {"about": about, "which": which}
        answer = acts.do(self.practice.database, self.practice.settings, "version", given)
        return {"version": answer.split()[1]}

    # ------------------------------------------------------------ days and rooms

    def _close_practice(self, a: int, b: int) -> Made:
        today = self.practice.now.date()
        day = today + timedelta(days=b % 4)
        return None if a % 2 else ("close_practice", {"day": f"{day}", "today": f"{today}"})

    def _open_practice(self, a: int, b: int) -> Made:
        found = self._pick("SELECT id FROM time_off WHERE schedule_id IS NULL ORDER BY id", a)
        return found and ("open_practice", {"number": found[0]})

    def _close_room(self, a: int, b: int) -> Made:
        found = self._pick("SELECT id FROM room ORDER BY id", a)
        return found and ("close_room", {"number": found[0]})

    def _open_room(self, a: int, b: int) -> Made:
        found = self._pick("SELECT id FROM room WHERE ended_at IS NOT NULL ORDER BY id", a)
        return found and ("open_room", {"number": found[0]})

    def _week(self, a: int, b: int) -> Made:
        n = a % len(self.practice.hosts)
        schedule, who = self.practice.hosts[n]
        ranges = _WEEKS[n][b % len(_WEEKS[n])]
        return "change_week", {"schedule": schedule, "who": str(who), "ranges": ranges}

    def _other_day(self, a: int, b: int) -> Made:
        n = a % len(self.practice.hosts)
        ranges = (*_WEEKS[n], ())[b // 4 % 4]
        day = self.practice.now.date() + timedelta(days=b % 4)
        return "other_day", {"schedule": self._host(a)[0], "day": f"{day}", "ranges": ranges}

    def _usual_day(self, a: int, b: int) -> Made:
        found = self._pick("SELECT schedule_id, day FROM date_override ORDER BY id", a)
        return found and ("usual_day", {"schedule": found[0], "day": f"{found[1]}"})

    def _sick_today(self, a: int, b: int) -> Made:
        """Whatever begins within the next hours is called off, or given to a colleague."""
        (schedule, _), (_, colleague) = self._host(a), self._host(a + 1 + b % 2)
        now = self.practice.now
        known = self.practice.rows(
            "SELECT id FROM live_appointment WHERE schedule_id = %(schedule)s"
            " AND status IN ('booked', 'pending') ORDER BY lower(during), id",
            schedule=schedule,
        )
        plans = {
            str(one): str(colleague) if (n + b) % 2 else None for n, (one,) in enumerate(known)
        }
        number = f"00000000-0000-4000-8000-{a % 10**12:012d}"
        span = {"start": now.isoformat(), "end": (now + timedelta(hours=14)).isoformat()}
        return "be_away", {"number": number, "schedule": schedule, **span, "plans": plans}

    # ------------------------------------------------------------ calendars elsewhere

    def _keep_calendar(self, a: int, b: int) -> Made:
        if self.practice.rows("SELECT id FROM outside_calendar"):
            return None  # one that was not read in time is enough to shut a third of the practice
        policy, hours = ("block", "use-last", "staff-only")[b % 3], (1, 24, 48)[a % 3]
        return "keep_calendar", {"schedule": self._host(a)[0], "policy": policy, "hours": hours}

    def _drop_calendar(self, a: int, b: int) -> Made:
        found = self._pick("SELECT schedule_id, id FROM outside_calendar ORDER BY id", a)
        return found and ("drop_calendar", {"schedule": found[0], "number": str(found[1])})

    def _read_calendars(self, a: int, b: int) -> Made:
        if not self.practice.rows("SELECT id FROM outside_calendar"):
            return None
        start = self._any(b)
        busy = [(start.isoformat(), (start + timedelta(minutes=25)).isoformat())]
        return "read_calendars", {"busy": None if a % 3 == 0 else busy[: a % 2 + b % 2]}
