"""In which language a client reads a page, and the page's words in it.

What a person chose (`?lang=es`, kept in a cookie that holds nothing else) comes first, then what
their browser asks for. Staff, programs and messages are not concerned: here they get English.
"""

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, Response, current_app, g, has_request_context, redirect, request
from flask.globals import request_ctx

from shared.saying import english
from shared.vocabulary import Service
from shared.web.audience_names import CLIENT
from shared.web.context import floor, settings
from shared.web.problems import speaks_json

LOCALE: Final = Path(__file__).parents[1] / "locale"
FIRST: Final = "en"
COOKIE: Final = "lang"
ASKED: Final = "lang"

TRANSLATED: Final[frozenset[Service]] = frozenset({"scheduler", "notifier"})
"""Services all of whose client pages are in every language; the others speak English."""


class Tongue(NamedTuple):
    """A language of the pages: how it calls itself, what `<html lang>` and Babel call it."""

    name: str
    tag: str
    babel: str


LANGUAGES: Final = {
    "en": Tongue("English", "en-US", "en_US"),
    "es": Tongue("Español", "es-US", "es_US"),
}


def offered() -> tuple[str, ...]:
    """The languages that a client may choose from here, English first."""
    laid = floor()
    return laid.settings.client_languages if laid.service in TRANSLATED else (FIRST,)


def language() -> str:
    """The language of the page that is being written; English outside of client pages."""
    if not has_request_context():
        return FIRST
    if "language" not in g:
        g.language = _choose()
    found: str = g.language
    return found


def tongue() -> Tongue:
    """The same, with its names."""
    return LANGUAGES[language()]


def say(text: str, /, **values: object) -> str:
    """The text in the language of the page; what no catalogue knows stays as it is."""
    found = language()
    return english(text if found == FIRST else catalogue(found).gettext(text), **values)


@cache
def catalogue(code: str) -> NullTranslations:
    """The words of a language, read from its `.po`: there is no compiled file to grow stale."""
    compiled = BytesIO()
    with (LOCALE / f"{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def init_language(app: Flask) -> None:
    """Let a client choose, and templates say their words in what was chosen."""
    app.before_request(_remember)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        say, lambda one, many, n: say(one if n == 1 else many), newstyle=True
    )
    app.jinja_env.filters["say"] = say
    app.jinja_env.globals.update(say=say, tongue=tongue)


def _for_a_client() -> bool:
    """Whether a page for clients will be the answer: also where nothing is at that address."""
    audience = floor().audiences.get(request.blueprint or "")
    return audience == CLIENT or (audience is None and not speaks_json())


def _choose() -> str:
    among = offered()
    if len(among) == 1 or not _for_a_client():
        return FIRST
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in among else request.accept_languages.best_match(among) or FIRST


def _remember() -> Response | None:
    """Keep what was chosen by a link, and lead to the same page, or to the one it belongs to."""
    chosen = request.args.get(ASKED)
    if request.method != "GET" or chosen not in offered() or not _for_a_client():
        return None
    others = [one for one in request.args.items(multi=True) if one[0] != ASKED]
    query = f"?{urlencode(others)}" if others else ""
    response = current_app.make_response(redirect(request.script_root + _opens() + query, 303))
    response.set_cookie(
        COOKIE,
        chosen,
        path=urlsplit(settings().public_url).path or "/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _opens() -> str:
    """This page's path, or the nearest above it that can be opened: a sent form has no page."""
    here = path = "/" + request.path.lstrip("/")
    routes = request_ctx.url_adapter
    while routes and path and not routes.test(path, "GET"):
        path = path.rpartition("/")[0]
    return path or here
