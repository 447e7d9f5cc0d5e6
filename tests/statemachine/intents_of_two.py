"""What two people may try who meet together, and what may become of them."""

# ruff: noqa: ARG002 - every intent is made of the same two numbers, whether it needs both or not

from typing import Final
from uuid import UUID

from tests.statemachine.choosing import Choosing, Made, for_two

TWO_KINDS: Final = (
    "accept", "accept", "accept", "refuse", "ask two", "ask two", "ask two", "say yes",
    "say yes", "propose", "propose", "propose", "propose", "agree", "agree", "agree",
    "disagree", "disagree", "take back", "state", "state", "part", "erase",
)  # fmt: skip

_WEEKS: Final[tuple[tuple[tuple[int, str], ...], ...]] = (
    (),
    tuple((day, "08:00-12:00") for day in range(1, 8)),
    tuple((day, "17:00-21:00") for day in range(1, 8)),
    tuple((day, "20:00-10:20") for day in range(1, 8)),
    tuple((day, "09:15-21:00") for day in (1, 3, 5, 7)),
)
"""What somebody may say of their usual week, by the clock in New York."""

_RARELY: Final = 4


class IntentsOfTwo(Choosing):
    """Asking each other for times, answering, saying when one can, and parting."""

    def _ask_two(self, a: int, b: int) -> Made:
        """One of two takes a time for both: there is no other time to ask for without it."""
        by = self._one_of_two(a)
        wanted = by and self._wanted(by, b)
        return wanted and ("book", {"by": str(by), **wanted})

    def _say_yes(self, a: int, b: int) -> Made:
        """The one who is asked says yes to the first time."""
        found = self._pick(
            "SELECT a.id, p.person_id FROM appointment a JOIN participant p"
            " ON p.appointment_id = a.id AND p.status = 'needs-action'"
            " WHERE a.status = 'pending' ORDER BY a.id, p.id",
            a,
        )
        return found and ("accept", {"one": str(found[0]), "person": str(found[1])})

    def _accept(self, a: int, b: int) -> Made:
        return self._of_one("accept", a, b, for_two)

    def _refuse(self, a: int, b: int) -> Made:
        return self._of_one("refuse", a, b, for_two)

    def _propose(self, a: int, b: int) -> Made:
        found = self._visit(a, b, lambda one: for_two(one) and one.status == "booked")
        wanted = self._wanted(found.by, b) if found else None
        if found is None or wanted is None:
            return None
        whose = {"one": str(found.one), "person": str(found.person)}
        return "propose", {**whose, **wanted, "fall_over": False}

    def _agree(self, a: int, b: int) -> Made:
        return self._answer("agree", a, b, mine=False)

    def _disagree(self, a: int, b: int) -> Made:
        return self._answer("disagree", a, b, mine=False)

    def _take_back(self, a: int, b: int) -> Made:
        return self._answer("take_back", a, b, mine=True)

    def _answer(self, act: str, a: int, b: int, *, mine: bool) -> Made:
        """By the one who should; now and then by the one who should not, or too late."""
        found = self._pick(
            "SELECT m.appointment_id, p.person_id FROM move_proposal m"
            " JOIN participant p ON p.appointment_id = m.appointment_id"
            " WHERE ((p.person_id = m.asked_by) = %(mine)s AND m.ended_at IS NULL) OR %(any)s"
            " ORDER BY m.ended_at IS NULL DESC, m.reply_by, m.id, p.id",
            a, mine=mine, any=b % 5 == 0,
        )  # fmt: skip
        return found and (act, {"one": str(found[0]), "person": str(found[1])})

    def _state(self, a: int, b: int) -> Made:
        by = self._one_of_two(a)
        return by and ("state", {"by": str(by), "weekly": _WEEKS[b % len(_WEEKS)]})

    def _part(self, a: int, b: int) -> Made:
        if b % _RARELY:
            return None
        found = self._pick(
            "SELECT DISTINCT couple_id FROM invitation WHERE couple_id IS NOT NULL ORDER BY 1", a
        )
        return found and ("part", {"couple": str(found[0])})

    def _erase(self, a: int, b: int) -> Made:
        person = self.practice.people[a % len(self.practice.people)]
        return None if b % _RARELY else ("erase", {"person": str(person)})

    def _one_of_two(self, a: int) -> UUID | None:
        found = self._pick(
            "SELECT id FROM invitation WHERE couple_id IS NOT NULL ORDER BY couple_id, id", a
        )
        return found and found[0]
