"""A card of ours on the practice's own site: one script tag, and one page that may be framed.

The card asks nothing and sets no cookie, for a frame's cookies are blocked: it leads the whole
window to our pages, where the journey begins. Only the sites that the owner named may show it.
"""

from typing import Final

from flask import Blueprint, Response, make_response, render_template

from services.intake.domain.embedding import frame_ancestors
from services.intake.operations import practice, questionnaires
from services.intake.web.client import is_open
from shared.web import database
from shared.web.audiences import guard_public
from shared.web.files import find
from shared.web.headers import CONTENT_SECURITY_POLICY

pages = Blueprint("embed", __name__, template_folder="../templates")
guard_public(pages)

AN_HOUR: Final = "public, max-age=3600"


@pages.get("/embed")
def card() -> Response:
    """What stands in the frame: a few words, "Schedule a consultation", and the way out."""
    with database().begin() as session:
        origins = practice.current(session).embed_origins
        opened = is_open(session)
        minutes = questionnaires.current(session).estimated_minutes
    answer = make_response(render_template("intake/embed.html", open=opened, minutes=minutes))
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        frame_ancestors(()), frame_ancestors(origins)
    )
    return answer


@pages.get("/embed.js")
def script() -> Response:
    """The script that another site names: it puts the frame there, and knows nothing of anyone."""
    found = find("embed.js")
    assert found is not None
    answer = Response(found.plain, content_type=found.content_type)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = AN_HOUR
    return answer
