"""Every sentence of the client pages that are translated is in the Spanish catalogue, no other."""

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment

from services.scheduler.domain import errors
from services.scheduler.schemas import BookForm, HoldForm, MoveForm, WhereForm, ZoneForm
from services.scheduler.web.late_forms import WishForm
from services.scheduler.web.refusals import _TABLE
from services.scheduler.web.stated_forms import StatedForm
from services.scheduler.web.waiting_forms import WaitForm
from services.scheduler.web.week_form import WEEKDAYS
from services.scheduler.web.wishes import PARTS
from shared.frame import frame_texts
from shared.web.forms import PLAIN_WORDS
from shared.web.inputs import UNWRITABLE
from shared.web.language import LANGUAGES, LOCALE, catalogue
from shared.web.problems import WORDS
from shared.web.ui import LOOK_AGAIN, SMALL_NUMBERS
from tests.house.tree import ROOT, files, parsed

OURS = ROOT / "services" / "scheduler" / "templates" / "scheduler"
THEIRS = ROOT / "services" / "notifier" / "templates" / "notifier"
AROUND = ROOT / "shared" / "web" / "templates" / "ui"
PAGES = sorted(
    [
        *(
            path
            for path in (*OURS.glob("*.html"), *THEIRS.glob("*.html"))
            if "{% extends 'ui/client.html' %}" in path.read_text("utf-8")
        ),
        OURS / "parts.html",
        *(AROUND / f"{name}.html" for name in ("again", "client", "frame_foot", "frame_top")),
    ]
)
STAFF_ONLY = (errors.NotOffered,)
NOT_ASKED_OF_CLIENTS = {
    "Write the whole address, for example rowan@example.org.",
    "Please write a number.",
    "Write the date like this: 2027-03-10.",
    "Write the time like this: 09:30.",
}
CONTROL = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
BARE = re.compile(r"[^\x00]*[A-Za-z]{2,}[^\x00]*")
LITERAL = re.compile(r"(?<!_\()(?<![\w\"])'([A-Z][a-z]+(?: [^'\n]*)?)'")
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+[^>]*>")


@pytest.fixture(scope="module")
def words() -> Catalog:
    with (LOCALE / "es.po").open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


def _said(path) -> Iterator[str]:
    """What a template says with `_()`."""
    found = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).extract_translations(
        path.read_text("utf-8")
    )
    yield from (text for _, _, text in found if isinstance(text, str))


def _said_by_code() -> Iterator[str]:
    for path in files("services/scheduler", "services/notifier", "shared"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                yield from (
                    one.value
                    for one in node.args[:1]
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )


def _refused(kind: type[errors.Refused]) -> Iterator[type[errors.Refused]]:
    for one in kind.__subclasses__():
        if not issubclass(one, STAFF_ONLY):
            yield one
            yield from _refused(one)


def _refusals() -> Iterator[str]:
    for kind in (errors.BookingRefused, errors.ChangeRefused):
        for one in _refused(kind):
            yield one.sentence
            if one in _TABLE:
                yield _TABLE[one].title
    yield from (errors.NoSuchLink.sentence, _TABLE[errors.NoSuchLink].title)


def _form_words() -> Iterator[str]:
    for form in (BookForm, HoldForm, MoveForm, WhereForm, ZoneForm, WishForm, StatedForm, WaitForm):
        for field in form().load_fields.values():
            yield str(field.error_messages["required"])
            checks = [*field.validators, *getattr(getattr(field, "inner", None), "validators", [])]
            yield from (check.error for check in checks if getattr(check, "error", None))


def _put_together() -> set[str]:
    """What code says by a name that is looked up, not by the sentence itself."""
    return {
        *_refusals(),
        *(PLAIN_WORDS.get(one, one) for one in _form_words()),
        *(set(PLAIN_WORDS.values()) - NOT_ASKED_OF_CLIENTS),
        *(text for pair in WORDS.values() for text in pair),
        *(text for pair in LOOK_AGAIN.values() for text in pair),
        *SMALL_NUMBERS[2:],
        *WEEKDAYS.values(),
        *(f"{day}s" for day in WEEKDAYS.values()),
        *PARTS,
        *(name.capitalize() for name in PARTS),
        *(title for title, _ in PARTS.values()),
        UNWRITABLE,
    }


def test_p15_every_sentence_of_a_client_page_is_in_the_spanish_catalogue(words: Catalog):
    said = {text for path in (*PAGES, AROUND / "error.html") for text in _said(path)}

    missing = (said | set(_said_by_code()) | _put_together()) - {one.id for one in words if one.id}

    assert sorted(missing) == []


def test_no_client_page_says_anything_past_the_catalogue():
    bare = [
        f"{path.name}: {text}"
        for path in PAGES
        for text in (
            *re.findall(
                r"[^\x00]*[A-Za-z]{2,}[^\x00]*", CONTROL.sub("\0", path.read_text("utf-8"))
            ),
            *LITERAL.findall(path.read_text("utf-8")),
            *re.findall(r'(?:aria-label|title|placeholder)="[^"{]+"', path.read_text("utf-8")),
        )
    ]

    assert [one for one in bare if "<!doctype" not in one] == []


def test_the_catalogue_is_whole_and_nobody_has_to_guess(words: Catalog):
    unsure = [one.id for one in words if one.id and (one.fuzzy or not one.string)]

    assert unsure == []
    assert not words.obsolete


def test_a_translation_has_the_same_places_and_marks(words: Catalog):
    differ = [
        one.id
        for one in words
        if one.id and sorted(PLACES.findall(one.id)) != sorted(PLACES.findall(one.string))
    ]

    assert differ == []


def test_nothing_is_translated_that_nobody_says(words: Catalog):
    source = "\n".join(
        path.read_text("utf-8").replace("\\'", "'")
        for path in (*PAGES, AROUND / "error.html", AROUND / "macros.html")
    )
    constants = {
        node.value
        for path in files("services/scheduler", "services/notifier", "shared")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    stale = [
        one.id
        for one in words
        if one.id
        and one.id not in constants
        and one.id not in _put_together()
        and f"'{one.id}'" not in source
    ]

    assert [text for text in stale if text != "Outside the US"] == []


def _leads(locale: str) -> list[object]:
    texts = frame_texts(locale)
    lines = [(one["id"], [link["href"] for link in one["links"]]) for one in texts["resources"]]
    return [*texts["notices"], [one["href"] for one in texts["band"]["links"]], lines]


def test_l32_the_frame_leads_to_the_same_places_in_both_languages():
    assert _leads("es") == _leads("en")


def test_each_language_but_the_first_has_its_catalogue():
    for code in LANGUAGES.keys() - {"en"}:
        assert catalogue(code).gettext("Your time") != "Your time"
