"""P26: how many forms from one place are human."""

from datetime import UTC, datetime, timedelta

import pytest

from services.intake.domain.flood import (
    Limits,
    Sent,
    is_unproven,
    network,
    wait_to_read,
    wait_to_send,
)

NOW = datetime(2027, 3, 10, 15, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("::1", None),
        ("", None),
        ("unix:", None),
    ],
)
def test_p26_a_place_is_an_address_or_the_network_of_a_household(
    address: str, place: str | None
) -> None:
    assert network(address) == place


def test_p26_the_next_one_is_taken_in_the_next_hour() -> None:
    limits = Limits(sends_an_hour=2)

    assert wait_to_send(Sent(1, 9), limits, now=NOW) == timedelta(0)
    assert wait_to_send(Sent(2, 2), limits, now=NOW) == timedelta(minutes=20)


def test_p26_a_day_with_more_than_a_few_marks_those_that_follow() -> None:
    limits = Limits(unproven_after=3)

    assert [is_unproven(Sent(0, n), limits) for n in range(5)] == [False, False, False, True, True]


def test_p26_nobody_reads_the_form_in_a_second() -> None:
    limits = Limits(shortest=timedelta(seconds=20))

    assert wait_to_read(NOW, limits, now=NOW + timedelta(seconds=1)) == timedelta(seconds=19)
    assert wait_to_read(NOW, limits, now=NOW + timedelta(seconds=20)) == timedelta(0)
