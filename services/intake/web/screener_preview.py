"""The draft as people would see it: the form's own templates, marked, and nothing is stored."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.domain import pages as form_pages
from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import SUPPORT_NOW, Section
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import questionnaires, screener_versions
from services.intake.operations.forms import Form
from services.intake.web.presentation import PageView, consent_links, places
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.problems import NotFound

pages = Blueprint(
    "screener_preview",
    __name__,
    url_prefix="/staff/screener/preview",
    template_folder="../templates",
)
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

# Somebody whose answers open every page, so that every question can be looked at.
_ANSWERS: Final[Mapping[str, Value]] = {
    "private_now": "yes",
    "age_group": "18_plus",
    "who_for": "couple",
    "relationship_status": "one",
    "partner_location": "other_state",
    "email": "rowan@example.org",
    "email_safe": "yes",
    "phone": "+19145550123",
    "call_safe": "yes",
    "text_safe": "yes",
}


@pages.get("/<section_id>")
def page(section_id: str) -> ResponseReturnValue:
    """One page of the form."""
    with database().begin() as session:
        form = _form(session)
    section = form.screener.section(section_id)
    if section is None:
        raise NotFound("There is no such page of the form.")
    if section.id == "invited":
        form.answers["invited_by_partner"] = "yes"
    own = {item.id for item in section.items}
    form.answers = {name: said for name, said in form.answers.items() if name not in own}
    view = PageView(form, section, practice=settings().practice.name, links=consent_links())
    return render_template(
        "intake/screener_preview.html",
        frame_of="intake/step.html",
        page=view,
        places=places(),
        parts=[],
        notices=form.screener.notices,
        back=url_for("staff_screener.overview"),
        send_to=url_for(".onward", section_id=section.id),
        following=_following(form, section),
    )


@pages.post("/<section_id>")
def onward(section_id: str) -> ResponseReturnValue:
    """To the next page; what was typed is not even looked at."""
    with database().begin() as session:
        form = _form(session)
    section = form.screener.section(section_id)
    following = _following(form, section) if section else None
    if following is None:
        return redirect(url_for(".end", key="self_call"), 303)
    return redirect(url_for(".page", section_id=following), 303)


@pages.get("/end/<key>")
def end(key: str) -> ResponseReturnValue:
    """What people read at the end."""
    with database().begin() as session:
        form = _form(session)
    if key not in form.screener.client_text:
        raise NotFound("There is no such end of the form.")
    keys = list(form.screener.client_text)
    after = keys[keys.index(key) + 1 :]
    permitted = form.screener.booking.get(key) == "private_call"
    common: dict[str, Any] = {
        "text": form.screener.client_text[key].worded(form.config),
        "followup": form.config.safety_tool,
        "pattern": form.screener.pattern_text["mixed"] if permitted else "",
        "everyday": form.screener.notices["everyday_pattern"],
        "choose": url_for("staff_screener.overview") if permitted else None,
        "ways": [("By phone", "The number that the person gave")],
        "settings": settings(),
    }
    return render_template(
        "intake/screener_preview.html",
        frame_of="intake/support_now.html" if key == SUPPORT_NOW else "intake/result.html",
        following_end=after[0] if after else None,
        **common,
    )


def _form(session: Session) -> Form:
    """The draft, begun by nobody."""
    screener = screener_versions.draft(session).screener
    config = questionnaires.config_now(session, screener, settings().practice.licensed_states)
    response = QuestionnaireResponse(
        status=ResponseStatus.IN_PROGRESS,
        questionnaire_sha256=screener.sha256,
        config=questionnaires.config_document(config),
        furthest=form_pages.NOT_STARTED,
    )
    return Form(response=response, screener=screener, config=config, answers=dict(_ANSWERS))


def _following(form: Form, section: Section) -> str | None:
    every = form.screener.first_form
    after = every[every.index(section) + 1 :]
    return after[0].id if after else None
