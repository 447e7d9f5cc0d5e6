"""An answer of `softstart slots --explain` in words: what decided, and which time that is about."""

from datetime import datetime
from typing import Final

from services.scheduler.domain.availability import Cause
from services.scheduler.domain.case_reasons import Because
from services.scheduler.domain.cases import Case
from services.scheduler.domain.explanation import Closing, Explanation, Reason
from services.scheduler.domain.interval import Minute, instant, whole_minutes

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"

_BY_RULE: Final = {
    "now": "that time is over; now is {start}",
    "minimum_notice_min": "inside the minimum notice, which ends at {end}",
    "horizon.first_local_date": "before the horizon, whose first local day begins at {start}",
    "horizon.last_local_date": "beyond the horizon, whose last local day ends at {end}",
    "window.start": "before the window, which begins at {start}",
    "window.end": "after the window, which ends at {end}",
    "slot_must_end_in_window": "it would end after the window, which ends at {end}",
    "duration_min": "there is no visit of {duration} minutes",
    "grid_offset_min": "off the grid, which is moved by {offset} minutes from the hours' {start}",
}
_BY_CLOSING: Final = {
    Closing.OVERRIDE: "an override replaces the hours of the local day from {start} to {end}",
    Closing.TIME_OFF: "the local day from {start} to {end} is a day off",
}
_BY_REASON: Final = {
    Reason.OFF_GRID: "off the grid, which has a start every {step} minutes",
    Reason.FULL: "the cap of {limit} is reached on the local day from {start} to {end}",
    Reason.BUFFER: "buffer: {gap} minutes are wanted between it and {what} from {start} to {end}",
}
_WHAT: Final = {
    Cause.APPOINTMENT: "something busy",
    Cause.HOLD: "a hold",
    Cause.OUTSIDE: "an outside event",
    Cause.UNREAD: "an outside calendar that could not be read",
    Cause.BLOCKED: "a blocked stretch",
    Cause.DAY_OFF: "a day off",
}


def stamp(at: Minute | datetime) -> str:
    """An instant, or the one at which a minute begins, in UTC."""
    return (instant(at) if isinstance(at, int) else at).strftime(_FORM)


def sentence(case: Case, because: Because) -> str:
    """One sentence, and the place in the document that it goes back to."""
    found = because.found
    start, end = (stamp(one) for one in found.interval) if found.interval else ("", "")
    words = _template(because).format(
        start=start,
        end=end,
        gap=found.gap,
        what=_WHAT[found.cause] if found.cause else "",
        limit=case.day_limit,
        offset=case.offset,
        duration=whole_minutes(case.policy.duration),
        step=whole_minutes(case.policy.step),
    )
    return f"{'Not offered' if found.reason else 'Offered'}: {words} ({because.rule})."


def _template(because: Because) -> str:
    found = because.found
    if found.reason is None:
        return "inside the hours from {start} to {end}, and nothing is in the way"
    if because.rule in _BY_RULE:
        return _BY_RULE[because.rule]
    if found.reason is Reason.OUTSIDE_HOURS:
        return "outside the hours" + _hours(found)
    if found.why is not None:
        return _BY_CLOSING[found.why]
    return _BY_REASON.get(found.reason, "{what} is there from {start} to {end}")


def _hours(found: Explanation) -> str:
    return "" if found.interval is None else ": those from {start} to {end} end before it would"
