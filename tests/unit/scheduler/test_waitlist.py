"""The rule of the waitlist: whom a time suits, who is asked first, how long they may think."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.scheduler.domain.availability import Offer
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.interval import instant, minute_at_or_before
from services.scheduler.domain.waitlist import (
    SHORTEST,
    Host,
    Terms,
    Waiting,
    look,
    matches,
    patience,
    suiting,
)
from shared.quiet_hours import is_quiet

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (
    *("America/New_York", "America/Los_Angeles", "America/St_Johns", "Asia/Kolkata"),
    *("Pacific/Chatham", "Pacific/Apia", "Australia/Lord_Howe", "Europe/London", "Asia/Kathmandu"),
)
DANA, MARCUS = UUID(int=1), UUID(int=2)
HOSTS = {1: Host(DANA, frozenset({"NY", "NJ"})), 2: Host(MARCUS, frozenset({"NY"}))}
NOON = datetime(2027, 3, 8, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
VISIT = timedelta(minutes=20)
TERMS = Terms(within=2 * HOUR, notice=12 * HOUR)


def waiting(number: int = 1, **changes: object) -> Waiting:
    known = {
        "entry_id": UUID(int=number),
        "since": NOON - timedelta(days=30 - number),
        "zone": NEW_YORK,
        "location": "NY",
    }
    return Waiting(**(known | changes))  # type: ignore[arg-type]


def on(weekday: int, start: str, end: str) -> WeeklyRange:
    first, last = time.fromisoformat(start), time.fromisoformat(end)
    return WeeklyRange(weekday, WallRange(first, last, overnight=last <= first))


def minute(at: datetime) -> int:
    return minute_at_or_before(at)


def free(*ahead: timedelta, hosts: tuple[int, ...] = (1, 2)) -> list[Offer]:
    return [Offer(minute(NOON + one), hosts) for one in sorted(ahead)]


days = st.dates(date(2026, 1, 1), date(2028, 1, 1))
zones = st.sampled_from(ZONES).map(ZoneInfo)
clocks = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@given(zone=zones, day=days, at=clocks, starts=clocks, ends=clocks, weekday=st.integers(1, 7))
@example(
    # New York's clocks skip from two to three on that Sunday.
    zone=NEW_YORK,
    day=date(2027, 3, 14),
    at=time(3),
    starts=time(2),
    ends=time(4),
    weekday=7,
)
@example(
    # And have the hour from one to two twice on this one.
    zone=NEW_YORK,
    day=date(2027, 11, 7),
    at=time(1),
    starts=time(1),
    ends=time(2),
    weekday=7,
)
def test_p27_p4_what_suits_lies_within_the_wished_hours_by_the_clock_on_the_wall(
    zone, day, at, starts, ends, weekday
):
    wished = WeeklyRange(weekday, WallRange(starts, ends, overnight=ends <= starts))
    start = datetime.combine(day, at, zone).astimezone(UTC)
    offer = Offer(minute(start), (1,))
    one = waiting(zone=zone, times=(wished,))

    suits = list(suiting(one, [offer], HOSTS, 20)) == [offer]

    assert suits is any(
        begins <= start and start + VISIT <= over
        for begins, over in _as_instants(wished, zone, day - DAY, day)
    )
    if suits:
        assert _inside(start.astimezone(zone), wished)
        assert _inside((start + VISIT - timedelta(minutes=1)).astimezone(zone), wished)


def _as_instants(
    wished: WeeklyRange, zone: ZoneInfo, *days: date
) -> Iterator[tuple[datetime, datetime]]:
    for one in days:
        if one.isoweekday() == wished.weekday:
            last = one + DAY if wished.wall.overnight else one
            yield (
                datetime.combine(one, wished.wall.start, zone).astimezone(UTC),
                datetime.combine(last, wished.wall.end, zone).astimezone(UTC),
            )


def _inside(at: datetime, wished: WeeklyRange) -> bool:
    wall, clock = wished.wall, at.time()
    if not wall.overnight:
        return at.isoweekday() == wished.weekday and wall.start <= clock < wall.end
    yesterday = (at - timedelta(days=1)).isoweekday()
    return (at.isoweekday() == wished.weekday and clock >= wall.start) or (
        yesterday == wished.weekday and clock < wall.end
    )


def test_no_wish_suits_at_any_hour():
    offers = free(HOUR, 30 * HOUR, 800 * HOUR)

    assert list(suiting(waiting(), offers, HOSTS, 20)) == offers


def test_hours_that_touch_are_one():
    both = (on(3, "09:00", "12:00"), on(3, "12:00", "17:00"))
    start = datetime(2027, 3, 10, 11, 50, tzinfo=NEW_YORK)

    assert list(suiting(waiting(times=both), [Offer(minute(start), (1,))], HOSTS, 20))
    assert not list(suiting(waiting(times=both[:1]), [Offer(minute(start), (1,))], HOSTS, 20))


def test_only_those_who_were_wished_for_and_may_work_there_are_left():
    offers = free(30 * HOUR)

    assert next(suiting(waiting(location="NJ"), offers, HOSTS, 20)).hosts == (1,)
    only_marcus = waiting(practitioner_ids=frozenset({MARCUS}))
    assert next(suiting(only_marcus, offers, HOSTS, 20)).hosts == (2,)
    assert not list(
        suiting(waiting(location="NJ", practitioner_ids=frozenset({MARCUS})), offers, HOSTS, 20)
    )


@given(
    has=st.none() | st.integers(1, 40),
    before=st.frozensets(st.integers(1, 40)),
    asked=st.frozensets(st.integers(1, 40)),
    there=st.frozensets(st.integers(1, 40)),
)
def test_p27_only_what_is_sooner_than_what_one_has_or_could_have_had_is_offered(
    has, before, asked, there
):
    def at(days: int) -> int:
        return minute(NOON + timedelta(days=days))

    one = waiting(
        has=has and at(has),
        free_before=frozenset(map(at, before)),
        asked=frozenset(map(at, asked)),
    )

    seen = look(one, free(*(timedelta(days=n) for n in there)), HOSTS, 20)

    assert seen.still_free == frozenset(map(at, before & there))
    limits = [*(before & there), *([has] if has else [])]
    assert [offer.start for offer in seen.sooner] == [
        at(n) for n in sorted(there - asked) if not limits or n < min(limits)
    ]


def test_p27_who_has_no_time_is_first_then_who_answers_then_who_waits_longest():
    has = waiting(1, has=minute(NOON + 99 * HOUR))
    silent = waiting(2, lapsed=1)
    later, sooner = waiting(4), waiting(3)

    looks = [
        look(one, free(30 * HOUR, 50 * HOUR), HOSTS, 20) for one in (has, silent, later, sooner)
    ]

    found = matches(looks, TERMS, now=NOON)

    assert [one.waiting for one in found] == [sooner, later, silent, has]


def test_p27_one_offer_for_each_and_one_person_for_each_time():
    looks = [look(waiting(n), free(30 * HOUR, 50 * HOUR), HOSTS, 20) for n in (3, 1, 2, 5, 4)]

    found = matches(looks, TERMS, now=NOON)

    assert [(one.waiting.entry_id.int, one.start, one.host) for one in found] == [
        (1, minute(NOON + 30 * HOUR), 1),
        (2, minute(NOON + 30 * HOUR), 2),
        (3, minute(NOON + 50 * HOUR), 1),
        (4, minute(NOON + 50 * HOUR), 2),
    ]


@given(
    zone=zones,
    now=st.integers(0, 2 * 365 * 24 * 60).map(lambda ahead: NOON + timedelta(minutes=ahead)),
    ahead=st.timedeltas(timedelta(0), timedelta(days=40)),
    within=st.timedeltas(timedelta(minutes=1), timedelta(hours=12)),
    notice=st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_p27_an_offer_ends_by_day_before_the_notice_and_leaves_time_to_think(
    zone, now, ahead, within, notice
):
    start = now + ahead

    lasts = patience(waiting(zone=zone), start, Terms(within=within, notice=notice), now=now)

    if lasts is None:
        return
    end = now + lasts
    assert min(SHORTEST, within) <= lasts <= within
    assert end <= start - notice
    assert lasts <= ahead / 2
    assert not is_quiet(now, zone)
    assert not is_quiet(end - timedelta(seconds=1), zone)


@pytest.mark.parametrize(
    ("ahead", "lasts"),
    [
        (40 * HOUR, 2 * HOUR),
        (13 * HOUR, HOUR),
        (12.4 * HOUR, None),
        (11 * HOUR, None),
    ],
)
def test_p27_near_the_time_there_is_less_to_think_and_then_no_offer(ahead, lasts):
    assert patience(waiting(), NOON + ahead, TERMS, now=NOON) == lasts


def test_l26_an_offer_in_the_evening_ends_with_the_day():
    evening = datetime(2027, 3, 8, 20, tzinfo=NEW_YORK)

    assert patience(waiting(), NOON + 60 * HOUR, TERMS, now=evening) == HOUR
    assert patience(waiting(), NOON + 60 * HOUR, TERMS, now=evening + 0.6 * HOUR) is None


def test_p22_who_may_not_move_any_more_is_not_asked_to():
    one = waiting(change_by=NOON + 0.75 * HOUR)

    assert patience(one, NOON + 40 * HOUR, TERMS, now=NOON) == 0.75 * HOUR
    assert patience(one, NOON + 40 * HOUR, TERMS, now=NOON + HOUR) is None


def test_minutes_are_those_of_the_engine():
    assert instant(free(HOUR)[0].start) == NOON + HOUR
