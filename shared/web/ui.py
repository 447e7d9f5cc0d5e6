"""The words that templates may use, and what asks whether a screen is still in use."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, request

from shared.frame import Frame, frame, phone_href
from shared.practice import look_quickly
from shared.settings import Practice
from shared.web.audiences import guard_staff
from shared.web.context import floor, page_link, public_link
from shared.web.files import asset, files, has_asset
from shared.web.language import LANGUAGES, language, offered, say

_QUIET: Final = frozenset({None, "ui.static", "health.healthz", "health.readyz"})
"""Endpoints that say nothing about the practice."""

SMALL_NUMBERS: Final = (
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
)


def count_word(count: int) -> str:
    """A small number as a word that begins a sentence; larger ones as digits."""
    return SMALL_NUMBERS[count] if 0 <= count < len(SMALL_NUMBERS) else str(count)


CHECK_ANSWERS: Final = "Please check %(count)s answers"
LOOK_AGAIN: Final = {
    "answer": ("One answer needs another look", "%(count)s answers need another look"),
    "time": ("One time needs another look", "%(count)s times need another look"),
}


def look_again(count: int, noun: str) -> str:
    """The heading over what is wrong: "Two answers need another look"."""
    one, many = LOOK_AGAIN.get(noun, (f"One {noun} needs another look", ""))
    many = many or f"%(count)s {noun}s need another look"
    return say(one) if count == 1 else say(many, count=say(count_word(count)))


def page_title(*parts: str, errors: Sequence[Any] | dict[str, Any] | None = None) -> str:
    """The title of a client page: what to check, where one is, the neutral name (L07)."""
    first = []
    if errors:
        one = len(errors) == 1
        first = [say("Please check 1 answer" if one else CHECK_ANSWERS, count=len(errors))]
    return " · ".join([*first, *parts, floor().settings.practice.neutral_sender])


def _presence() -> Blueprint:
    """What app.js asks while someone types: a session in use must not end under their hands."""
    blueprint = Blueprint("presence", __name__)
    guard_staff(blueprint, sealed=False)

    @blueprint.get("/staff/still-here")
    def still_here() -> Response:
        return Response(status=204)

    return blueprint


def init_ui(app: Flask) -> None:
    """Register files and templates; give templates their words."""
    laid = floor(app)
    frames: dict[str, Frame] = {}
    said: list[Practice] = []

    @app.before_request
    def follow_the_practice() -> None:
        """Every page says who the practice is now, whatever its owner called it at the start."""
        if request.endpoint in _QUIET:
            return
        look_quickly(laid.database, laid.settings)
        if not said or said[0] is not laid.settings.practice:
            introduce()

    def introduce() -> None:
        practice = laid.settings.practice
        frames.update({code: frame(practice, code) for code in laid.settings.client_languages})
        app.jinja_env.globals.update(
            practice=practice,
            neutral=practice.neutral_sender,
            phone=practice.phone,
            phone_href=phone_href(practice.phone),
        )
        said[:] = [practice]

    introduce()

    @app.context_processor
    def around() -> dict[str, Any]:
        """What stands around a page, in its language (L32), and which others there are."""
        others = [(code, LANGUAGES[code]) for code in offered() if len(offered()) > 1]
        return {"frame": frames[language()], "languages_offered": others}

    app.register_blueprint(files())
    app.register_blueprint(_presence())
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        tel=phone_href,
        mailbox=laid.settings.delivery == "mailbox",
        page_link=page_link,
        public_link=public_link,
        page_title=page_title,
        count_word=count_word,
        look_again=look_again,
        asset=asset,
        has_asset=has_asset,
        signed_in=lambda: g.get("staff"),
    )
