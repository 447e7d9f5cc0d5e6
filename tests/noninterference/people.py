"""Random people: what they answer openly, and what they confide. From the form's own definition."""

import random
from typing import Any, Final

from services.intake.domain.pages import rendered
from services.intake.domain.questionnaire import Config, Item, Screener
from services.intake.operations.questionnaires import shipped
from shared.tokens import token_sha256

CONFIG: Final = Config(licensed_states=("NY", "NJ"))
ADULT: Final = "18_plus"
SEALED: Final = frozenset(item.id for item in shipped().items.values() if item.sealed)
SAID_NOTHING: Final = {
    item.id: item.neutral
    for section in shipped().first_form
    for item in section.items
    if item.sealed and item.neutral is not None
}
"""Every sealed question answered in the way that tells nothing."""
# Half of the people walk on paths that lead far into the form; the rest answer anyhow.
_LIKELY: Final[dict[str, tuple[Any, ...]]] = {
    "age_group": (ADULT,),
    "session_state": ("NY", "NY", "NY", "NJ", "TX"),
    "residence_state": ("NY", "PA"),
    "who_for": ("couple", "couple", "couple", "self", "relationship_alone", "not_sure"),
    "attending": ("two", "two", "two", "three_plus"),
    "court_purpose": ("no", "no", "no", "not_sure"),
}

# Not 914: the practice's own number is there.
_AREAS: Final = (
    *("212", "646", "718", "917", "347", "929", "516", "631", "845", "315"),
    *("518", "585", "607", "716", "838", "934", "680", "201", "551", "609"),
    *("732", "848", "856", "862", "908", "973", "203", "475", "860"),
)


def somebody(chance: random.Random, number: int) -> dict[str, Any]:
    """Every open and private question, answered as somebody might; nothing that is sealed."""
    screener = shipped()
    found: dict[str, Any] = {}
    for item in screener.items.values():
        if not item.sealed and item.id in _first_form(screener):
            value = _answer(chance, item)
            if value is not None:
                found[item.id] = value
    return found | {
        "name_used": "Rowan",
        "email": address(number),
        "phone": telephone(number),
        "c_screening": True,
        "c_not_emergency": True,
        "c_partner_privacy": True,
    }


def address(number: int) -> str:
    """An address of one length, whoever it is."""
    return f"p{number:07d}@example.org"


def telephone(number: int) -> str:
    """A made-up number: one of the hundred 555-01xx of an area around here."""
    area = _AREAS[number // 100 % len(_AREAS)]
    return f"+1{area}55501{number % 100:02d}"


def confidences(chance: random.Random, *, crisis: bool = False) -> dict[str, Any]:
    """Something for every sealed question, or nothing; what cannot be left out is always there."""
    screener = shipped()
    found: dict[str, Any] = {}
    for item in screener.items.values():
        if item.sealed and item.id in _first_form(screener):
            value = _answer(chance, item)
            if value is None and item.required:
                value = item.neutral
            if value is not None:
                found[item.id] = value
    found["private_now"] = "yes"
    return found if crisis else found | _no_crisis(chance)


def _no_crisis(chance: random.Random) -> dict[str, Any]:
    """The few answers that lead to `support_now`, the one page that may differ, taken out."""
    return {
        "h_now": chance.choice(("no", "prefer_talk")),
        "h_recent": chance.choice(("no", "thoughts", "prefer_talk")),
        "h_others": chance.choice(("no", "not_sure", "prefer_talk")),
        "s_danger": chance.choice(("no", "worried", "prefer_not")),
    }


def _first_form(screener: Screener) -> frozenset[str]:
    return frozenset(item.id for section in screener.first_form for item in section.items)


def _answer(chance: random.Random, item: Item) -> Any:
    if item.id in _LIKELY:
        return chance.choice(_LIKELY[item.id])
    if not item.required and chance.random() < 0.25:
        return None
    match item.type:
        case "checkbox":
            return chance.choice((True, None))
        case "multi":
            values = [option.value for option in item.options]
            return tuple(v for v in values if chance.random() < 0.3) or None
        case "single" | "scale" | "us_state_or_outside":
            return chance.choice(item.options).value
    return f"words {token_sha256(str(chance.random())).hex()[: chance.randrange(4, 30)]}"


def page_of(answers: dict[str, Any], section_id: str, *, before: dict[str, Any]) -> dict[str, Any]:
    """What this person fills in on one page: all that is shown there and that they answer."""
    screener = shipped()
    section = screener.section(section_id)
    assert section is not None, section_id
    shown = {item.id for item in rendered(screener, section, before, CONFIG)}
    return {name: _typed(value) for name, value in answers.items() if name in shown}


def _typed(value: Any) -> Any:
    if value is True:
        return "true"
    return list(value) if isinstance(value, tuple) else str(value)
