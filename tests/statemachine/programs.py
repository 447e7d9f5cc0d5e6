"""What the answers to programs must be: honest refusals, and one answer for one key."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.tokens import token_sha256
from tests.statemachine import oracle
from tests.statemachine.choosing import Given
from tests.statemachine.practice import Practice

HONEST: Final = frozenset({200, 201, 401, 404, 409, 429})

_IN_USE: Final = "urn:softstart:problem:idempotency-key-in-use"
_TAKEN: Final = "urn:softstart:problem:slot-taken"


def check_slots(offered: set[tuple[datetime, UUID]], count: int, outcome: str) -> None:
    """The soonest that a program reads are the soonest of what is offered (P5, P25)."""
    assert outcome.startswith("200"), outcome
    read = {
        (datetime.fromisoformat(one["start"]), UUID(who))
        for one in json.loads(outcome[4:])["slots"]
        for who in one["practitioner_ids"]
    }
    soonest = sorted({start for start, _ in offered})[:count]
    assert read == {one for one in offered if one[0] in soonest}, outcome


def check_refusal(practice: Practice, given: Given, outcome: str) -> None:
    """Who was refused a time reads what they could have instead, and can have each of it (P1)."""
    problem = json.loads(outcome[4:])
    if problem["type"] != _TAKEN:
        return
    free = oracle.free(practice, _asking(practice, given["token"]))
    instead = {
        (datetime.fromisoformat(one["start"]), UUID(who))
        for one in problem["alternatives"]
        for who in one["practitioner_ids"]
    }
    assert instead <= free, problem
    assert bool(instead) == bool(free), problem


def _asking(practice: Practice, token: str) -> oracle.Asking:
    sha256 = token_sha256(token)
    permitted = practice.rows("SELECT id FROM invitation WHERE token_sha256 = %(t)s", t=sha256)
    if permitted:
        return oracle.permitted(practice, permitted[0][0])
    ((one, person),) = practice.rows(
        "SELECT appointment_id, person_id FROM participant WHERE token_sha256 = %(t)s", t=sha256
    )
    return oracle.moving(practice, one, person, both=False)


def check_again(at_once: Sequence[str], later: Sequence[str]) -> None:
    """Of two at once, who is not answered is told to wait; later everyone reads the same."""
    answers = {one for one in at_once if _IN_USE not in one}
    assert answers, at_once
    assert {*answers, *later} == {later[0]}, (at_once, later)
    assert int(later[0][:3]) in HONEST, later
