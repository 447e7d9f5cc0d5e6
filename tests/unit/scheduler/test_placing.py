"""L43: when somebody is asked once more where they will be."""

from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.domain.placing import ASKED_WITHIN, Placing, placing

START = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)
END = START + timedelta(minutes=50)
ASKED_FROM = START - ASKED_WITHIN
SECOND = timedelta(seconds=1)
BOOKED = START - timedelta(days=9)


def found(now: datetime, said_at: datetime | None = BOOKED, how: str = "video") -> Placing | None:
    return placing(how=how, starts_at=START, ends_at=END, said_at=said_at, now=now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (ASKED_FROM - SECOND, None),
        (ASKED_FROM, Placing.ASKED),
        (START, Placing.ASKED),
        (END - SECOND, Placing.ASKED),
        (END, None),
    ],
)
def test_l43_it_is_asked_from_two_days_before_until_it_is_over(
    now: datetime, expected: Placing | None
) -> None:
    assert found(now) is expected


@pytest.mark.parametrize(
    ("said_at", "expected"),
    [
        (None, Placing.ASKED),
        (ASKED_FROM - SECOND, Placing.ASKED),
        (ASKED_FROM, Placing.SAID),
        (START - timedelta(hours=1), Placing.SAID),
    ],
)
def test_l43_what_was_said_earlier_does_not_count_and_who_books_late_has_just_said_it(
    said_at: datetime | None, expected: Placing
) -> None:
    assert found(START - timedelta(minutes=30), said_at) is expected


@pytest.mark.parametrize("how", ["phone", "in person"])
def test_it_is_asked_before_video_alone(how: str) -> None:
    assert found(START - timedelta(hours=1), how=how) is None
