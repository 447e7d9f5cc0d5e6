"""`softstart slots --explain`: which part of a case is why a time is offered or not."""

import json

import pytest

from services.slots import explanation
from tests.unit.scheduler.cases import (
    BASE,
    BUSY,
    HOSTS,
    command,
    read,
    utc,
)


@pytest.mark.parametrize(
    ("change", "asked", "reason", "rule", "words"),
    [
        ({}, "01T14:00", None, "working_hours[0]", "hours"),
        ({}, "01T12:00", "outside-hours", "working_hours", "hours"),
        ({}, "01T20:30", "outside-hours", "working_hours[0]", "hours"),
        ({}, "01T14:10", "off-grid", "increment_min", "grid"),
        ({}, "01T14:00:20", "off-grid", "increment_min", "grid"),
        ({"grid_offset_min": 60}, "01T13:30", "off-grid", "grid_offset_min", "grid"),
        ({"duration_min": 0}, "01T14:00", "off-grid", "duration_min", "0 minutes"),
        ({"increment_min": 0}, "01T14:00", "off-grid", "increment_min", "every 0 minutes"),
        ({"now": "2026-06-01T15:00:00Z"}, "01T14:00", "too-soon", "now", "over"),
        (
            {"now": "2026-06-01T13:00:00Z", "minimum_notice_min": 120},
            "01T14:30",
            "too-soon",
            "minimum_notice_min",
            "notice",
        ),
        ({"horizon": {"first_local_date": "2026-06-02"}}, "01T14:00", "too-soon",
         "horizon.first_local_date", "horizon"),
        ({"horizon": {"last_local_date": "2026-06-01"}}, "02T14:00", "too-far",
         "horizon.last_local_date", "horizon"),
        ({}, "03T14:00", "too-far", "window.end", "window"),
        ({"window": {"start": "2026-06-01T14:00:00Z", "end": "2026-06-01T15:30:00Z"},
          "slot_must_end_in_window": True}, "01T15:00", "too-far",
         "slot_must_end_in_window", "window"),
        ({"overrides": [{"date": "2026-06-01", "intervals": []}]}, "01T14:00", "closed",
         "overrides[0]", "override"),
        ({"overrides": [{"date": "2026-06-01", "intervals": [["10:00", "12:00"]]}]}, "01T14:00",
         None, "overrides[0]", "hours"),
        ({"days_off": ["2026-06-09", "2026-06-01"]}, "01T14:00", "closed", "days_off[1]",
         "day off"),
        ({"day_limit": 1, "counted": [BUSY]}, "01T14:00", "full", "day_limit", "cap"),
        ({"busy": [BUSY]}, "01T15:30", "taken", "busy[0]", "busy"),
        ({"busy": [{**BUSY, "expires": "2026-06-01T15:00:00Z"}]}, "01T15:30", "held", "busy[0]",
         "hold"),
        ({"busy": [{**BUSY, "cause": "outside"}]}, "01T15:30", "outside-event", "busy[0]",
         "outside event"),
        ({"busy": [{**BUSY, "cause": "blocked"}]}, "01T15:30", "blocked", "busy[0]", "blocked"),
        ({"busy": [{**BUSY, "blocks": False}, {**BUSY, "buffer_before_min": 30}]}, "01T14:00",
         "buffer", "busy[1]", "buffer: 30 minutes"),
        ({"buffer_before_min": 30, "busy": [BUSY]}, "01T16:00", "buffer", "busy[0]", "buffer"),
    ],
)  # fmt: skip
def test_n12_a_reason_names_the_part_of_the_case_that_gave_it(change, asked, reason, rule, words):
    asked_at = f"2026-06-{asked}" + ("Z" if asked.count(":") == 2 else ":00Z")

    found = explanation(read({**BASE, **change}), utc(asked_at))

    assert (found["instant"], found["offered"]) == (asked_at, reason is None)
    assert (found["reason"], found["rule"]) == (reason, rule)
    assert words in found["words"]


def test_n12_the_interval_is_the_one_that_is_responsible():
    document = {
        **BASE,
        "day_limit": 1,
        "counted": [{"start": "2026-06-02T14:00:00Z"}],
        "busy": [{**BUSY, "buffer_after_min": 45}],
    }

    close = explanation(read(document), utc("2026-06-01T16:30:00Z"))
    full = explanation(read(document), utc("2026-06-02T16:30:00Z"))

    assert (close["interval"], close["gap_min"]) == (BUSY, 45)
    assert full["interval"] == {"start": "2026-06-02T04:00:00Z", "end": "2026-06-03T04:00:00Z"}


def test_n12_of_several_hosts_each_one_has_a_reason_and_the_nearest_counts():
    anyone = explanation(read({**BASE, **HOSTS}), utc("2026-06-01T15:00:00Z"))
    nobody = explanation(read({**BASE, **HOSTS}), utc("2026-06-01T13:10:00Z"))

    assert (anyone["offered"], anyone["rule"]) == (True, "hosts[1].working_hours[0]")
    assert [host["reason"] for host in anyone["hosts"]] == ["taken", None]
    assert (nobody["reason"], nobody["rule"]) == ("off-grid", "increment_min")
    assert [host["reason"] for host in nobody["hosts"]] == ["off-grid", "outside-hours"]


def test_n12_of_all_hosts_together_the_one_who_can_not_is_named():
    together = read({**BASE, **HOSTS, "host_mode": "all"})

    assert explanation(together, utc("2026-06-01T13:00:00Z"))["rule"] == "hosts[1].working_hours"
    assert explanation(together, utc("2026-06-01T15:00:00Z"))["rule"] == "hosts[0].busy[0]"
    assert explanation(together, utc("2026-06-01T16:00:00Z"))["offered"]


def test_n12_the_command_explains_each_case_of_an_array():
    done = command(
        "-",
        "--explain",
        "2026-06-01T10:00:00-04:00",
        given=json.dumps([BASE, {**BASE, "days_off": ["2026-06-01"]}]),
    )

    found = json.loads(done.stdout)
    assert [one["explanation"]["offered"] for one in found] == [True, False]
    assert [one["explanation"]["instant"] for one in found] == ["2026-06-01T14:00:00Z"] * 2
    assert [len(one["slots"]) for one in found] == [30, 15]


@pytest.mark.parametrize("asked", ["now", "2026-06-01", "2026-06-01T14:00:00", "9999-12-31T00:00Z"])
def test_what_is_no_instant_is_not_explained(asked):
    done = command("-", "--explain", asked, given=json.dumps(BASE))

    assert done.returncode == 2
    assert done.stderr.startswith(b"softstart: --explain: has to ")
