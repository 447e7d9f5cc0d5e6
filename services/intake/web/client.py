"""Pages for clients around the form: the practice, what follows, privacy, erasing."""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.domain import lint
from services.intake.domain.questionnaire import SUPPORT_NOW
from services.intake.domain.screening import PRIVATE_CALL
from services.intake.operations import (
    contacts,
    decisions,
    personal_pages,
    questionnaires,
    responses,
    retention,
    steps,
)
from services.intake.operations.forms import Form
from services.intake.operations.links import Links
from services.intake.operations.practice import current as practice_settings
from services.intake.operations.practice import licensed_states
from services.intake.operations.retention import NotErasable
from services.intake.web import drafts, wording
from shared.clock import utcnow
from shared.web import database, kept, page_link, settings
from shared.web.audiences import guard_client

pages = Blueprint("client", __name__, template_folder="../templates")
guard_client(pages)
pages.add_app_template_global(wording.number, "in_words")
pages.add_app_template_filter(wording.place, "place_name")


def is_open(session: Session) -> bool:
    """Whether the form may be shown to the public with the practice's settings (L43)."""
    states = licensed_states(session, default=settings().practice.licensed_states)
    return not lint.hindrances_to_going_live(states)


@pages.get("/")
def practice() -> ResponseReturnValue:
    """The practice, three ways to begin, and who one would meet."""
    with database().begin() as session:
        screener, opened = questionnaires.current(session), is_open(session)
    return render_template(
        "intake/practice.html",
        screener=screener,
        people=kept("scheduler").practitioners(),
        open=opened,
        settings=settings(),
    )


@pages.get("/next")
def what_follows() -> ResponseReturnValue:
    """What the answers lead to, in gentle words; the same for whoever answered the same openly."""
    with database().begin() as session:
        form = drafts.current(session)
        if form is None or not form.completed:
            return redirect(url_for(".practice" if form is None else "form.resume"), 303)
        decision = decisions.of(session, form.response)
        card = contacts.card(session, person_id=form.response.person_id)
        own_page = _own_page(session, form)
    key = decision["public_key"]
    return render_template(
        "intake/support_now.html" if key == SUPPORT_NOW else "intake/result.html",
        text=form.screener.client_text[key].worded(form.config),
        followup=form.config.safety_tool,
        pattern=form.screener.pattern_text.get(decision["pattern"], ""),
        everyday=form.screener.notices["everyday_pattern"],
        choose=_choose_link(form) if decision["booking"] == PRIVATE_CALL else None,
        ways=wording.ways(card) if card else [],
        own_page=own_page,
        settings=settings(),
    )


def _own_page(session: Session, form: Form) -> str | None:
    """The token of this person's own page, once there is something on it."""
    links, response = Links.of(settings()), form.response
    if not steps.of(session, response=response, links=links, now=utcnow()).any:
        return None
    return personal_pages.token_of(session, person_id=response.person_id, links=links)


def _choose_link(form: Form) -> str:
    token = responses.booking_token(settings().secret_key, form.response)
    return page_link("scheduler", f"/t/{token}")


@pages.get("/other-start")
def other_start() -> ResponseReturnValue:
    """For somebody under 13: nothing was kept, and nothing is asked for here (L44)."""
    with database().begin() as session:
        text = questionnaires.current(session).client_text["under18"]
    return render_template("intake/other_start.html", text=text)


@pages.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, who sees it, for how long; and what text messages mean."""
    with database().begin() as session:
        decided = practice_settings(session)
    return render_template("intake/privacy.html", settings=settings(), decided=decided)


@pages.get("/reaching-you")
def reaching_you() -> ResponseReturnValue:
    """How we reach people, and how to change it."""
    return render_template("intake/reaching_you.html", settings=settings())


@pages.get("/erase")
def ask_to_erase() -> ResponseReturnValue:
    """Asks once more before what was begun is destroyed; says what happens once it was sent."""
    with database().begin() as session:
        form = drafts.current(session)
    begun = form is not None and not form.completed
    return render_template("intake/erase.html", begun=begun, sent=form is not None and not begun)


@pages.post("/erase")
def erase() -> ResponseReturnValue:
    """Destroy the draft, with its key (L38)."""
    with database().begin() as session:
        form = drafts.current(session, for_change=True)
        try:
            if form is not None:
                retention.erase(session, form)
        except NotErasable:
            page = render_template("intake/erase.html", begun=False, sent=True)
            return page, HTTPStatus.CONFLICT
    response = make_response(render_template("intake/erased.html"))
    drafts.forget(response)
    return response
