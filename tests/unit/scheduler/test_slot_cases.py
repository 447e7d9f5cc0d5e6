"""Any case that can be written down: the engine against somebody who looks at every minute."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.slots import explanation
from tests.unit.scheduler.cases import read, slots
from tests.unit.scheduler.slow_cases import offered

# Where clocks change, by how much and when: an hour, half of one, a whole day, at midnight, never.
CHANGES = {
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "Pacific/Chatham": ["2026-04-04T14:00", "2026-09-26T14:00"],
    "Pacific/Apia": ["2011-12-30T10:00"],
    "Asia/Kathmandu": ["2026-02-28T18:15"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00"],
    "Africa/Cairo": ["2026-04-23T22:00", "2026-10-29T21:00"],
    "America/Havana": ["2026-03-08T05:00", "2026-11-01T05:00"],
    "Antarctica/Troll": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "Etc/GMT+12": ["2026-12-31T12:00"],
    "UTC": ["1970-01-01T00:00"],
}
LENGTHS = st.sampled_from([0, 5, 10, 15, 30, 60])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone]))).replace(tzinfo=UTC)
    around = Around(change, zone)
    hosts = st.lists(
        st.fixed_dictionaries(
            {"timezone": st.sampled_from([zone, zone, None, *CHANGES])}, optional=around.calendar()
        ),
        max_size=3,
    )
    start = draw(st.integers(-20, 6))
    return draw(
        st.fixed_dictionaries(
            {
                "timezone": st.just(zone),
                "window": st.fixed_dictionaries(
                    {
                        "start": around.instants(start, start),
                        "end": around.instants(start + 1, start + 30),
                    }
                ),
                "duration_min": st.sampled_from([20, 20, 50, 90, 1, 0, -10]),
                "increment_min": st.sampled_from([15, 30, 30, 45, 7, 1440, 0]),
            },
            optional={
                **around.calendar(),
                "now": st.none() | around.instants(-30, 6),
                "minimum_notice_min": st.sampled_from([0, 1, 120, 1441]),
                "buffer_before_min": LENGTHS,
                "buffer_after_min": LENGTHS,
                "buffer_rule": st.sampled_from(["sum", "max"]),
                "slot_must_end_in_window": st.booleans(),
                "grid_offset_min": st.sampled_from([0, 5, 45, -10, -45, -600]),
                "horizon": st.none()
                | st.fixed_dictionaries(
                    {},
                    optional={
                        "first_local_date": st.none() | around.dates(),
                        "last_local_date": st.none() | around.dates(),
                    },
                ),
                "day_limit": st.none() | st.integers(0, 2),
                "counted": st.lists(
                    st.fixed_dictionaries({"start": around.instants(-30, 30)}), max_size=4
                ),
                "hosts": st.none() | hosts,
                "host_mode": st.sampled_from(["any", "all"]),
            },
        )
    )


class Around:
    """What lies about a change of the clocks."""

    def __init__(self, change: datetime, zone: str) -> None:
        self.change, self.zone = change, zone

    def instants(self, first: int, last: int) -> st.SearchStrategy[str]:
        """Within those hours of it, mostly on a quarter, sometimes on an odd second."""
        return st.builds(
            lambda quarters, odd: (
                self.change + timedelta(minutes=15 * quarters, seconds=odd)
            ).isoformat(),
            st.integers(first * 4, last * 4),
            st.sampled_from([0, 0, 0, 0, 30, 60 * 7, 1]),
        )

    def dates(self) -> st.SearchStrategy[str]:
        local = self.change.astimezone(ZoneInfo(self.zone)).date()
        return st.integers(-2, 2).map(lambda n: (local + timedelta(days=n)).isoformat())

    def calendar(self) -> dict[str, st.SearchStrategy[Any]]:
        clock = st.builds(
            lambda hour, minute: f"{hour:02}:{minute:02}",
            st.integers(0, 23),
            st.sampled_from([0, 0, 30, 45, 59]),
        )
        closing = clock | st.just("24:00")
        ordered = st.tuples(clock, closing).map(sorted).filter(lambda pair: pair[0] != "24:00")
        weekly = st.builds(
            lambda days, pair, overnight: (
                {"days": days, "start": pair[0], "end": pair[1]}
                | ({} if overnight is None else {"overnight": overnight})
            ),
            st.just([*range(1, 8)]) | st.lists(st.integers(1, 7), max_size=4),
            ordered | st.tuples(clock, closing),
            st.sampled_from([None, None, True, False]),
        )
        return {
            "working_hours": st.lists(weekly, max_size=3),
            "overrides": st.lists(
                st.fixed_dictionaries(
                    {
                        "date": self.dates(),
                        "intervals": st.lists(ordered.map(list), max_size=2),
                    }
                ),
                max_size=2,
            ),
            "days_off": st.lists(self.dates(), max_size=1),
            "availability": st.lists(
                st.fixed_dictionaries(
                    {"start": self.instants(-30, 0), "end": self.instants(1, 30)}
                ),
                max_size=2,
            ),
            "busy": st.lists(self.taken(), max_size=4),
        }

    def taken(self) -> st.SearchStrategy[dict[str, Any]]:
        return st.builds(
            lambda start, length, more: (
                more
                | {
                    "start": start,
                    "end": (datetime.fromisoformat(start) + timedelta(minutes=length)).isoformat(),
                }
            ),
            self.instants(-20, 20),
            st.sampled_from([0, 10, 30, 90]),
            st.fixed_dictionaries(
                {},
                optional={
                    "buffer_before_min": LENGTHS,
                    "buffer_after_min": LENGTHS,
                    "blocks": st.booleans(),
                    "expires": st.none() | self.instants(-30, 6),
                },
            ),
        )


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents())
def test_a_case_offers_what_somebody_finds_who_looks_at_every_minute(document):
    assert slots(document) == offered(document)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents(), data=st.data())
def test_n12_a_time_is_explained_as_offered_exactly_when_it_is(document, data):
    case, starts = read(document), slots(document)
    asked = data.draw(
        st.integers(case.window.start - 60, case.window.end + 60).map(
            lambda minute: datetime.fromtimestamp(minute * 60, UTC)
        )
        | st.sampled_from(starts or [document["window"]["start"]]).map(datetime.fromisoformat)
    )

    found = explanation(case, asked)

    assert found["offered"] == (asked in map(datetime.fromisoformat, starts))
    assert found["words"].startswith("Offered:" if found["offered"] else "Not offered:")
