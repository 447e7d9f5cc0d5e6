"""The rules of booking on one page, and who changed them: where each of their forms is found."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain import public_holidays
from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.operations import (
    appointment_types,
    closures,
    couple_rules,
    places,
    schedules,
)
from services.scheduler.web import rule_words, words
from services.scheduler.web.rule_pages import is_owner, practice_zone
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff

pages = Blueprint("rules", __name__, url_prefix="/staff/rules")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)


@pages.get("")
def overview() -> ResponseReturnValue:
    """What can be booked, where, when not, and with whom."""
    with database().begin() as session:
        return render_template(
            "scheduler/rules.html",
            kinds=[
                {"code": one.code, "title": one.title, "ended": one.ended_at is not None,
                 "summary": rule_words.summary(one)}
                for one in appointment_types.every(session)
            ],
            houses=[
                {"name": house.location.name, "closed": house.location.ended_at is not None,
                 "rooms": [one.name for one in house.rooms if one.ended_at is None]}
                for house in places.houses(session)
            ],
            closed=_closed(session),
            needs_both=couple_rules.facts(closures.rules(session))["move_needs_both"],
            people=[
                {"id": one.practitioner_id, "name": one.name,
                 "said": _person(one.languages, one.sees_couples)}
                for one in schedules.open_schedules(session)
            ],
            trail=rule_words.trail(session, practice_zone()),
            owner=is_owner(),
        )  # fmt: skip


def _closed(session: Session) -> dict[str, object]:
    rules = closures.rules(session)
    today = utcnow().astimezone(practice_zone()).date()
    names = public_holidays.names(rules.holidays, today.year)
    return {
        "region": rule_words.region(rules.holidays) if rules.holidays else None,
        "kept": len([one for one in names if one not in rules.worked]),
        "days": [
            f"{words.full_days(one.first_day, one.last_day)}{f' ({one.reason})' * bool(one.reason)}"
            for one in closures.closed_days(session, since=today)
        ],
    }


def _person(languages: frozenset[str], sees_couples: bool) -> str:
    named = ", ".join(name for code, name in LANGUAGES.items() if code in languages)
    return f"{named}. {'Couples and single people' if sees_couples else 'Single people'}"
