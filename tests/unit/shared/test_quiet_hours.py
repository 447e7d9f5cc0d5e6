"""Not at night, in the recipient's own zone (L26)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.quiet_hours import is_quiet, next_open

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["America/New_York", "America/St_Johns", "Asia/Kolkata", "Pacific/Chatham", "Pacific/Apia"]


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (local(2026, 3, 10, 7, 59, 59), True),
        (local(2026, 3, 10, 8), False),
        (local(2026, 3, 10, 20, 59, 59), False),
        (local(2026, 3, 10, 21), True),
        (local(2026, 3, 10, 3), True),
    ],
)
def test_the_day_lasts_from_eight_to_nine_l26(at, quiet):
    assert is_quiet(at, NEW_YORK) is quiet


def test_by_day_the_next_opening_is_now():
    noon = datetime(2026, 3, 10, 16, tzinfo=UTC)

    assert next_open(noon, NEW_YORK) == noon


def test_the_night_when_clocks_go_forward_ends_at_eight_by_the_new_time_f24():
    before = local(2026, 3, 7, 22)

    assert next_open(before, NEW_YORK) == datetime(2026, 3, 8, 12, tzinfo=UTC)


def test_the_night_when_clocks_go_back_ends_at_eight_by_the_new_time_f24():
    before = local(2026, 10, 31, 22)

    assert next_open(before, NEW_YORK) == datetime(2026, 11, 1, 13, tzinfo=UTC)


def test_a_day_that_a_zone_skipped_is_skipped():
    apia = ZoneInfo("Pacific/Apia")
    evening = datetime(2011, 12, 29, 22, tzinfo=apia)

    assert next_open(evening, apia).astimezone(apia).date().isoformat() == "2011-12-31"


@given(
    at=st.integers(946684800, 2051222400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    zone=st.sampled_from(ZONES),
)
def test_the_next_opening_is_open_and_never_more_than_a_night_away(at, zone):
    where = ZoneInfo(zone)

    opening = next_open(at, where)

    assert not is_quiet(opening, where)
    assert timedelta(0) <= opening - at <= timedelta(hours=12 + 24)
    assert opening == at or is_quiet(opening - timedelta(microseconds=1), where)
