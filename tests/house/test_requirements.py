"""Each of the 51 requirements L01 to L51 has a test that carries its number, or somebody's name;
so has each of the pains of other calendars' users that a calendar can cause (P1 to P9, P22 to P27),
and each of the faults found in other schedulers, in the order in which FAULTS names them.

What software can't do stands in docs/privacy.md, with who must do it instead.
"""

import re

from tests.house.tree import ROOT, files

LEGAL = {f"L{number:02}" for number in range(1, 52)}
SCHEDULING = {f"p{number}" for number in (*range(1, 10), *range(22, 28))}
FAULTS = {
    1: "a check of the time in UTC against local hours, so that what is offered can't be booked",
    2: "a hold that two visitors can have of one time",
    3: "a cancellation that deletes the row, without history or word to calendars",
    4: "a move without a look at whose time it is, a cancel without a look at the clock",
    5: "an outside calendar that can't be reached and is passed over",
    6: "a calendar UID made of a row's number, and a SEQUENCE that never rises",
    7: "one neighbour that fails and takes every message with it",
    8: "weekly hours kept with the offset of the day on which they were saved",
}
_FAULT = re.compile(r"def test_(?:\w*?_)?fault_(\d+)_")
_NUMBERED = re.compile(r"def test_((?:[lnp]\d+_)+)")
_TEST = re.compile(r"def test_(?:\w*?_)?(l\d\d(?:_l\d\d)*)_")
_LINE = re.compile(r"(?m)^\| (L\d\d)[ ,]")


def numbers_in_tests() -> set[str]:
    """The numbers that tests carry in their names."""
    found = set()
    for path in files("tests"):
        for numbers in _TEST.findall(path.read_text(encoding="utf-8")):
            found.update(number.upper() for number in numbers.split("_"))
    return found


def left_to_people() -> set[str]:
    """The numbers in the table of what people must do."""
    return set(_LINE.findall((ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")))


def test_every_legal_requirement_has_a_test_or_somebody_who_must_do_it() -> None:
    assert LEGAL - numbers_in_tests() - left_to_people() == set()


def test_no_test_carries_a_number_that_no_requirement_has() -> None:
    assert numbers_in_tests() - LEGAL == set()


def test_every_pain_of_a_calendar_has_a_test_that_carries_its_number() -> None:
    found = {
        number
        for path in files("tests")
        for numbers in _NUMBERED.findall(path.read_text(encoding="utf-8"))
        for number in numbers.split("_")
    }

    assert SCHEDULING - found == set()


def test_every_fault_of_other_schedulers_has_a_test_that_carries_its_number() -> None:
    found = {
        int(number)
        for path in files("tests")
        for number in _FAULT.findall(path.read_text(encoding="utf-8"))
    }

    assert found == set(FAULTS)
