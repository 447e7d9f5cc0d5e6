"""`softstart slots`: every neutral case through the command, and what each key means."""

import json
import subprocess
import sys
from typing import Any

import pytest

from services.slots import answer
from tests.unit.scheduler.cases import (
    BASE,
    BUSY,
    CASES,
    ROOT,
    command,
    read,
    slot_cases,
)

# ---------------------------------------------------------------- in and out


def test_every_neutral_case_is_answered_by_the_command_as_its_reference_says():
    done = command("-", given=json.dumps(slot_cases()))

    assert (done.returncode, done.stderr) == (0, b"")
    wanted = [{"slots": case["expected_by_policy"]["working"]} for case in slot_cases()]
    assert len(wanted) == 68
    assert json.loads(done.stdout) == wanted


def test_a_file_of_cases_is_as_good_as_their_array():
    by_file = command(str(CASES / "slots.json"))
    by_array = command("-", given=json.dumps(slot_cases()))

    assert by_file.returncode == 0
    assert by_file.stdout == by_array.stdout


def test_one_case_gives_one_object(tmp_path):
    file = tmp_path / "case.json"
    file.write_text("\ufeff" + json.dumps({**BASE, "duration_min": 420}), encoding="utf-8")

    done = command(str(file))

    assert json.loads(done.stdout) == {
        "slots": [
            f"2026-06-0{day}T{time}:00Z" for day in (1, 2) for time in ("13:00", "13:30", "14:00")
        ]
    }


def test_an_array_of_none_gives_an_array_of_nread():
    assert command("-", given="[]").stdout == b"[]\n"


def test_who_reads_the_beginning_only_sees_no_traceback():
    with subprocess.Popen(
        [sys.executable, "-m", "services", "slots", str(CASES / "slots.json")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        reader.stdout.close()

        assert (reader.wait(60), reader.stderr.read()) == (1, b"")


def test_the_command_brings_nothing_along_but_the_engine():
    code = (
        "import sys\n"
        "from services.__main__ import main\n"
        "code = main()\n"
        "print(sorted({'flask', 'sqlalchemy', 'dramatiq', 'psycopg'} & set(sys.modules)))\n"
        "sys.exit(code)"
    )

    done = command("-", given="[]", first=("-c", code))

    assert (done.returncode, done.stdout) == (0, b"[]\n[]\n")


# ---------------------------------------------------------------- what a key means


def starts(document: dict[str, Any]) -> list[str]:
    slots: list[str] = answer(read(document))["slots"]
    return slots


@pytest.mark.parametrize(("rule", "first"), [("sum", "17:00"), ("max", "16:30"), (None, "17:00")])
def test_p8_buffers_of_both_add_up_unless_the_case_says_max(rule, first):
    document = {**BASE, "buffer_before_min": 30, "busy": [{**BUSY, "buffer_after_min": 30}]}
    if rule:
        document["buffer_rule"] = rule

    assert next(start for start in starts(document) if start > BUSY["start"])[11:16] == first


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 30),
        ({"duration_min": 0}, 0),
        ({"increment_min": -5}, 0),
        ({"days_off": ["2026-06-01"]}, 15),
        ({"days_off": ["2026-06-01"], "overrides": [{"date": "2026-06-01", "intervals": []}]}, 15),
        (
            {
                "days_off": ["2026-06-01"],
                "overrides": [{"date": "2026-06-01", "intervals": [["09:00", "24:00"]]}],
            },
            15,
        ),
        ({"day_limit": 0}, 30),
        ({"day_limit": 0, "counted": [{"start": "2026-06-02T03:59:00Z"}]}, 15),
        ({"horizon": {"last_local_date": "2026-06-01"}}, 15),
        ({"busy": [{**BUSY, "blocks": False}]}, 30),
        ({"busy": [{"start": BUSY["start"], "end": BUSY["start"]}]}, 30),
        ({"now": BUSY["start"], "busy": [{**BUSY, "expires": BUSY["start"]}]}, 26),
        ({"grid_offset_min": -15}, 28),
        ({"slot_must_end_in_window": True}, 30),
        ({"hosts": [{"working_hours": BASE["working_hours"]}, {}]}, 30),
        ({"hosts": [{"working_hours": BASE["working_hours"]}, {}], "host_mode": "all"}, 0),
        ({"hosts": [{}], "busy": [BUSY]}, 0),
        ({"hosts": [{"working_hours": BASE["working_hours"]}], "busy": [BUSY]}, 27),
        ({"timezone": "Etc/GMT+5"}, 30),
        ({"expected_by_policy": {}, "peer_notes": 1, "tags": None, "id": "x"}, 30),
    ],
)
def test_what_a_key_means(change, count):
    assert len(starts({**BASE, **change})) == count


def test_a_grid_begins_where_hours_begin_that_reach_into_the_window():
    document = {
        **BASE,
        "window": {"start": "2026-06-01T14:10:00Z", "end": "2026-06-01T15:00:00Z"},
        "availability": [{"start": "2026-06-01T10:40:00Z", "end": "2026-06-01T13:00:00Z"}],
    }

    assert [start[11:16] for start in starts(document)] == ["14:10", "14:40"]


@pytest.mark.parametrize(
    ("end", "last"), [("15:00:00", "14:00"), ("14:59:00", "13:30"), ("14:59:01", "14:00")]
)
def test_a_slot_that_must_end_in_the_window_may_end_with_it(end, last):
    window = {"start": "2026-06-01T13:00:00Z", "end": f"2026-06-01T{end}Z"}

    found = starts({**BASE, "window": window, "slot_must_end_in_window": True})

    assert found[-1][11:16] == last


def test_a_grid_that_is_moved_back_reaches_into_the_hours_before():
    """From 13:10 by 80 minutes: 11:50 belongs to the afternoon's grid, in the morning's hours."""
    document = {
        **BASE,
        "timezone": "UTC",
        "window": {"start": "2026-06-01T00:00:00Z", "end": "2026-06-02T00:00:00Z"},
        "working_hours": [
            {"days": [1], "start": "09:00", "end": "12:00"},
            {"days": [1], "start": "13:10", "end": "15:00"},
        ],
        "duration_min": 10,
        "increment_min": 60,
        "grid_offset_min": -80,
    }

    found = [start[11:16] for start in starts(document)]

    assert found == ["09:40", "10:40", "11:40", "11:50", "13:50", "14:50"]
