"""Reading the screener's file: YAML text in, a frozen `Screener` out.

Says what has no meaning at all; whether the parts fit each other is for `lint.py`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import yaml

from services.intake.domain.condition import Condition, walk
from services.intake.domain.errors import BadDefinition
from services.intake.domain.grammar import parse
from services.intake.domain.places import PLACES
from services.intake.domain.questionnaire import (
    ClientText,
    Config,
    Flag,
    Instrument,
    Item,
    Named,
    Option,
    PatternRule,
    Resource,
    Rule,
    SafetyLevel,
    Screener,
    Section,
)

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPES: Final = frozenset(
    ("single", "multi", "text", "email", "phone", "scale", "us_state_or_outside", "checkbox")
)
_DECIDING: Final = (
    *("scoring", "derived", "safety_levels", "flags", "rules"),
    *("partner_invite_rule", "booking_rule", "channel_rule", "suggestions"),
)
_LEVELS: Final = frozenset(("open", "private", "sealed"))


@lru_cache(maxsize=8)
def load(text: str) -> Screener:
    """Read a definition. Raises BadDefinition naming the part that is wrong.

    The same text gives the same object: a definition is read once for each version in use.
    """
    try:
        # A safe loader: CSafeLoader is libyaml's, ten times as fast, and reads the same subset.
        document = yaml.load(text, Loader=LOADER)  # noqa: S506
    except yaml.YAMLError as error:
        raise BadDefinition("file", f"is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise BadDefinition("file", "is not a definition.")
    try:
        return _Reader(document).screener(hashlib.sha256(text.encode()).hexdigest())
    except (KeyError, TypeError, AttributeError) as error:
        raise BadDefinition("file", f"a part is missing or of the wrong kind: {error}") from error


def _rules_sha256(document: Mapping[str, Any]) -> str:
    """Of the parts that decide, whatever their layout and the words around them."""
    table = json.dumps([document[part] for part in _DECIDING], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(table.encode()).hexdigest()


def _clean(text: object) -> str:
    """Folded YAML text without its line ends."""
    return " ".join(str(text or "").split())


class _Reader:
    """One pass over one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def screener(self, sha256: str) -> Screener:
        found = self.document
        scoring = found["scoring"]
        return Screener(
            id=found["id"],
            version=str(found["version"]),
            locale=found["locale"],
            title=found["title"],
            sha256=sha256,
            rules_sha256=_rules_sha256(found),
            estimated_minutes=int(found["estimated_minutes"]),
            config=self._config(),
            notices={name: _clean(notice["text"]) for name, notice in found["notices"].items()},
            promises=frozenset(
                name for name, notice in found["notices"].items() if notice.get("promises_followup")
            ),
            resources=tuple(
                Resource(id=r["id"], label=r["label"], how=r["how"], checked=r["checked"])
                for r in found["resources"]
            ),
            sections=tuple(self._section(section) for section in found["sections"]),
            scales={
                **{name: tuple(items) for name, items in scoring["scales"].items()},
                **{
                    name: tuple(item["id"] for item in instrument["items"])
                    for name, instrument in found["instruments"].items()
                    if isinstance(instrument, dict)
                },
            },
            pattern=PatternRule(
                min_answered=scoring["pattern"]["min_answered_per_scale"],
                floor=scoring["pattern"]["floor"],
                lead=scoring["pattern"]["lead"],
            ),
            **self._table(),
            **self._words(),
        )

    def _config(self) -> Config:
        settings = self.document["settings"]
        return Config(
            licensed_states=tuple(settings["licensed_states"]),
            invite_expires_days=settings["invite_expires_days"],
            invite_reminder_day=settings["invite_reminder_day"],
        )

    # ------------------------------------------------------------ pages

    def _section(self, found: Mapping[str, Any]) -> Section:
        place = f"sections.{found['id']}"
        instrument = self._instrument(found["instrument"]) if "instrument" in found else None
        items = [self._question(question, place) for question in found.get("questions", ())]
        items += instrument.items if instrument else ()
        items += [self._consent(name) for name in found.get("consents", ())]
        own = {item.id for item in items}
        return Section(
            id=found["id"],
            title=found["title"],
            shown_when=parse(found.get("shown_when", True), place),
            items=tuple(_following(item, own) for item in items),
            intro=_clean(found.get("intro")),
            note=_clean(found.get("note")),
            after=_clean(found.get("after_answer_for_everyone")),
            notices=tuple(found.get("notices", ())),
            instrument=instrument,
            later=found.get("stage") == "after_release",
        )

    def _question(self, found: Mapping[str, Any], place: str) -> Item:
        place = f"{place}.{found['id']}"
        if found["type"] not in _TYPES:
            raise BadDefinition(place, f"{found['type']!r} is not a type of question.")
        if found["confidentiality"] not in _LEVELS:
            raise BadDefinition(place, f"{found['confidentiality']!r} is not a level.")
        places = PLACES if found["type"] == "us_state_or_outside" else ()
        return Item(
            id=found["id"],
            text=_clean(found["text"]),
            type=found["type"],
            level=found["confidentiality"],
            required=bool(found["required"]),
            shown_when=parse(found.get("shown_when", True), place),
            options=places or self._options(found.get("options"), place),
            why=_clean(found.get("why")),
            help=_clean(found.get("help")),
            max_length=found.get("max_length"),
            neutral=found.get("neutral"),
            free_text=bool(found.get("free_text", False)),
        )

    def _options(self, found: Any, place: str) -> tuple[Option, ...]:
        if found is None:
            return ()
        if isinstance(found, dict):
            found = self.document["option_sets"][found["use"]]
        for option in found:
            # Unquoted `no` is False to YAML and `13_17` is 1317: neither is what was meant.
            if isinstance(option["value"], bool) or not isinstance(option["value"], str | int):
                raise BadDefinition(place, f"the option value {option['value']!r} needs quotes.")
        return tuple(Option(value=option["value"], label=option["label"]) for option in found)

    def _instrument(self, name: str) -> Instrument:
        found = self.document["instruments"][name]
        options = self._options(found["options"], f"instruments.{name}")
        return Instrument(
            id=name,
            lead=found["lead"],
            attribution=_clean(found["attribution"]),
            items=tuple(
                Item(
                    id=item["id"],
                    text=item["text"],
                    type="scale",
                    level=found["confidentiality"],
                    required=bool(found["required"]),
                    options=options,
                    instrument=name,
                )
                for item in found["items"]
            ),
        )

    def _consent(self, name: str) -> Item:
        found = self.document["consents"][name]
        place = f"consents.{name}"
        return Item(
            id=name,
            text=_clean(found["text"]),
            type=found.get("type", "checkbox"),
            level="open",
            required=bool(found["required"]),
            shown_when=parse(found.get("shown_when", True), place),
            options=self._options(found.get("options"), place),
            consent=True,
        )

    # ------------------------------------------------------------ the table

    def _table(self) -> dict[str, Any]:
        found = self.document
        return {
            "derived": {
                name: parse(condition, f"derived.{name}")
                for name, condition in found["derived"].items()
            },
            "safety_levels": tuple(
                SafetyLevel(level=row["level"], when=parse(row["when"], "safety_levels"))
                for row in found["safety_levels"]
            ),
            "flags": tuple(
                Flag(
                    name=row["flag"],
                    when=parse(row["when"], f"flags.{row['flag']}"),
                    staff=row["staff"],
                    priority=row.get("priority", "routine"),
                )
                for row in found["flags"]
            ),
            "rules": tuple(
                Rule(
                    id=row["id"],
                    track=row["track"],
                    public_key=row["public_key"],
                    when=parse(row["when"], f"rules.{row['id']}"),
                    staff=row["staff"],
                )
                for row in found["rules"]
            ),
            "invite_offer": self._invite("offer"),
            "invite_hold": self._invite("hold"),
            "booking": dict(found["booking_rule"]),
            "channels": tuple(
                Named(name=name, when=parse(condition, f"channel_rule.{name}"))
                for name, condition in found["channel_rule"].items()
                if isinstance(condition, dict)
            ),
            "suggestions": tuple(
                Named(name=row["suggest"], when=parse(row["when"], f"suggestions.{row['suggest']}"))
                for row in found["suggestions"]
            ),
        }

    def _invite(self, name: str) -> Condition:
        return parse(self.document["partner_invite_rule"][name], f"partner_invite_rule.{name}")

    def _words(self) -> dict[str, Any]:
        found = self.document
        return {
            "client_text": {
                key: ClientText(**{part: _clean(words) for part, words in text.items()})
                for key, text in found["client_text"].items()
            },
            "pattern_text": {key: _clean(text) for key, text in found["pattern_text"].items()},
            "front_desk_status": dict(found["staff_text"]["front_desk_status"]),
            "pattern_hold_text": _clean(found["staff_text"]["pattern_hold"]),
        }


def _following(item: Item, own: set[str]) -> Item:
    """The item, knowing which question of its own page opens it."""
    openers = [name for name in mentioned(item.shown_when) if name in own]
    if not openers:
        return item
    return replace(item, follows=openers[-1])


def mentioned(condition: Condition) -> list[str]:
    """The ids of the items that a condition asks about by name, in order."""
    names: list[str] = []
    for part in walk(condition):
        names += [part.item] if hasattr(part, "item") else getattr(part, "items", ())
    return names
