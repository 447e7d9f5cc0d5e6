"""Whose yes a release needs, what Part 2 holds back, and when an answer is due."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from services.intake.domain.records import (
    Authorization,
    Scope,
    Use,
    answer_due,
    part2_opens,
    without_yes,
)

A, B = UUID(int=1), UUID(int=2)
TODAY = date(2027, 3, 10)
LAWYER, OTHER = b"lawyer", b"other"


def signed(person: UUID, **changes: object) -> Authorization:
    return Authorization(
        **{  # type: ignore[arg-type]
            "id": uuid4(),
            "person_id": person,
            "scope": "joint",
            "recipient": LAWYER,
            "given_on": TODAY,
            "expires_on": date(2027, 9, 1),
            "revoked": False,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], {A, B}),
        ([signed(A)], {B}),
        ([signed(A), signed(A)], {B}),
        ([signed(A), signed(B)], set()),
        ([signed(A), signed(B, revoked=True)], {B}),
        ([signed(A), signed(B, expires_on=date(2027, 3, 9))], {B}),
        ([signed(A), signed(B, expires_on=TODAY)], set()),
        ([signed(A), signed(B, given_on=date(2027, 3, 11))], {B}),
        ([signed(A), signed(B, recipient=OTHER)], {B}),
        ([signed(A), signed(B, scope="own")], {B}),
    ],
)
def test_l13_a_joint_record_needs_a_standing_yes_of_each_for_the_same_recipient(
    given: list[Authorization], missing: set[UUID]
) -> None:
    found = without_yes((A, B), given, scope="joint", recipient=LAWYER, on=TODAY)

    assert found == missing


@pytest.mark.parametrize(
    ("use", "scopes", "opens"),
    [
        ("release", (), False),
        ("release", ("own", "joint"), False),
        ("release", ("part2",), True),
        ("release", ("part2-proceedings",), False),
        ("release", ("court-order",), True),
        ("proceedings", ("part2",), False),
        ("proceedings", ("part2-proceedings",), True),
        ("proceedings", ("court-order",), True),
    ],
)
def test_l30_part_2_opens_only_by_its_own_consent_or_a_court_order(
    use: Use, scopes: tuple[Scope, ...], opens: bool
) -> None:
    assert part2_opens(use, scopes) is opens


def test_l15_access_is_due_after_30_days_and_l18_an_amendment_after_60() -> None:
    assert answer_due("access", date(2027, 1, 31)) == date(2027, 3, 2)
    assert answer_due("amendment", date(2027, 1, 31)) == date(2027, 4, 1)
    assert answer_due("release", date(2027, 1, 31)) is None
