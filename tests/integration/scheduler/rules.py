"""Staff who write the rules of booking on pages, as browsers would, and what is offered then."""

import re
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from services.scheduler.domain.interval import instant
from services.scheduler.practice_models import RuleChange
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.calendar_rules import ask
from tests.integration.scheduler.world import NEW_YORK, Visitor

TODAY = utcnow().astimezone(NEW_YORK).date()
SOON = TODAY + timedelta(days=9)
CALL = "/staff/rules/types/private-call"
PLACES = "/staff/rules/places"
CLOSURES = "/staff/rules/closures"
FIT = "/staff/rules/fit"


def form_of(page: Any, action: str) -> dict[str, Any]:
    """What a browser would send of the form that leads there, if nothing were touched."""
    html = page.get_data(as_text=True)
    forms = re.findall(r"<form\b.*?</form>", html, re.DOTALL)
    (form,) = [one for one in forms if f'action="{action}"' in one]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None:
            continue
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        found.setdefault(name[1], []).append(value[1] if value else "")
    for name, options in re.findall(
        r'<select\b[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = [chosen[1] if chosen else ""]
    return found


def press(browser: Visitor, page: str, action: str | None = None, /, **changes: Any) -> Any:
    """Open the page, change some of its fields, and send that form."""
    shown, action = browser.open(page), action or page
    return browser.client.post(action, data={**form_of(shown, action), **changes})


def starts(database: Database, day: date, code: str = "private-call", **changes: Any) -> list[str]:
    found = ask(database, code, now=utcnow(), **changes).starts
    at = [instant(one.start).astimezone(NEW_YORK) for one in found]
    return [f"{one:%H:%M}" for one in at if one.date() == day]


def changes(database: Database) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    with database.begin() as session:
        rows = session.scalars(select(RuleChange).order_by(RuleChange.id)).all()
        assert all(re.fullmatch(r"staff:[0-9a-f-]{36}", row.actor) for row in rows)
        return [(row.about, row.before, row.after) for row in rows]
