"""The form as a JSON API: the same verbs as the pages, the same silence about sealed answers."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.intake.domain import pages
from services.intake.domain.pages import Problem
from services.intake.domain.screening import PRIVATE_CALL
from services.intake.operations import invitations, questionnaires, responses
from services.intake.operations.forms import Form
from services.intake.operations.responses import AlreadySent, Incomplete
from services.intake.schemas import (
    AnswersSchema,
    CompletionSchema,
    QuestionnaireSchema,
    ResponseSchema,
    StartedSchema,
    StartSchema,
)
from services.intake.web import floods
from services.intake.web.client import is_open
from services.intake.web.form import NotOpenYet
from services.intake.web.senders import sender
from shared.clock import utcnow
from shared.tokens import new_token
from shared.web import database, public_link, settings
from shared.web.audiences import bearer, guard_api
from shared.web.problems import FieldErrors, NotFound, Refusal, flat_errors

api = Blueprint("api", __name__, url_prefix="/api", description="Filling in the form")
guard_api(api)


class AnswersNeedAnotherLook(Refusal):
    """Some answers can't be taken as they are; all the others were kept."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Some answers need another look"

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("Everything else was kept.")
        self.problems = problems

    @property
    def field_errors(self) -> FieldErrors:
        return list(flat_errors({"answers": dict(self.problems)}))


class NotKept(Refusal):
    """Nothing of somebody under 13 is kept."""

    status = HTTPStatus.FORBIDDEN
    title = "Nothing was kept"


class SentAlready(Refusal):
    """A form that was sent does not change."""

    status = HTTPStatus.CONFLICT
    title = "This form was sent already"


@api.before_request
def refuse_unless_open() -> None:
    """A form that leads nowhere is not offered."""
    with database().begin() as session:
        opened = is_open(session)
    if not opened:
        raise NotOpenYet("The practice has not said where it holds licences.")


@api.get("/questionnaire")
@api.response(200, QuestionnaireSchema)
def questionnaire() -> Any:
    """The form as it is asked now."""
    with database().begin() as session:
        form = responses.blank(session, licensed_states=settings().practice.licensed_states)
    return replace(form.screener, sections=pages.offered(form.screener, form.config))


@api.post("/responses")
@api.arguments(StartSchema)
@api.response(201, StartedSchema)
def start(sent: dict[str, Any]) -> Any:
    """Begin a form, with some answers or none. The token opens it from then on.

    With an invitation it is an invited person's own form, and the invitation is used up.
    """
    token = new_token()
    with database().begin() as session:
        young = responses.too_young(sent["answers"])
        invited = _invited(session, sent["invitation"], token) if sent["invitation"] else None
        if young:
            responses.turn_away(session, invited)
            under_18, form = _under_18(session), None
        else:
            if invited is None:
                floods.let_begin(session)
            licensed = settings().practice.licensed_states
            form = invited or responses.start(session, token=token, licensed_states=licensed)
            problems = _answer(session, form, sent["answers"])
    if form is None:
        raise NotKept(under_18)
    if problems:
        raise AnswersNeedAnotherLook(problems)
    return {"id": form.response.id, "token": token}


@api.get("/response")
@api.response(200, ResponseSchema)
def response() -> Any:
    """What is asked of this person, and what they have answered, without anything sealed."""
    with database().begin() as session:
        return _document(_form(session))


@api.patch("/response")
@api.arguments(AnswersSchema)
@api.response(200, ResponseSchema)
def answer(sent: dict[str, Any]) -> Any:
    """Answer some questions. What is valid is kept, also when something else is not."""
    with database().begin() as session:
        form = _form(session, for_change=True)
        young = responses.too_young(sent["answers"])
        if young and not form.completed:
            responses.turn_away(session, form)
            under_18 = _under_18(session)
        else:
            problems = _answer(session, form, sent["answers"])
    if young:
        raise NotKept(under_18)
    if problems:
        raise AnswersNeedAnotherLook(problems)
    return _document(form)


@api.post("/response/completion")
@api.response(200, CompletionSchema)
def complete() -> Any:
    """Send the form. Sending twice is sending once."""
    practice = settings().practice
    with database().begin() as session:
        form = _form(session, for_change=True)
        floods.let_send(session, form)
        try:
            decision = responses.complete(
                session,
                form,
                sender=sender(),
                config=questionnaires.config_now(session, form.screener, practice.licensed_states),
                secret_key=settings().secret_key,
                now=utcnow(),
            )
        except Incomplete as gap:
            raise AnswersNeedAnotherLook(_by_item(gap.problems)) from gap
    return _seen(form, decision)


def _under_18(session: Session) -> str:
    """What the form says to somebody it stops for."""
    return questionnaires.current(session).client_text["under18"].body


def _invited(session: Session, invitation: str, token: str) -> Form:
    form = invitations.begin(
        session,
        invitation_token=invitation,
        token=token,
        licensed_states=settings().practice.licensed_states,
        now=utcnow(),
    )
    if form is None:
        raise NotFound("This invitation opens no form.")
    return form


def _form(session: Session, *, for_change: bool = False) -> Form:
    form = responses.find(session, token=bearer(), for_change=for_change)
    if form is None:
        raise NotFound("This token opens no form.")
    return form


def _answer(session: Session, form: Form, given: Mapping[str, Any]) -> dict[str, str]:
    """Keep what is valid, page by page; what is wrong comes back by question."""
    wrong = {name: "This form does not ask for that." for name in given if not _asked(form, name)}
    for section in form.screener.first_form:
        here = {item.id: given[item.id] for item in section.items if item.id in given}
        if here:
            try:
                reading = responses.answer(
                    session, form, section=section, given=here, now=utcnow(), whole=False
                )
            except AlreadySent as sent:
                raise SentAlready("Nothing in it changes any more.") from sent
            wrong.update(_by_item(reading.problems))
    return wrong


def _asked(form: Form, name: str) -> bool:
    facts = pages.facts(form.screener, form.answers, form.config)
    return any(
        item.id == name and not facts.preset(item)
        for section in form.screener.first_form
        for item in section.items
    )


def _by_item(problems: tuple[Problem, ...]) -> dict[str, str]:
    return {problem.item: problem.text for problem in problems}


def _document(form: Form) -> dict[str, Any]:
    screener = form.screener
    return {
        "id": form.response.id,
        "status": form.response.status,
        "asked": [
            {
                "section": section.id,
                "items": [
                    item.id for item in pages.rendered(screener, section, form.answers, form.config)
                ],
            }
            for section in form.asked()
        ],
        "answers": {
            name: value
            for name, value in form.answers.items()
            if name in screener.items and not screener.items[name].sealed
        },
    }


def _seen(form: Form, decision: Mapping[str, Any]) -> dict[str, Any]:
    text = form.screener.client_text[decision["public_key"]].worded(form.config)
    token = responses.booking_token(settings().secret_key, form.response)
    permitted = decision["booking"] == PRIVATE_CALL
    return {
        "public_key": decision["public_key"],
        "heading": text.heading,
        "body": text.body,
        "pattern_text": form.screener.pattern_text.get(decision["pattern"], ""),
        "booking": {"permission_token": token, "url": public_link("scheduler", f"/t/{token}")}
        if permitted
        else None,
    }
