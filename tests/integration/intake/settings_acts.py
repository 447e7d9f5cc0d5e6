"""What the owner does on the settings pages, and how people's ways through the form end."""

from typing import Any

from services.intake.domain.practice import PracticeSettings
from services.intake.operations import practice
from shared.db import Database
from tests.integration.intake.browsing import Browser, form_in
from tests.integration.intake.people import (
    ALONE,
    COUPLE,
    START,
)

ENDS = {
    "self_call": ALONE,
    "couples_call": COUPLE,
    "support_now": {**COUPLE, "s_danger": "yes"},
    "we_will_call": {**ALONE, "court_purpose": "yes"},
    "location_check": {**ALONE, "session_state": "OH"},
    "under18": {**START, "age_group": "13_17", "name_used": "Kit"},
}


def stands(database: Database) -> PracticeSettings:
    with database.begin() as session:
        return practice.current(session)


def change(browser: Browser, part: str, given: dict[str, Any]) -> Any:
    browser.open(f"/staff/settings/{part}")
    csrf = form_in(browser.page).values["csrf_token"]
    return browser._follow(
        browser.client.post(f"/staff/settings/{part}", data={"csrf_token": csrf, **given})
    )
