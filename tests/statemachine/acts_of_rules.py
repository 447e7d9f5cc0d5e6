"""What staff change in the rules while people book: each form with the version that it showed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.operations import (
    appointment_types,
    closures,
    couple_rules,
    fit,
    places,
    rule_changes,
    schedules,
    usual_weeks,
)
from services.scheduler.operations.fit import Share
from tests.statemachine.moment import STAFF, At

_LENGTHS: Final = frozenset({"step", "buffer_before", "buffer_after", "notice", "move_notice"})


def version(at: At, *, about: str, which: str = "") -> str:
    """Of what a form shows now."""
    if about == "type":
        facts = appointment_types.facts(appointment_types.find(at.session, which))
    elif about == "fit":
        facts = fit.fit_of(at.session, UUID(which))._asdict()
    elif about == "shares":
        facts = fit.share_facts(fit.shares(at.session, UUID(which)))
    else:
        facts = couple_rules.facts(closures.rules(at.session))
    return rule_changes.version_of(facts)


def change_type(at: At, *, code: str, version: str, changes: Mapping[str, Any]) -> None:
    said = {
        name: timedelta(minutes=value) if name in _LENGTHS and value is not None else value
        for name, value in changes.items()
    }
    shown = appointment_types.facts(appointment_types.find(at.session, code))
    appointment_types.change(at.session, code, version=version, values={**shown, **said}, by=STAFF)


def end_type(at: At, *, code: str) -> None:
    appointment_types.end(at.session, code, by=STAFF, now=at.now)


def begin_type(at: At, *, code: str) -> None:
    appointment_types.begin_again(at.session, code, by=STAFF)


def change_fit(at: At, *, who: str, version: str, changes: Mapping[str, Any]) -> None:
    shown = fit.fit_of(at.session, UUID(who))
    fit.set_fit(at.session, UUID(who), version=version, fit=shown._replace(**changes), by=STAFF)


def change_share(at: At, *, who: str, version: str, code: str, weight: int) -> None:
    share = Share(offered=weight > 0, weight=max(weight, 1))
    fit.set_shares(at.session, UUID(who), version=version, wanted={code: share}, by=STAFF)


def change_licence(at: At, *, who: str, states: Sequence[str]) -> None:
    schedules.set_states(at.session, UUID(who), states=states)


def close_practice(at: At, *, day: str, today: str) -> None:
    first = date.fromisoformat(day)
    closures.close(
        at.session, first=first, last=first, reason="Away together",
        today=date.fromisoformat(today), by=STAFF,
    )  # fmt: skip


def open_practice(at: At, *, number: int) -> None:
    closures.open_again(at.session, number, by=STAFF)


def close_room(at: At, *, number: int) -> None:
    places.close_room(at.session, number, by=STAFF, now=at.now)


def open_room(at: At, *, number: int) -> None:
    places.open_room(at.session, number, by=STAFF)


def change_week(at: At, *, schedule: int, who: str, ranges: Sequence[str]) -> None:
    """The same hours on each day of the week."""
    usual_weeks.set_week(
        at.session,
        schedule,
        UUID(who),
        was=usual_weeks.ALWAYS,
        of=usual_weeks.ALWAYS,
        weekly=[WeeklyRange(day, _wall(one)) for day in range(1, 8) for one in ranges],
        shortest=timedelta(minutes=20),
        version=None,
        by=STAFF,
    )


def other_day(at: At, *, schedule: int, day: str, ranges: Sequence[str]) -> None:
    schedules.override_day(
        at.session, schedule, day=date.fromisoformat(day), ranges=[_wall(one) for one in ranges]
    )


def usual_day(at: At, *, schedule: int, day: str) -> None:
    schedules.reset_day(at.session, schedule, day=date.fromisoformat(day))


def both_agree(at: At, *, version: str, both: bool) -> None:
    couple_rules.set_rule(at.session, version=version, move_needs_both=both, by=STAFF)


def _wall(text: str) -> WallRange:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return WallRange(start, end, end <= start)


ACTS: Final[tuple[Callable[..., Any], ...]] = (
    version, change_type, end_type, begin_type, change_fit, change_share, change_licence,
    close_practice, open_practice, close_room, open_room, change_week, other_day, usual_day,
    both_agree,
)  # fmt: skip
