"""Finding a person from the console's bar. What is typed never stands in an address or a log."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from services.intake.operations import searching
from services.intake.web.staff import reader, staff_vocabulary
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import guard_staff

pages = Blueprint("staff_find", __name__, url_prefix="/staff/find", template_folder="../templates")
guard_staff(pages)
pages.context_processor(staff_vocabulary)

LONGEST = 120


@pages.get("")
def form() -> ResponseReturnValue:
    """An empty field: for phones, on which the bar has no room for one."""
    return _page("")


@pages.post("")
def found() -> ResponseReturnValue:
    """Who is called like that, with how each may be reached. A form, so that no name is kept."""
    return _page(request.form.get("q", "").strip()[:LONGEST])


def _page(sought: str) -> str:
    who = reader()
    with database().begin() as session:
        rows = searching.find(session, reader=who, sought=sought)
    return render_template(
        "intake/find.html",
        sought=sought,
        rows=rows,
        more=len(rows) == searching.MOST_FOUND,
        short=0 < len(sought) < searching.SHORTEST,
        reader=who,
        now=utcnow(),
    )
