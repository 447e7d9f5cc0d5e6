"""The plots of the page of insight: what was found, as a sentence, a drawing and a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.scheduler.domain import charts
from services.scheduler.domain import insight as counts
from services.scheduler.domain.insight import Cell, Period, shown
from services.scheduler.domain.interval import Interval
from services.scheduler.operations.insight import Attendance, Sought

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NOTHING: Final = "Nothing to show in these weeks."


@dataclass(frozen=True)
class Plot:
    """One finding. `drawing` is SVG, all words in it escaped; none: there is nothing."""

    key: str
    title: str
    finding: str
    drawing: str | None
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: str = ""
    wide: bool = False


def sought(found: Sequence[Sought]) -> Plot:
    """Who came to choose a time, and found none (N10)."""
    asked, booked = sum(one.asked for one in found), sum(one.booked for one in found)
    waited = sum(one.waited for one in found)
    steps = [
        ("Could choose a time", asked),
        ("Have one", booked),
        ("None suited: they wait for another", waited),
    ]
    finding = _NOTHING
    if asked:
        finding = (
            f"{_people(asked)} came to choose a time; {shown(booked)} have one, and for"
            f" {shown(waited)} no free time suited."
        )
    return Plot(
        "no-time",
        "Came to choose a time",
        finding,
        charts.bars(steps, title=finding) if asked else None,
        "People who could choose a time, by type",
        ("Type", "Could choose", "Have a time", "None suited"),
        [(one.title, *map(shown, (one.asked, one.booked, one.waited))) for one in found],
        "Someone counts as “none suited” who asked us to tell them of another time and has none"
        " yet. Who left without a word is among those who could choose.",
    )


def waits(days: Mapping[int, int]) -> Plot:
    """Days until the first time."""
    found = counts.waits(days)
    names = [*map(str, range(counts.LONGEST_WAIT)), f"{counts.LONGEST_WAIT}+"]
    half, finding = counts.middle(found), _NOTHING
    if half is not None:
        when = {0: "on the same day", 1: "within 1 day"}.get(half, f"within {half} days")
        finding = f"Half of those who have a first time are seen {when}."
        if half == counts.LONGEST_WAIT:
            finding = f"Half of those who have a first time wait {half} days or longer."
        if sum(found) < counts.FEWEST:
            finding = f"{shown(sum(found)).capitalize()} have a first time: too few to say more."
    pairs = list(zip(names, found, strict=True))
    return Plot(
        "days",
        "Days until the first call",
        finding,
        charts.columns(pairs, title=finding) if half is not None else None,
        "First times by days waited since they could be chosen",
        ("Days", "People"),
        [(name, shown(count)) for name, count in pairs],
    )


def attendance(found: Mapping[bool, Attendance]) -> Plot:
    """Who did not come, and whether those did who had confirmed their reminder."""
    yes, no = found[True], found[False]
    both = Attendance(yes.came + no.came, yes.missed + no.missed)
    finding, said = _NOTHING, [_missed(one) for one in (both, yes, no)]
    if both.settled:
        finding = f"Of {shown(both.settled)} times that were settled, {_in_words(both)}."
    split = _comparable(yes, no)
    kinds = [("All", both)] + (
        [("Confirmed by text", yes), ("Did not confirm", no)] if split else []
    )
    words = dict(zip(("All", "Confirmed by text", "Did not confirm"), said, strict=True))
    return Plot(
        "attendance",
        "Did not come",
        finding,
        charts.bars([(f"{name}, missed", one.missed) for name, one in kinds], title=finding)
        if both.settled
        else None,
        "Times after which someone said who came",
        ("Of", "Settled", "Did not come", "Share"),
        [(name, shown(one.settled), shown(one.missed), words[name]) for name, one in kinds],
        _effect(yes, no) if both.settled else "",
    )


def _comparable(*groups: Attendance) -> bool:
    """Whether no group could be found by subtracting the other from all."""
    return all(min(one.came, one.missed) >= counts.FEWEST for one in groups)


def _effect(yes: Attendance, no: Attendance) -> str:
    one, other = (counts.share(part.missed, part.settled) for part in (yes, no))
    if one is None or other is None:
        return "Too few to compare those who confirmed their reminder with those who did not."
    said = (
        f"Of those who confirmed their reminder, {one.percent}% did not come; of the others,"
        f" {other.percent}%."
    )
    doubt = "" if counts.apart(one, other) else " The difference may well be chance."
    return f"{said}{doubt} It is no proof: who means to come is also more likely to answer."


def _missed(of: Attendance) -> str:
    found = counts.share(of.missed, of.settled)
    return f"{found.percent}% ({found.low} to {found.high}%)" if found else "too few to say"


def _in_words(of: Attendance) -> str:
    found = counts.share(of.missed, of.settled)
    if found is None:
        return f"{shown(of.missed)} were missed: too few to give a share"
    return (
        f"{found.percent}% were missed; by so many one can only say that it is between"
        f" {found.low} and {found.high}%"
    )


def filled(
    booked: Mapping[int, Counter[date]],
    hours: Mapping[int, Sequence[Interval]],
    names: Mapping[int, str],
    period: Period,
) -> Plot:
    """Booked hours of open hours, by week and by clinician."""
    opened = {number: counts.minutes_by_week(one, period) for number, one in hours.items()}
    rows, weekly = [], []
    for monday in period.mondays:
        taken = sum(one[monday] for one in booked.values())
        free = sum(one[monday] for one in opened.values())
        weekly.append((f"{monday:%b} {monday.day}", _percent(taken, free)))
        rows.append((f"Week of {monday:%B} {monday.day}, {monday.year}", *_hours(taken, free)))
    for number, name in names.items():
        rows.append((name, *_hours(booked[number].total(), opened[number].total())))
    taken = sum(one.total() for one in booked.values())
    free = sum(one.total() for one in opened.values())
    finding = _NOTHING
    if free:
        finding = (
            f"{taken / 60:.0f} of {free / 60:.0f} open hours were booked: {_percent(taken, free)}%."
        )
    return Plot(
        "filled",
        "Hours filled",
        finding,
        charts.columns(weekly, title=finding, top=100, unit="%") if free else None,
        "Booked and open hours, by week and by clinician",
        ("Of", "Booked hours", "Open hours", "Filled"),
        rows,
        "Open hours are those of the usual weeks as they stand today, without public holidays."
        " Time that was given outside of them can make more than 100%.",
    )


def _percent(part: int, of: int) -> int:
    return round(100 * part / of) if of else 0


def _hours(taken: int, free: int) -> tuple[str, str, str]:
    return f"{taken / 60:.1f}", f"{free / 60:.1f}", f"{_percent(taken, free)}%" if free else "-"


def asked(
    booked: Mapping[Cell, int],
    waited: Mapping[Cell, int],
    hours: Mapping[int, Sequence[Interval]],
    period: Period,
) -> Plot:
    """Hours open against hours asked for: times that stood, and times that people wait for."""
    wanted = Counter(booked) + Counter(waited)
    opened: Counter[Cell] = Counter()
    for one in hours.values():
        opened += counts.minutes_by_cell(one, period)
    finding = _most_wanted(wanted, opened)
    shut = sorted(cell for cell in wanted if not opened[cell])
    rows = [
        (
            f"{_DAYS[weekday - 1]} {charts.clock(hour)}",
            shown(wanted[weekday, hour]),
            f"{opened[weekday, hour] / 60:.1f}",
        )
        for weekday, hour in sorted({*wanted, *opened})
    ]
    return Plot(
        "hours",
        "Hours open, hours asked for",
        finding,
        charts.heat(wanted, set(opened), title=finding) if rows else None,
        "Times asked for and hours open, by hour of the week",
        ("Hour", "Asked for", "Open hours"),
        rows,
        "A time is asked for when it stood, or when someone waits for it. A line under an hour:"
        f" it is open. Hours asked for that are never open: {len(shut)}.",
        wide=True,
    )


def _most_wanted(wanted: Mapping[Cell, int], opened: Mapping[Cell, int]) -> str:
    if not wanted and not opened:
        return _NOTHING
    many = [(count, cell) for cell, count in wanted.items() if count >= counts.FEWEST]
    if not many:
        return "No hour of the week was asked for often enough to say more."
    count, (weekday, hour) = max(many)
    return f"{_DAYS[weekday - 1]} at {charts.clock(hour)} is asked for most: {count} times."


def _people(count: int) -> str:
    return f"{shown(count).capitalize()} people"
