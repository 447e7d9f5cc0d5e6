"""Documents to be judged from outside the product: `{config, answers}`, or two people's.

One person's: `config` (settings by the screener's names, `licensed_states` required) and `answers`
(by question, in JSON's types; a missing key is a question not answered). Two people's: `config`,
`a`, `b` (null until B has sent the form), `b_status`, `days_since_invite` (whole days),
`invite_sent`, `calls_done` and `clinician_release`. What only describes a case (`DESCRIPTIVE`) is
passed over; anything else unknown is refused by its name.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from services.intake.domain.answers import read_document
from services.intake.domain.condition import Value
from services.intake.domain.errors import BadDocument
from services.intake.domain.pair import STATUSES, Pair, PairDecision, decide_pair
from services.intake.domain.places import PLACES
from services.intake.domain.questionnaire import Config, Screener
from services.intake.domain.screening import Decision, decide

DESCRIPTIVE: Final = frozenset(
    ("id", "form", "kind", "title", "why", "about", "expect", "must_not_leak")
)
_OF_ONE: Final = frozenset(("answers",))
_OF_TWO: Final = frozenset(
    ("a", "b", "b_status", "days_since_invite", "invite_sent", "calls_done", "clinician_release")
)
# Every setting in the screener's file, and whether the self-harm questions are asked; the rules
# read that, the licences and the days alone.
_SETTINGS: Final = frozenset(
    (
        *("practice_name", "neutral_sender", "practice_phone", "licensed_states"),
        *("individual_call_before_joint", "partner_invite_mode", "invite_expires_days"),
        *("invite_reminder_day", "message_detail", "crisis_followup", "purge_abandoned_days"),
        *("quick_exit_url", "esc_presses", "safety_tool"),
    )
)
_PLACES: Final = frozenset(option.value for option in PLACES)
_MOST_DAYS: Final = 36_500


def judge(screener: Screener, document: object) -> Decision | PairDecision:
    """Judge one document. Raises BadDocument naming the first field that is wrong."""
    if not isinstance(document, dict):
        raise BadDocument("document", "has to be an object with config and answers.")
    if "answers" not in document and not _OF_TWO.isdisjoint(document):
        return _judge_two(screener, document)
    _refuse_strangers(document, _OF_ONE)
    answers = _answers(screener, document, "answers")
    return decide(screener, answers, _config(screener, document))


def _judge_two(screener: Screener, document: Mapping[str, Any]) -> PairDecision:
    _refuse_strangers(document, _OF_TWO)
    config = _config(screener, document)
    status = _needed(document, "b_status")
    if status not in STATUSES:
        raise BadDocument("b_status", f"has to be one of {', '.join(STATUSES)}.")
    b = _answers(screener, document, "b") if _needed(document, "b") is not None else None
    if b is None and status == "submitted":
        raise BadDocument("b", "has to be what was submitted.")
    pair = Pair(
        a=_answers(screener, document, "a"),
        b=b,
        b_status=status,
        days_since_invite=_days(document, "days_since_invite"),
        invite_sent=_truth(document, "invite_sent"),
        calls_done=_truth(document, "calls_done"),
        clinician_release=_truth(document, "clinician_release"),
    )
    return decide_pair(screener, pair, config)


def _refuse_strangers(document: Mapping[str, Any], known: frozenset[str]) -> None:
    for name in document:
        if name != "config" and name not in known and name not in DESCRIPTIVE:
            raise BadDocument(name, "is not a part of such a document.")


def _needed(document: Mapping[str, Any], name: str) -> Any:
    if name not in document:
        raise BadDocument(name, "is missing.")
    return document[name]


def _answers(screener: Screener, document: Mapping[str, Any], name: str) -> dict[str, Value]:
    given = _needed(document, name)
    if not isinstance(given, dict):
        raise BadDocument(name, "has to be an object of answers by question.")
    try:
        return read_document(screener, given)
    except BadDocument as refusal:
        raise BadDocument(f"{name}.{refusal.field}", refusal.problem) from refusal


def _days(document: Mapping[str, Any], name: str) -> int:
    days = _needed(document, name)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= _MOST_DAYS:
        raise BadDocument(name, "has to be a whole number of days, 0 or more.")
    return days


def _truth(document: Mapping[str, Any], name: str) -> bool:
    truth = _needed(document, name)
    if not isinstance(truth, bool):
        raise BadDocument(name, "has to be true or false.")
    return truth


def _config(screener: Screener, document: Mapping[str, Any]) -> Config:
    """The settings that the rules read; what is not said is as the screener's file has it."""
    given = _needed(document, "config")
    if not isinstance(given, dict):
        raise BadDocument("config", "has to be an object of settings.")
    for name in given:
        if name not in _SETTINGS:
            raise BadDocument(f"config.{name}", "is not a setting of this form.")
    days = ("invite_expires_days", "invite_reminder_day")
    found = {name: _setting_days(given, name) for name in days if name in given}
    asked = _truth_of(given, "safety_tool") if "safety_tool" in given else True
    return replace(screener.config, licensed_states=_states(given), safety_tool=asked, **found)


def _states(given: Mapping[str, Any]) -> tuple[str, ...]:
    name = "config.licensed_states"
    if "licensed_states" not in given:
        raise BadDocument(name, "is missing.")
    states = given["licensed_states"]
    known = isinstance(states, list) and all(
        isinstance(state, str) and state in _PLACES for state in states
    )
    if not known:
        raise BadDocument(name, "has to be a list of states, such as NY.")
    return tuple(states)


def _truth_of(given: Mapping[str, Any], name: str) -> bool:
    try:
        return _truth(given, name)
    except BadDocument as refusal:
        raise BadDocument(f"config.{name}", refusal.problem) from refusal


def _setting_days(given: Mapping[str, Any], name: str) -> int:
    try:
        return _days(given, name)
    except BadDocument as refusal:
        raise BadDocument(f"config.{name}", refusal.problem) from refusal
