"""Why a case offers a time or not: the engine's reason, and the part of the case that gave it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.scheduler.domain.availability import Busy
from services.scheduler.domain.cases import Calendar, Case
from services.scheduler.domain.explanation import (
    Closed,
    Closing,
    Explanation,
    Reason,
    explain,
)
from services.scheduler.domain.hours import Hours, WallRange, day_bounds, local_date
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    minute_at_or_after,
    minute_at_or_before,
    whole_minutes,
)

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Because:
    """One calendar's answer: what the engine says, and where in the document that stands.

    `rule` is a path such as `hosts[0].busy[2]` or `minimum_notice_min`; of a time that is offered
    it is the path of what is open then.
    """

    found: Explanation
    rule: str


_NEARER_AND_NEARER: Final = (
    Reason.TOO_SOON,
    Reason.TOO_FAR,
    Reason.CLOSED,
    Reason.OUTSIDE_HOURS,
    Reason.OFF_GRID,
    Reason.FULL,
    Reason.OUTSIDE_UNREAD,
    Reason.OUTSIDE_EVENT,
    Reason.BLOCKED,
    Reason.TAKEN,
    Reason.HELD,
    Reason.BUFFER,
    None,
)


def nearest(answers: Iterable[Because]) -> Because:
    """The answer that offers, or else came the furthest; of several the first."""
    return max(answers, key=lambda one: _nearness(one.found))


def why(case: Case, at: datetime) -> list[Because]:
    """Why a visit from that instant is offered or not, by each calendar that is looked at alone."""
    everybody = range(len(case.hosts))
    hosts = [everybody] if case.together else [range(n, n + 1) for n in everybody]
    return [
        _because(case, calendar, of, at)
        for calendar, of in zip(case.calendars(), hosts, strict=True)
    ]


def _because(case: Case, calendar: Calendar, hosts: Sequence[int], at: datetime) -> Because:
    for rule, length in (
        ("duration_min", case.policy.duration),
        ("increment_min", case.policy.step),
    ):
        if whole_minutes(length) <= 0:
            return Because(found=Explanation(reason=Reason.OFF_GRID), rule=rule)
    start = minute_at_or_before(at)
    found = _explained(case, calendar, start, [busy for _, busy in calendar.taken])
    if found.reason in (Reason.TOO_SOON, Reason.TOO_FAR):
        return _out_of_bounds(case, found)
    if found.reason is Reason.OUTSIDE_HOURS:
        return _not_open(case, calendar, hosts, start)
    if found.reason is Reason.OFF_GRID or start < minute_at_or_after(at):
        return _off_grid(calendar, start, "increment_min")
    if found.reason is Reason.FULL:
        day = day_bounds(local_date(start, case.zone), case.zone)
        return Because(found=replace(found, interval=day), rule="day_limit")
    return Because(found=found, rule=_busy_or_open(case, calendar, hosts[0], start, found))


def _busy_or_open(
    case: Case, calendar: Calendar, host: int, start: Minute, found: Explanation
) -> str:
    if found.reason is None:
        return _source(case, host, start)
    return next(
        place for place, one in calendar.taken if _explained(case, calendar, start, [one]) == found
    )


def _off_grid(calendar: Calendar, start: Minute, rule: str) -> Because:
    home = _around(start, calendar.opened)
    return Because(found=Explanation(reason=Reason.OFF_GRID, interval=home), rule=rule)


def _explained(case: Case, calendar: Calendar, start: Minute, taken: Sequence[Busy]) -> Explanation:
    within, full = case.within(), case.full()
    by_grid = (
        explain(start, grid, taken, case.policy, within=within, full=full)
        for grid in case.grids(calendar.opened)
    )
    return max(by_grid, key=_nearness)


def _nearness(found: Explanation) -> int:
    return _NEARER_AND_NEARER.index(found.reason)


def _out_of_bounds(case: Case, found: Explanation) -> Because:
    """Of several bounds the narrowest; on a tie the practice's rule rather than the window."""
    if found.reason is Reason.TOO_SOON:
        bound = max(case.not_before(), key=lambda one: one.minute)
    else:
        bound = min(case.before(), key=lambda one: one.minute)
    return Because(found=replace(found, interval=bound.interval), rule=bound.rule)


# ---------------------------------------------------------------- hours


def _not_open(case: Case, calendar: Calendar, hosts: Sequence[int], start: Minute) -> Because:
    """Whose hours have no room for the visit; or if all have, they begin before the grid does."""
    visit = Interval(start, start + whole_minutes(case.policy.duration))
    for n in hosts:
        host = case.hosts[n]
        opened = host.opened(case.window)
        if any(one.start <= visit.start and visit.end <= one.end for one in opened):
            continue
        differs = _differs(case, n, start)
        found = explain(
            start,
            opened,
            (),
            case.policy,
            within=case.within(),
            closed=[closed for closed, _ in differs],
        )
        if found.reason is Reason.CLOSED:
            return Because(found=found, rule=differs[0][1])
        return Because(found=found, rule=_source(case, n, start))
    return _off_grid(calendar, start, "grid_offset_min")


def _around(start: Minute, opened: Iterable[Interval]) -> Interval | None:
    return next((one for one in opened if one.start <= start < one.end), None)


def _differs(case: Case, n: int, start: Minute) -> list[tuple[Closed, str]]:
    """The day off or else the override on the local date of that host, and its place: or none."""
    host = case.hosts[n]
    day = local_date(start, host.zone)
    bounds = day_bounds(day, host.zone)
    off = [
        (Closed(*bounds, Closing.TIME_OFF), case.place(n, f"days_off[{k}]"))
        for k, one in enumerate(host.days_off)
        if one == day
    ]
    return off or [
        (Closed(*bounds, Closing.OVERRIDE), case.place(n, f"overrides[{k}]"))
        for k, one in enumerate(host.overrides)
        if one.day == day
    ]


def _source(case: Case, n: int, minute: Minute) -> str:
    """What is open at that minute; if nothing is, where the hours stand."""
    host = case.hosts[n]
    for k, one in enumerate(host.availability):
        if one.start <= minute < one.end:
            return case.place(n, f"availability[{k}]")
    today = local_date(minute, host.zone)
    for day in (today, today - _DAY):
        for part, wall in _walls(case, n, day):
            open_then = Hours(host.zone, (), {day: [wall]}).on(day)
            if _around(minute, open_then) is not None:
                return case.place(n, part)
    absolute = host.availability and not host.weekly
    return case.place(n, "availability" if absolute else "working_hours")


def _walls(case: Case, n: int, day: date) -> Iterator[tuple[str, WallRange]]:
    """The ranges of that local date, and which part of the host says so."""
    host = case.hosts[n]
    if day in host.days_off:
        return
    if any(one.day == day for one in host.overrides):
        for k, override in enumerate(host.overrides):
            if override.day == day:
                yield from ((f"overrides[{k}]", wall) for wall in override.walls)
        return
    for k, weekly in enumerate(host.weekly):
        if day.isoweekday() in weekly.days:
            yield f"working_hours[{k}]", weekly.wall
