"""The practice's decisions in words: as they stand, and what a version changed."""

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from services.intake.domain.practice import PracticeSettings
from services.intake.web.settings_forms import MODES, POLICIES, day_words
from shared.places import NAMES

TITLES: Final = {
    "safety": "Questions about self-harm",
    "states": "Where we hold licenses",
    "alerts": "Alerts and times",
    "partners": "Inviting a partner",
    "notice": "Notice of Privacy Practices",
    "keeping": "How long we keep records",
    "embed": "On your own site",
}
Lines = list[tuple[str, str]]


def lines(
    settings: PracticeSettings, *, states: tuple[str, ...], names: Mapping[UUID, str] | None
) -> dict[str, Lines]:
    """Each part with its decisions. `names` of accounts; None when nobody could tell them."""
    return {
        "safety": list(_safety(settings)),
        "states": [("States", ", ".join(NAMES.get(code, code) for code in states) or "None")],
        "alerts": list(_alerts(settings, names)),
        "partners": list(_partners(settings)),
        "notice": [
            ("Version", settings.privacy_notice_version or "Not named"),
            ("Counts from", day_words(settings.privacy_notice_date) or "Not named"),
        ],
        "keeping": [
            ("A client's record", f"{settings.record_years} years after the last entry"),
            ("Who never became a client", f"{settings.inquiry_days} days"),
        ],
        "embed": [("Sites that may show our card", ", ".join(settings.embed_origins) or "None")],
    }


def _safety(settings: PracticeSettings) -> Iterator[tuple[str, str]]:
    tool = settings.safety_tool
    if tool is None or not settings.asks_about_self_harm:
        yield "Asked", "No. No page promises that someone gets in touch."
        return
    yield "Asked", "Yes, and a follow-up is promised"
    yield "Answers for them", tool.owner
    yield "What counts as positive", tool.threshold
    yield "Reads every positive answer", tool.reviewer


def _alerts(
    settings: PracticeSettings, names: Mapping[UUID, str] | None
) -> Iterator[tuple[str, str]]:
    if names is None:
        row = f"{len(settings.roster)} on the list; the names can't be shown just now"
    else:
        row = ", then ".join(
            names.get(account, "an account that is closed") for account in settings.roster
        )
    yield "In this order", row if settings.roster else "Every clinician in turn, the owner first"
    yield "Urgent", f"{settings.urgent_minutes} minutes, then the next person"
    yield "Same day", f"{settings.same_day_minutes} minutes, then the next person"
    days = settings.routine_business_days
    yield "All others", f"{days} business day{'' if days == 1 else 's'}, as the pages say"


def _partners(settings: PracticeSettings) -> Iterator[tuple[str, str]]:
    yield "When", MODES[settings.partner_invite_mode]
    if settings.partner_invite_mode == "immediate_when_clear":
        yield "Why", settings.partner_invite_reason
    yield "The link ends after", f"{settings.invite_expires_days} days"
    day = settings.invite_reminder_day
    yield "One reminder", f"on day {day}" if day else "none"
    yield "What partners sign", POLICIES[settings.private_information_policy]


def changed(newer: Mapping[str, Lines], older: Mapping[str, Lines]) -> list[str]:
    """What the newer version says otherwise, a sentence each."""
    found = []
    for part, rows in newer.items():
        before, after = dict(older[part]), dict(rows)
        for label in dict.fromkeys([*before, *after]):
            was, now = before.get(label), after.get(label)
            if was != now:
                said = f"“{now}”" if now else "no longer said"
                earlier = f", before: “{was}”" if was else ""
                found.append(f"{TITLES[part]}, {label[0].lower()}{label[1:]}: {said}{earlier}")
    return found
