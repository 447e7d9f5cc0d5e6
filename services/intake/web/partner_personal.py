"""A person's own page, behind a link that only they have: the next step, and what is new.

It looks the same whatever was answered in confidence and whatever anybody else did. Opening it
changes nothing.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.couple_models import Invitation
from services.intake.domain import answers
from services.intake.domain.errors import AnswerRefused
from services.intake.domain.questionnaire import SUPPORT_NOW, Item, Screener
from services.intake.domain.screening import PRIVATE_CALL
from services.intake.models import QuestionnaireResponse
from services.intake.operations import (
    contacts,
    decisions,
    invitations,
    openings,
    personal_pages,
    policies,
    questionnaires,
    responses,
    steps,
)
from services.intake.operations.invitations import NothingToSend, To
from services.intake.operations.links import Links
from services.intake.operations.policies import NotAsked
from services.intake.web import wording
from services.intake.web.senders import sender
from services.intake.web.times import day_of
from shared.clock import utcnow
from shared.web import database, page_link, public_link, settings
from shared.web.audiences import guard_client
from shared.web.problems import WORDS, NotFound

pages = Blueprint("personal", __name__, url_prefix="/p/<token>", template_folder="../templates")
guard_client(pages)
pages.add_app_template_filter(day_of, "day_of")

_NAME: Final = 80
_ASKED: Final = ("inv_first_name", "inv_email", "inv_ok")
_TICK: Final = "Before we send it"


@pages.get("")
def page(token: str) -> ResponseReturnValue:
    """The next step, and what is new."""
    links = Links.of(settings())
    with database().begin() as session:
        response = _response(session, token)
        screener = questionnaires.of_response(session, response)
        config = questionnaires.config_from(response.config)
        decision = decisions.of(session, response)
        found = steps.of(session, response=response, links=links, now=utcnow())
        card = contacts.card(session, person_id=response.person_id)
    own = responses.booking_token(settings().secret_key, response)
    chosen = own if decision["booking"] == PRIVATE_CALL else None
    token_to_choose = found.joint_token or chosen
    return render_template(
        "intake/personal.html",
        text=screener.client_text[found.update or decision["public_key"]].worded(config),
        followup=config.safety_tool,
        urgent=decision["public_key"] == SUPPORT_NOW,
        steps=found,
        choose=page_link("scheduler", f"/t/{token_to_choose}") if token_to_choose else None,
        ways=wording.ways(card) if card else [],
        settings=settings(),
        token=token,
    )


# ---------------------------------------------------------------- inviting


@pages.get("/link")
def link(token: str) -> ResponseReturnValue:
    """To invite; afterwards what there is to know of it, which is never what became of it."""
    with database().begin() as session:
        return _link_page(session, token)


@pages.post("/link")
def make_link(token: str) -> ResponseReturnValue:
    """Make the link, or have the one e-mail sent."""
    with database().begin() as session:
        response = _response(session, token)
        couple = openings.newest(session, response=response)
        how = openings.how_of(session, couple=couple, response=response) if couple else None
        to: To | None = None
        errors: dict[str, list[str]] = {}
        if how == "practice_email" and couple and not invitations.of_couple(session, couple):
            to, errors = _read(questionnaires.of_response(session, response))
        if errors:
            return _link_page(session, token, errors)
        try:
            invitations.make(
                session, response=response, to=to, links=Links.of(settings()), now=utcnow()
            )
        except NothingToSend:
            return redirect(url_for(".page", token=token), HTTPStatus.SEE_OTHER)
    return redirect(url_for(".link", token=token), HTTPStatus.SEE_OTHER)


@pages.post("/link/back")
def take_back(token: str) -> ResponseReturnValue:
    """Take it back. The same words follow whether somebody had used it or not."""
    with database().begin() as session:
        response = _response(session, token)
        invitations.take_back(session, response=response, now=utcnow())
    return redirect(url_for(".link", token=token), HTTPStatus.SEE_OTHER)


def _link_page(
    session: Session, token: str, errors: dict[str, list[str]] | None = None
) -> Response:
    links, now = Links.of(settings()), utcnow()
    response = _response(session, token)
    if not steps.of(session, response=response, links=links, now=now).invite:
        return make_response(redirect(url_for(".page", token=token), HTTPStatus.SEE_OTHER))
    couple = openings.newest(session, response=response)
    assert couple is not None  # there is a step
    how = openings.how_of(session, couple=couple, response=response)
    screener = questionnaires.of_response(session, response)
    invitation = invitations.of_couple(session, couple)
    page = render_template(
        "intake/personal_link.html",
        section=next(found for found in screener.sections if found.id == "partner_invite_form"),
        questions=[_question(screener.items[name]) for name in _ASKED],
        how=how,
        invitation=invitation,
        address=_address(invitation, links) if how == "share_link" else None,
        errors=errors or {},
        typed=request.form,
        token=token,
    )
    return make_response(page, _status(errors))


def _status(errors: object) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK


def _address(invitation: Invitation | None, links: Links) -> str | None:
    return links.invitation(invitation.id) if invitation else None


def _question(item: Item) -> dict[str, Any]:
    found = {
        "id": item.id,
        "text": item.text,
        "type": item.type,
        "why": item.why,
        "help": item.help,
        "max_length": item.max_length,
        "required": item.required,
        "autocomplete": "off",
    }
    return found | {"text": _TICK, "label": item.text} if item.type == "checkbox" else found


def _read(screener: Screener) -> tuple[To | None, dict[str, list[str]]]:
    """Whom to write to, or what is wrong, by question."""
    given: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name in _ASKED:
        item = screener.items[name]
        try:
            given[name] = answers.read(item, request.form.getlist(name))
        except AnswerRefused as refusal:
            errors[name] = [refusal.text]
            continue
        if given[name] is None and item.required:
            errors[name] = [answers.missing(item)]
    if errors:
        return None, errors
    return To(email=given["inv_email"], first_name=given["inv_first_name"]), {}


# ---------------------------------------------------------------- reading and signing


@pages.get("/paper")
def paper(token: str) -> ResponseReturnValue:
    """The policy on private information, once a clinician has asked this person to read it."""
    with database().begin() as session:
        return _paper_page(session, token)


@pages.post("/paper")
def sign(token: str) -> ResponseReturnValue:
    """Sign the very words that were shown."""
    name = " ".join(request.form.get("name", "").split())
    errors: dict[str, list[str]] = {}
    if not name or len(name) > _NAME or not name.isprintable():
        errors["name"] = ["Write your name, please."]
    if "agree" not in request.form:
        errors["agree"] = ["Tick this box to sign. You do not have to sign."]
    with database().begin() as session:
        if errors:
            return _paper_page(session, token, errors)
        response = _response(session, token)
        try:
            current = policies.sign(
                session,
                person_id=response.person_id,
                sha256=request.form.get("words", ""),
                name=name,
                sender=replace(sender(), page=public_link("intake", "/p")),
                now=utcnow(),
            )
        except NotAsked as error:
            raise _nothing() from error
        if not current:
            errors = {"agree": ["The words have changed. Please read them once more."]}
            return _paper_page(session, token, errors)
    return redirect(url_for(".paper", token=token), HTTPStatus.SEE_OTHER)


def _paper_page(
    session: Session, token: str, errors: dict[str, list[str]] | None = None
) -> Response:
    response = _response(session, token)
    if not policies.asked(session, person_id=response.person_id):
        raise _nothing()
    page = render_template(
        "intake/personal_paper.html",
        paper=policies.current(session),
        signature=policies.signature(session, person_id=response.person_id),
        errors=errors or {},
        typed=request.form,
        token=token,
    )
    return make_response(page, _status(errors))


# ---------------------------------------------------------------- whose page it is


def _response(session: Session, token: str) -> QuestionnaireResponse:
    found = personal_pages.find(session, token=token)
    if found is None:
        raise _nothing()
    return found


def _nothing() -> NotFound:
    """What is not there and what is somebody else's are one and the same (L08)."""
    return NotFound(WORDS[HTTPStatus.NOT_FOUND][1])
