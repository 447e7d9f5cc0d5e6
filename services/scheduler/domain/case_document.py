"""A case's document, read: every part by its name, every refusal with its place.

    {"timezone": IANA zone, "now": instant, "window": {"start", "end"},
     "working_hours": [{"days": [1..7], "start": "HH:MM", "end": "HH:MM", "overnight": bool}],
     "overrides": [{"date", "intervals": [["HH:MM", "HH:MM"]]}], "days_off": [date],
     "availability": [{"start", "end"}],
     "busy": [{"start", "end", "buffer_before_min", "buffer_after_min", "blocks", "expires"}],
     "hosts": [{any of the five above, "timezone"}], "host_mode": "any" | "all",
     "duration_min", "increment_min", "grid_offset_min", "buffer_before_min", "buffer_after_min",
     "buffer_rule": "sum" | "max", "minimum_notice_min", "slot_must_end_in_window": bool,
     "horizon": {"first_local_date", "last_local_date"}, "day_limit", "counted": [{"start"}]}

Zone, window, duration and increment are needed. The visit's own buffers and those of what is busy
add up (`sum`) unless the case says `max`, which is the practice's rule. With hosts, hours that
stand beside them count for nobody, what is busy there for everybody. Hours on the wall that end
before they start are none. A busy time may say by its `cause` what it is; one that expires is a
hold. What only describes a case is passed over, anything else unknown is refused: a rule that is
misspelt would be a rule left out.
"""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.scheduler.domain.availability import Cause, Policy, busy
from services.scheduler.domain.case_values import (
    MOST_MINUTES,
    Part,
    Reader,
    Wrong,
    closing,
    day,
    instant,
    listed,
    minutes,
    parts,
    perhaps,
    signed_minutes,
    truth,
    wall,
    whole,
    word,
    zone,
)
from services.scheduler.domain.cases import Case, Host, Override, Taken, Weekly
from services.scheduler.domain.hours import WallRange
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    minute_at_or_after,
    minute_at_or_before,
)

_DESCRIBE: Final = frozenset(
    (
        *("id", "uid", "name", "title", "label", "summary", "about", "why", "reason", "source"),
        *("note", "notes", "comment", "description", "tags", "verified", "policy_independent"),
        *("feasible_start_ranges", "free_intervals_in_window"),
        # They place the starts of other engines' grids.
        *("grid_timezone", "free_starts_at_window"),
    )
)


def _describes(name: str) -> bool:
    return name in _DESCRIBE or name.startswith(("peer_", "expected"))


def _object(known: Mapping[str, Part], make: Callable[[dict[str, Any]], Any]) -> Reader[Any]:
    """An object of these parts, made into a value."""
    read = parts(_describes, known)
    return lambda value: make(read(value))


# ---------------------------------------------------------------- time, open and taken


def _in_order(given: Mapping[str, Any]) -> None:
    if given["end"] < given["start"]:
        raise Wrong("is before the start.", "end")


def _inwards(given: Mapping[str, Any]) -> Interval:
    _in_order(given)
    return Interval(minute_at_or_after(given["start"]), minute_at_or_before(given["end"]))


def _window(given: Mapping[str, Any]) -> Interval:
    """Of the first whole minute in it, and the first after it."""
    _in_order(given)
    found = Interval(minute_at_or_after(given["start"]), minute_at_or_after(given["end"]))
    if found.end - found.start > MOST_MINUTES:
        raise Wrong("is more than ten years after the start.", "end")
    return found


def _taken(given: Mapping[str, Any]) -> Taken:
    _in_order(given)
    cause = given["cause"] or (Cause.HOLD if given["expires"] else Cause.APPOINTMENT)
    before, after = (
        timedelta(minutes=given[name]) for name in ("buffer_before_min", "buffer_after_min")
    )
    return Taken(
        busy(given["start"], given["end"], before, after, Cause(cause)),
        blocks=given["blocks"],
        expires=given["expires"],
    )


def _range(start: time, end: time | None, *, overnight: bool = False) -> WallRange:
    if end is None:
        return WallRange(start, time(0), overnight=True)
    return WallRange(start, end, overnight=overnight and end <= start)


def _weekly(given: Mapping[str, Any]) -> Weekly:
    wall_range = _range(given["start"], given["end"], overnight=given["overnight"])
    return Weekly(frozenset(given["days"]), wall_range)


def _pair(value: object) -> WallRange:
    both = listed(closing)(value)
    if len(both) != 2:
        raise Wrong("has to be a start and an end.")
    start, end = both
    if start is None:
        raise Wrong("has to be a time such as 09:30.", 0)
    return _range(start, end)


_STRETCH: Final = {"start": Part(instant), "end": Part(instant)}
_BUFFERS: Final = {
    "buffer_before_min": Part(minutes, 0),
    "buffer_after_min": Part(minutes, 0),
}
_BUSY: Final = Part(
    listed(
        _object(
            {
                **_STRETCH,
                **_BUFFERS,
                "blocks": perhaps(truth, default=True),
                "expires": perhaps(instant),
                "cause": perhaps(word([*Cause])),
            },
            _taken,
        )
    ),
    (),
)
_CALENDAR: Final = {
    "working_hours": Part(
        listed(
            _object(
                {
                    "days": Part(listed(whole(1, 7))),
                    "start": Part(wall),
                    "end": Part(closing),
                    "overnight": perhaps(truth, default=False),
                },
                _weekly,
            )
        ),
        (),
    ),
    "overrides": Part(
        listed(
            _object(
                {"date": Part(day), "intervals": Part(listed(_pair))},
                lambda given: Override(given["date"], given["intervals"]),
            )
        ),
        (),
    ),
    "days_off": Part(listed(day), ()),
    "availability": Part(listed(_object(_STRETCH, _inwards)), ()),
    "busy": _BUSY,
}
_HOST: Final = parts(_describes, {**_CALENDAR, "timezone": perhaps(zone)})


# ---------------------------------------------------------------- the case


def _counted(given: Mapping[str, Any]) -> Minute:
    return minute_at_or_before(given["start"])


_CASE: Final = parts(
    _describes,
    {
        "timezone": Part(zone),
        "now": perhaps(instant),
        "window": Part(_object(_STRETCH, _window)),
        "duration_min": Part(signed_minutes),
        "increment_min": Part(signed_minutes),
        "grid_offset_min": Part(signed_minutes, 0),
        **_BUFFERS,
        "buffer_rule": Part(word(["sum", "max"]), "sum"),
        "minimum_notice_min": Part(minutes, 0),
        "slot_must_end_in_window": perhaps(truth, default=False),
        "horizon": perhaps(
            parts(_describes, {"first_local_date": perhaps(day), "last_local_date": perhaps(day)}),
            {"first_local_date": None, "last_local_date": None},
        ),
        "day_limit": perhaps(whole(0, MOST_MINUTES)),
        "counted": Part(
            listed(_object({"start": Part(instant), "end": perhaps(instant)}, _counted)), ()
        ),
        **_CALENDAR,
        "hosts": perhaps(listed(_HOST), ()),
        "host_mode": Part(word(["any", "all"]), "any"),
        "kind": Part(word(["slots"]), "slots"),
    },
)


_LENGTHS: Final = (
    *("duration_min", "increment_min", "minimum_notice_min"),
    *("buffer_before_min", "buffer_after_min"),
)


def read(document: object) -> Case:
    """The case that a document describes. Raises Wrong, with the steps to what is wrong."""
    given = _CASE(document)
    hosts, alone = given["hosts"], not given["hosts"]
    length = {name: timedelta(minutes=value) for name, value in given.items() if name in _LENGTHS}
    return Case(
        zone=given["timezone"],
        window=given["window"],
        policy=Policy(
            duration=length["duration_min"],
            step=length["increment_min"],
            before=length["buffer_before_min"],
            after=length["buffer_after_min"],
            notice=length["minimum_notice_min"],
            buffers=given["buffer_rule"],
        ),
        hosts=[_host(one, given["timezone"]) for one in ([given] if alone else hosts)],
        alone=alone,
        together=given["host_mode"] == "all",
        common=() if alone else given["busy"],
        now=given["now"],
        first=given["horizon"]["first_local_date"],
        last=given["horizon"]["last_local_date"],
        ends_inside=given["slot_must_end_in_window"],
        day_limit=given["day_limit"],
        counted=given["counted"],
        offset=given["grid_offset_min"],
    )


def _host(given: Mapping[str, Any], zone_of_case: ZoneInfo) -> Host:
    return Host(
        zone=given["timezone"] or zone_of_case,
        weekly=given["working_hours"],
        overrides=given["overrides"],
        days_off=given["days_off"],
        availability=given["availability"],
        taken=given["busy"],
    )
