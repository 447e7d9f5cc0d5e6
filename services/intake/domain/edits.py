"""What a practice may word in its own way: the places, the edits, and a form with them in it.

An edit names a place, the reviewed words it takes the place of, and its own. Rules, conditions,
levels, scales and ids have no place here: they change by a reviewed file alone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from services.intake.domain.condition import (
    AnswerContains,
    AnswerIn,
    AnswerNotIn,
    Condition,
    UnsureOrBlank,
    Value,
    walk,
)
from services.intake.domain.lint import conditions
from services.intake.domain.questionnaire import Screener

Document = Mapping[str, Any]
Pairs = list[list[Any]]
"""Options as value and label, in order."""
Words = str | Pairs
Edits = Mapping[str, Mapping[str, Any]]
"""By place: `was`, the reviewed words, and `now`, the practice's."""

NOTICES: Final = "notices"
ENDINGS: Final = "endings"
ANSWERS: Final = "answers"
GROUPS: Final = {NOTICES: "Notices", ENDINGS: "What people read at the end", ANSWERS: "Answers"}
_OF_THE_FRAME: Final = frozenset(("emergency", "quick_exit", "support_panel_title"))
"""On every page of all three services, from a file of their own."""
_READ_BY_SOFTWARE: Final = frozenset(("age_group", "call_as", "payment", "invite_pref"))
_QUESTION: Final = {"text": "Question", "help": "Help", "why": "Why we ask"}
_SECTION: Final = {
    "title": "Title of the page",
    "intro": "Above the questions",
    "note": "Above the questions",
    "after_answer_for_everyone": "Below the questions",
}
_ENDING: Final = {
    "heading": "Heading",
    "body": "Text",
    "body_without_followup": "Text while no follow-up is promised",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere that words stand. `path` leads there in the file."""

    id: str
    group: str
    about: str
    part: str
    path: tuple[str | int, ...]
    words: Words
    fixed: frozenset[str] = frozenset()  # of options: those that stay, because something reads them
    open: bool = False  # of options: whether others may be added

    @property
    def options(self) -> bool:
        """Whether these are answers to choose from."""
        return isinstance(self.words, list)


def places(document: Document, screener: Screener) -> dict[str, Place]:
    """Every place of a reviewed file, in the order of the form."""
    found = [*_sections(document, screener), *_notices(document), *_endings(document)]
    found += _shared_answers(document)
    return {place.id: place for place in found}


def group_titles(document: Document) -> dict[str, str]:
    """The pages of the editor, in order."""
    return {**{s["id"]: s["title"] for s in document["sections"]}, **GROUPS}


def _clean(words: object) -> str:
    return " ".join(str(words or "").split())


def _sections(document: Document, screener: Screener) -> Iterator[Place]:
    named = _named(screener)
    for number, section in enumerate(document["sections"]):
        path = ("sections", number)
        group = section["id"]
        for key, part in _SECTION.items():
            if key in section:
                yield _text(
                    f"section.{group}.{key}", group, section["title"], part, (*path, key), section
                )
        for place, question in enumerate(section.get("questions", ())):
            yield from _question(question, group, (*path, "questions", place), named)
        for name in section.get("consents", ()):
            yield from _consent(document["consents"][name], name, group)


def _question(
    question: Document, group: str, path: tuple[str | int, ...], named: Mapping[str, frozenset[str]]
) -> Iterator[Place]:
    name, about = question["id"], _clean(question["text"])
    for key, part in _QUESTION.items():
        yield _text(f"question.{name}.{key}", group, about, part, (*path, key), question)
    if isinstance(question.get("options"), list):
        values = frozenset(str(option["value"]) for option in question["options"])
        read = named.get(name, frozenset())
        all_stay = name in _READ_BY_SOFTWARE or question["confidentiality"] == "sealed"
        yield Place(
            id=f"options.{name}",
            group=group,
            about=about,
            part="Answers",
            path=(*path, "options"),
            words=_pairs(question["options"]),
            fixed=values if all_stay else read & values,
            open=not all_stay and not read and question["type"] in ("single", "multi"),
        )


def _consent(consent: Document, name: str, group: str) -> Iterator[Place]:
    path = ("consents", name)
    about = _clean(consent["text"])[:60]
    yield _text(
        f"consent.{name}.text", group, about, "Words of the consent", (*path, "text"), consent
    )
    if isinstance(consent.get("options"), list):
        words = _pairs(consent["options"])
        yield Place(
            id=f"options.{name}",
            group=group,
            about=about,
            part="Answers",
            path=(*path, "options"),
            words=words,
            fixed=frozenset(str(value) for value, _ in words),
        )


def _notices(document: Document) -> Iterator[Place]:
    for name, notice in document["notices"].items():
        if name not in _OF_THE_FRAME:
            about = name.replace("_", " ").capitalize()
            path = ("notices", name, "text")
            yield _text(f"notice.{name}.text", NOTICES, about, "Notice", path, notice)


def _endings(document: Document) -> Iterator[Place]:
    for name, text in document["client_text"].items():
        about = _clean(text["heading"])
        for key, part in _ENDING.items():
            if key in text:
                path = ("client_text", name, key)
                yield _text(f"ending.{name}.{key}", ENDINGS, about, part, path, text)
    for name, words in document["pattern_text"].items():
        if name not in ("none", "always_add"):
            yield Place(
                id=f"pattern.{name}",
                group=ENDINGS,
                about=name.replace("-", " ").capitalize(),
                part="Pattern in words",
                path=("pattern_text", name),
                words=_clean(words),
            )


def _shared_answers(document: Document) -> Iterator[Place]:
    """Sets of answers that several questions use; a published measure keeps its own."""
    verbatim = {
        instrument["options"]["use"]
        for instrument in document["instruments"].values()
        if isinstance(instrument, dict)
    }
    for name, options in document["option_sets"].items():
        if name not in verbatim:
            words = _pairs(options)
            yield Place(
                id=f"set.{name}",
                group=ANSWERS,
                about=" / ".join(label for _, label in words),
                part="Answers of several questions",
                path=("option_sets", name),
                words=words,
                fixed=frozenset(str(value) for value, _ in words),
            )


def _text(
    name: str, group: str, about: str, part: str, path: tuple[str | int, ...], holder: Document
) -> Place:
    words = _clean(holder.get(str(path[-1])))
    return Place(id=name, group=group, about=about, part=part, path=path, words=words)


def _pairs(options: list[Document]) -> Pairs:
    return [[option["value"], option["label"]] for option in options]


def _named(screener: Screener) -> dict[str, frozenset[str]]:
    """The values of each question that a condition, a neutral value or a scale reads."""
    found: dict[str, set[str]] = {}
    for item in screener.items.values():
        found[item.id] = set() if item.neutral is None else {str(item.neutral)}
        if item.type == "scale":
            found[item.id].update(str(option.value) for option in item.options)
    for _, condition in conditions(screener):
        for part in walk(condition):
            for name, values in _read_by(part):
                found.setdefault(name, set()).update(map(str, values))
    return {name: frozenset(values) for name, values in found.items()}


def _read_by(part: Condition) -> Iterator[tuple[str, Iterable[Value]]]:
    if isinstance(part, AnswerIn | AnswerNotIn | AnswerContains):
        yield part.item, part.values
    elif isinstance(part, UnsureOrBlank):
        yield from ((name, ("not_sure", "prefer_not")) for name in part.items)


# ---------------------------------------------------------------- a form with edits in it


@dataclass(frozen=True, kw_only=True)
class Worded:
    """A reviewed file with a practice's words in it, and the edits that did not fit any more."""

    text: str
    misfits: tuple[str, ...]


def misfits(edits: Edits, known: Mapping[str, Place]) -> tuple[str, ...]:
    """The edits whose reviewed words are other ones now, or are gone."""
    return tuple(
        name
        for name, edit in edits.items()
        if name not in known or known[name].words != edit["was"]
    )


def worded(document: Document, known: Mapping[str, Place], edits: Edits, *, version: str) -> Worded:
    """The file with the edits that fit, as text: JSON, which is YAML, too."""
    unfit = misfits(edits, known)
    made: dict[str, Any] = deepcopy(dict(document))
    for name, edit in edits.items():
        if name not in unfit:
            _put(made, known[name], edit["now"])
    made["version"] = version
    return Worded(text=json.dumps(made, ensure_ascii=False, indent=1), misfits=unfit)


def _put(document: dict[str, Any], place: Place, now: Words) -> None:
    holder: Any = document
    for step in place.path[:-1]:
        holder = holder[step]
    last = place.path[-1]
    if isinstance(now, str):
        holder[last] = now
        return
    before = {str(option["value"]): option for option in holder[last]}
    holder[last] = [
        {**before.get(str(value), {"value": value}), "label": label} for value, label in now
    ]


# ---------------------------------------------------------------- in words


@dataclass(frozen=True, kw_only=True)
class Change:
    """One place that two versions word differently."""

    about: str
    part: str
    was: str
    now: str


def spoken(words: Words) -> str:
    """Words, or the labels of options."""
    return words if isinstance(words, str) else " / ".join(label for _, label in words)


def changes(older: Mapping[str, Place], newer: Mapping[str, Place]) -> list[Change]:
    """What the newer version words differently, place by place."""
    found = []
    for name in dict.fromkeys([*newer, *older]):
        was = older[name].words if name in older else ""
        now = newer[name].words if name in newer else ""
        if was != now:
            place = newer.get(name) or older[name]
            found.append(
                Change(about=place.about, part=place.part, was=spoken(was), now=spoken(now))
            )
    return found
