"""By when a Good Faith Estimate is owed, over weekends and holidays, and what it has to say."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.estimates import (
    Charges,
    Occasion,
    after,
    before,
    business_day,
    due_on,
    money,
    sentences,
)

DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))

# 2027: Wednesday, March 10; Good Friday is no federal holiday; Memorial Day is May 31; June 19 is a
# Saturday, observed on the 18th; July 4 is a Sunday, observed on the 5th; Christmas is a Saturday,
# observed on the 24th; January 1, 2028 is a Saturday, observed on December 31, 2027.
TABLE: list[tuple[str, Occasion, str, str | None, str | None]] = [
    ("ten business days ahead", "booked", "2027-03-10", "2027-03-24", "2027-03-15"),
    ("nine business days ahead", "booked", "2027-03-10", "2027-03-23", "2027-03-11"),
    ("three business days ahead", "booked", "2027-03-10", "2027-03-15", "2027-03-11"),
    ("two business days ahead", "booked", "2027-03-10", "2027-03-12", None),
    ("the same day", "booked", "2027-03-10", "2027-03-10", None),
    ("booked on a Friday", "booked", "2027-03-12", "2027-03-18", "2027-03-15"),
    ("booked on a Saturday", "booked", "2027-03-13", "2027-03-18", "2027-03-15"),
    ("two weeks, but a holiday among them", "booked", "2027-05-25", "2027-06-08", "2027-05-26"),
    ("two weeks and a day, same holiday", "booked", "2027-05-25", "2027-06-09", "2027-05-28"),
    ("three days over Memorial Day", "booked", "2027-05-28", "2027-06-03", "2027-06-01"),
    ("an observed Juneteenth", "booked", "2027-06-17", "2027-06-23", "2027-06-21"),
    ("an observed July 4", "booked", "2027-07-02", "2027-07-08", "2027-07-06"),
    ("the year's end", "booked", "2027-12-23", "2028-01-10", "2027-12-29"),
    ("the year's end, three days", "booked", "2027-12-30", "2028-01-05", "2028-01-03"),
    ("asked on a Wednesday", "asked", "2027-03-10", None, "2027-03-15"),
    ("asked on a Sunday", "asked", "2027-03-14", None, "2027-03-17"),
    ("asked before Thanksgiving", "asked", "2027-11-23", None, "2027-11-29"),
    ("asked, with a visit tomorrow", "asked", "2027-03-10", "2027-03-11", "2027-03-15"),
    ("changed before a Monday visit", "changed", "2027-03-10", "2027-03-15", "2027-03-12"),
    ("changed, visit after a holiday", "changed", "2027-05-20", "2027-06-01", "2027-05-28"),
]


@pytest.mark.parametrize(
    ("occasion", "on", "visit", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_l40_an_estimate_is_due_by_business_days(
    occasion: Occasion, on: str, visit: str | None, expected: str | None
) -> None:
    found = due_on(
        occasion,
        on=date.fromisoformat(on),
        visit_on=date.fromisoformat(visit) if visit else None,
    )

    assert (found.isoformat() if found else None) == expected


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(1, 12))
def test_l40_counting_business_days_there_and_back_never_gains_one(day: date, count: int) -> None:
    there = after(day, count)

    assert business_day(there)
    assert before(there, count) <= day
    between = [day + timedelta(days=step) for step in range(1, (there - day).days + 1)]
    assert sum(map(business_day, between)) == count


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 40))
def test_l40_an_estimate_is_never_due_after_the_visit_it_is_for(on: date, ahead: int) -> None:
    visit = on + timedelta(days=ahead)
    due = due_on("booked", on=on, visit_on=visit)

    assert due is None or on < due < visit


def test_l40_the_text_names_the_sum_a_year_at_most_and_the_400_dollar_line() -> None:
    charges = Charges(service="Session for two, 50 minutes", cents_per_visit=21_050, visits=26)
    said = " ".join(sentences(charges, made_on=date(2028, 2, 29)))

    assert "26 visits at $210.50. Expected in all: $5,473.00." in said
    assert "from February 29, 2028 to February 28, 2029, twelve months at most" in said
    assert "$400 or more above this estimate, you may dispute the bill" in said
    assert "It is not a contract." in said


def test_money_is_exact() -> None:
    assert [money(cents) for cents in (0, 5, 12_345, 1_000_000_00)] == [
        "$0.00",
        "$0.05",
        "$123.45",
        "$1,000,000.00",
    ]
