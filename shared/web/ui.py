"""The blueprint `ui`: stylesheet, script, icons, templates, and the words templates may use."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, url_for

from shared.frame import frame, phone_href
from shared.web.audiences import guard_public, guard_staff
from shared.web.context import floor, page_link, public_link

STATIC: Final = Path(__file__).with_name("static")

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


def page_title(*parts: str, errors: Sequence[Any] | dict[str, Any] | None = None) -> str:
    """The title of a client page: what to check, where one is, the neutral name (L07)."""
    first = []
    if errors:
        first = [f"Please check {len(errors)} answer{'' if len(errors) == 1 else 's'}"]
    return " · ".join([*first, *parts, floor().settings.practice.neutral_sender])


def _files() -> Blueprint:
    blueprint = Blueprint(
        "ui",
        __name__,
        static_folder=str(STATIC),
        static_url_path="/ui",
        template_folder="templates",
    )
    guard_public(blueprint)
    return blueprint


def _presence() -> Blueprint:
    """What app.js asks while someone types: a session in use must not end under their hands."""
    blueprint = Blueprint("presence", __name__)
    guard_staff(blueprint)

    @blueprint.get("/staff/still-here")
    def still_here() -> Response:
        return Response(status=204)

    return blueprint


def asset(filename: str) -> str:
    """The address of a static file, with its last change: a cache never hands out an old one."""
    path = STATIC / filename
    version = int(path.stat().st_mtime) if path.exists() else 0
    return url_for("ui.static", filename=filename, v=f"{version:x}")


def has_asset(filename: str) -> bool:
    """Whether a static file is there: the browser's libraries are, once the set-up has run."""
    return (STATIC / filename).exists()


def init_ui(app: Flask) -> None:
    """Register files and templates; give templates their words."""
    laid = floor(app)
    practice = laid.settings.practice
    app.register_blueprint(_files())
    app.register_blueprint(_presence())
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = timedelta(days=365)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        practice=practice,
        neutral=practice.neutral_sender,
        phone=practice.phone,
        phone_href=phone_href(practice.phone),
        tel=phone_href,
        frame=frame(practice),
        mailbox=laid.settings.delivery == "mailbox",
        page_link=page_link,
        public_link=public_link,
        page_title=page_title,
        count_word=count_word,
        asset=asset,
        has_asset=has_asset,
        signed_in=lambda: g.get("staff"),
    )
