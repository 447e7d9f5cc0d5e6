"""A bad case is refused by the path of its field, whatever it is; nothing else comes of it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.given import BadInput
from services.slots import answer, cases, explanation
from tests.unit.scheduler.cases import (
    BASE,
    BUSY,
    HOSTS,
    command,
    read,
    timezone_cases,
    utc,
)


def refusal(document: object) -> str:
    with pytest.raises(BadInput) as refused:
        cases(json.dumps(document))
    return str(refused.value)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in BASE.items() if key != name}


def hours(**change: Any) -> dict[str, Any]:
    return {**BASE, "working_hours": [{**BASE["working_hours"][0], **change}]}


def busy(**change: Any) -> dict[str, Any]:
    return {**BASE, "hosts": [{}, {"busy": [BUSY, {**BUSY, **change}]}]}


BAD: list[tuple[object, str]] = [
    *((without(name), name) for name in ("timezone", "window", "duration_min", "increment_min")),
    ({**BASE, "duration_min": "30"}, "duration_min"),
    ({**BASE, "duration_min": 30.5}, "duration_min"),
    ({**BASE, "duration_min": True}, "duration_min"),
    ({**BASE, "duration_min": None}, "duration_min"),
    ({**BASE, "duration_min": 10**400}, "duration_min"),
    ({**BASE, "duration_min": 10**18}, "duration_min"),
    ({**BASE, "increment_min": float("nan")}, "increment_min"),
    ({**BASE, "increment_min": float("inf")}, "increment_min"),
    ({**BASE, "buffer_before_min": -1}, "buffer_before_min"),
    ({**BASE, "minimum_notice_min": -(10**9)}, "minimum_notice_min"),
    ({**BASE, "buffer_rule": "avg"}, "buffer_rule"),
    ({**BASE, "bufer_rule": "max"}, "bufer_rule"),
    ({**BASE, "timezone": "Mars/Olympus_Mons"}, "timezone"),
    ({**BASE, "timezone": 5}, "timezone"),
    ({**BASE, "now": "yesterday"}, "now"),
    ({**BASE, "now": "2026-06-01T10:00:00"}, "now"),
    ({**BASE, "now": 1780000000}, "now"),
    ({**BASE, "window": []}, "window"),
    ({**BASE, "window": {"start": "2026-06-01T00:00:00Z"}}, "window.end"),
    ({**BASE, "window": {**BASE["window"], "start": "2026-13-01T00:00:00Z"}}, "window.start"),
    ({**BASE, "window": {**BASE["window"], "start": "2026-07-01T00:00:00Z"}}, "window.end"),
    ({**BASE, "window": {**BASE["window"], "end": "2999-07-01T00:00:00Z"}}, "window.end"),
    ({**BASE, "window": {**BASE["window"], "start": "0001-01-01T00:00:00Z"}}, "window.start"),
    ({**BASE, "window": {**BASE["window"], "zone": "UTC"}}, "window.zone"),
    ({**BASE, "working_hours": {}}, "working_hours"),
    ({**BASE, "working_hours": [7]}, "working_hours[0]"),
    (hours(days=[1, 8]), "working_hours[0].days[1]"),
    (hours(days="Mon"), "working_hours[0].days"),
    (hours(start="9 am"), "working_hours[0].start"),
    (hours(start="24:00"), "working_hours[0].start"),
    (hours(end="24:30"), "working_hours[0].end"),
    (hours(end="12:60"), "working_hours[0].end"),
    (hours(overnight="yes"), "working_hours[0].overnight"),
    ({**BASE, "overrides": [{"date": "2026-02-30", "intervals": []}]}, "overrides[0].date"),
    ({**BASE, "overrides": [{"date": "20260601", "intervals": []}]}, "overrides[0].date"),
    ({**BASE, "overrides": [{"date": "2026-06-01"}]}, "overrides[0].intervals"),
    ({**BASE, "overrides": [{"date": "2026-06-01", "intervals": [["09:00"]]}]},
     "overrides[0].intervals[0]"),
    ({**BASE, "overrides": [{"date": "2026-06-01", "intervals": [["09:00", "x"]]}]},
     "overrides[0].intervals[0][1]"),
    ({**BASE, "days_off": ["Monday"]}, "days_off[0]"),
    ({**BASE, "availability": [{"start": BUSY["end"], "end": BUSY["start"]}]},
     "availability[0].end"),
    (busy(start="soon"), "hosts[1].busy[1].start"),
    (busy(end="2026-06-01T14:00:00Z"), "hosts[1].busy[1].end"),
    (busy(blocks=1), "hosts[1].busy[1].blocks"),
    (busy(expires=""), "hosts[1].busy[1].expires"),
    (busy(buffer_after_min=1.5), "hosts[1].busy[1].buffer_after_min"),
    (busy(cause="dentist"), "hosts[1].busy[1].cause"),
    (busy(**{"bad name\n": 1}), 'hosts[1].busy[1]["bad name\\n"]'),
    ({**BASE, "hosts": [{"timezone": ""}]}, "hosts[0].timezone"),
    ({**BASE, "hosts": "Dana"}, "hosts"),
    ({**BASE, "host_mode": "both"}, "host_mode"),
    ({**BASE, "horizon": {"last_local_date": "soon"}}, "horizon.last_local_date"),
    ({**BASE, "horizon": {"days": 5}}, "horizon.days"),
    ({**BASE, "day_limit": -1}, "day_limit"),
    ({**BASE, "counted": [{}]}, "counted[0].start"),
    ({**BASE, "slot_must_end_in_window": "true"}, "slot_must_end_in_window"),
    ({**BASE, "kind": "wall-time"}, "kind"),
    ([BASE, {**BASE, "now": 5}], "[1].now"),
    ([BASE, None], "[1]"),
    ({"cases": [BASE, without("window")]}, "cases[1].window"),
    ({"cases": BASE}, "cases"),
    ({"cases": [], "case": BASE}, "case"),
    ("text", "document"),
    (None, "document"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "field"), BAD)
def test_a_bad_case_is_refused_by_the_path_of_its_field(document, field):
    assert refusal(document).partition(": ")[0] == field


def test_a_bad_case_ends_the_command_with_status_2_and_one_sentence():
    done = command("-", given=json.dumps(busy(start="soon")))

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == (
        b"softstart: hosts[1].busy[1].start: has to be an instant such as 2026-03-01T15:00:00Z.\n"
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"now": 1, "now": 2}', "\xff", '{"now": ' + "9" * 5000 + "}"]
)
def test_what_is_no_json_is_refused_with_one_sentence_and_status_2(text):
    done = command("-", given=text.encode("latin-1"))

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"softstart: ")
    assert done.stderr.count(b"\n") == 1


def test_a_missing_file_is_refused_by_its_name():
    done = command("nowhere.json")

    assert done.returncode == 2
    assert done.stderr.startswith(b"softstart: nowhere.json: can't be read")


@pytest.mark.parametrize("name", timezone_cases()["invalid_zone_names"]["names"])
def test_what_is_no_zone_is_refused_and_never_taken_for_utc(name):
    assert refusal({**BASE, "timezone": name}).startswith("timezone: ")
    assert refusal({**BASE, "hosts": [{"timezone": name}]}).startswith("hosts[0].timezone: ")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["cases", "hosts", *BASE, "busy"]) | st.text(), inner)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=300)
def test_whatever_comes_in_is_a_case_or_refused(document):
    try:
        found = cases(json.dumps(document))
    except BadInput:
        return
    for case in found if isinstance(found, list) else [found]:
        assert "slots" in answer(case)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_case_with_anything_at_all_in_one_place_is_answered_or_refused(data):
    document = json.loads(json.dumps({**BASE, **HOSTS, "now": BUSY["start"], "day_limit": 1}))
    place: Any = document
    while True:
        step = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0]))
        if not place[step] or not isinstance(place[step], dict | list) or data.draw(st.booleans()):
            break
        place = place[step]
    place[step] = data.draw(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.datetimes().map(lambda at: f"{at.isoformat()}Z")
        | st.dates().map(str)
        | st.just([])
        | st.just({})
    )
    try:
        case = read(document)
    except BadInput:
        return
    assert explanation(case, utc("2026-06-01T15:00:00Z"))["offered"] in (True, False)
