"""One text a day and three a week; what corrects an earlier text is not held back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.frequency import Sent, free_from
from services.notifier.domain.message import Kind

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)  # noon in New York
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def sent(kind: Kind, ago: timedelta) -> Sent:
    return Sent(kind=kind, at=NOON - ago)


def free(kind: Kind, *earlier: Sent, answered: bool = False) -> datetime | None:
    return free_from(kind, earlier, answered=answered, zone=NEW_YORK, now=NOON)


def test_l24_the_first_text_may_go():
    assert free(Kind.CONFIRMATION) is None


def test_l24_a_second_one_on_the_same_day_waits_for_the_next_morning():
    morning = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)

    assert free(Kind.REMINDER, sent(Kind.CONFIRMATION, 3 * HOUR)) == morning


def test_l24_the_day_is_the_recipient_s_own():
    """A text of 10 pm yesterday does not take today's place, though it is not a day old."""
    assert free(Kind.REMINDER, sent(Kind.REMINDER, 14 * HOUR)) is None


def test_l24_a_fourth_one_within_a_week_waits_until_the_first_is_a_week_old():
    three = [sent(Kind.REMINDER, ago * DAY) for ago in (6, 4, 2)]

    assert free(Kind.REMINDER, *three) == NOON + DAY
    assert free(Kind.REMINDER, *three[1:]) is None


def test_l24_what_corrects_an_earlier_text_goes_at_once():
    earlier = [sent(Kind.CONFIRMATION, HOUR), *(sent(Kind.REMINDER, n * DAY) for n in (2, 4))]

    assert free(Kind.CANCELLED, *earlier) is None
    assert free(Kind.MOVED, *earlier) is None


def test_l24_a_number_that_never_answered_gets_one_text_in_24_hours_that_opens_something():
    yesterday_evening = sent(Kind.CONFIRMATION, 16 * HOUR)

    assert free(Kind.UPDATE, yesterday_evening) == NOON + 8 * HOUR
    assert free(Kind.CONFIRMATION, yesterday_evening) == NOON + 8 * HOUR
    assert free(Kind.UPDATE, yesterday_evening, answered=True) is None
    assert free(Kind.REMINDER, yesterday_evening) is None


def test_l24_moving_a_time_again_and_again_does_not_text_a_stranger_again_and_again():
    moved = sent(Kind.MOVED, HOUR)

    assert free(Kind.MOVED, moved) == NOON + 23 * HOUR
    assert free(Kind.CANCELLED, moved) == NOON + 23 * HOUR
    assert free(Kind.MOVED, moved, answered=True) is None


kinds = st.sampled_from([Kind.CONFIRMATION, Kind.REMINDER, Kind.UPDATE, Kind.RESUME])


@given(st.lists(st.tuples(kinds, st.integers(0, 60 * 24 * 30)), max_size=60), st.booleans())
def test_l24_whatever_is_due_when_no_day_has_two_and_no_week_has_four(
    wanted: list[tuple[Kind, int]], answered: bool
):
    taken: list[Sent] = []
    for kind, minute in sorted(wanted, key=lambda one: one[1]):
        now = NOON + timedelta(minutes=minute)
        week = [one for one in taken if one.at > now - 7 * DAY]
        if free_from(kind, week, answered=answered, zone=NEW_YORK, now=now) is None:
            taken.append(Sent(kind=kind, at=now))

    days = [one.at.astimezone(NEW_YORK).date() for one in taken]
    assert len(days) == len(set(days))
    for one in taken:
        within = [other for other in taken if one.at <= other.at < one.at + 7 * DAY]
        assert len(within) <= 3
