"""The form itself, one section a page. No script is needed, and nothing is lost on an error."""

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.domain import pages as form_pages
from services.intake.domain.pages import Problem, Reading
from services.intake.domain.questionnaire import Section
from services.intake.operations import flood, questionnaires, responses
from services.intake.operations.forms import Form
from services.intake.operations.responses import Incomplete
from services.intake.web import drafts, floods
from services.intake.web.client import is_open
from services.intake.web.presentation import UNKNOWN, PageView, Typed, consent_links, places
from services.intake.web.review import review
from services.intake.web.senders import sender
from shared.clock import utcnow
from shared.tokens import new_token
from shared.web import database, settings
from shared.web.audiences import guard_client
from shared.web.csrf import FIELD as CSRF_FIELD
from shared.web.problems import NotFound, Refusal, answer

pages = Blueprint("form", __name__, template_folder="../templates")
guard_client(pages)

_OF_THE_PAGE: Final = frozenset((CSRF_FIELD, "page", "later", floods.TRAP))


class NotOpenYet(Refusal):
    """The practice has not said where it holds licences, so nobody could be seen (L43)."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "You cannot send this form yet"


class DraftGone(Refusal):
    """The browser has no form that this page could belong to."""

    status = HTTPStatus.GONE
    title = "We cannot find what you began"


@pages.before_request
def refuse_unless_open() -> None:
    """A form that leads nowhere is not shown."""
    with database().begin() as session:
        opened = is_open(session)
    if not opened:
        raise NotOpenYet("Please call us instead. We are glad to help by phone.")


@pages.get("/step")
def resume() -> ResponseReturnValue:
    """To the first page that was not sent yet."""
    with database().begin() as session:
        form = drafts.current(session)
    if form is None or form.completed:
        return _to_step(1)
    waiting = [
        section
        for section in form.asked()
        if form_pages.index_of(form.screener, section) > form.response.furthest
    ]
    return _to_step(_number(form, waiting[0] if waiting else form.asked()[-1]))


@pages.get("/step/<int:number>")
def step(number: int) -> ResponseReturnValue:
    """One page, with what was answered on it; never with anything sealed."""
    with database().begin() as session:
        form = drafts.current(session)
        if form is None or form.completed:
            if number != 1:
                return _to("client.what_follows") if form else _to_step(1)
            form = _blank(session)
    section = _section(form, number)
    if section not in form.asked():
        # Only a sealed answer, or one still missing, hides a page that is counted. Whoever comes
        # back to it goes one further back: the link that led here is the same for everyone.
        return _to_step(_number(form, _before(form, section)))
    problems = _lacking(form, section) if "check" in request.args else ()
    return _render(form, section, problems=problems)


@pages.post("/step/<int:number>")
def send_step(number: int) -> ResponseReturnValue:
    """Keep what is valid; go on when all of it is."""
    with database().begin() as session:
        form = drafts.current(session, for_change=True)
        if form is not None and form.completed and number != 1:
            return _to("client.what_follows")
        if form is None or form.completed:
            return _begin(session, number, earlier=form)
        response = _go_on(session, form, number)
    if "later" in request.form:
        drafts.remember(
            response, request.cookies[drafts.cookie_name()], kept_for=settings().drafts_live
        )
    return response


# ---------------------------------------------------------------- sending a page


def _begin(session: Session, number: int, *, earlier: Form | None) -> Response:
    """The first page of somebody new. Nothing is kept before it is known that it may be (L44).

    `earlier` is what this device sent before.
    """
    if number != 1:
        raise DraftGone("It was erased, or it is older than we keep it. Please start again.")
    form = _blank(session)
    section, given = form.screener.first_form[0], _given()
    reading = form_pages.read_page(form.screener, section, {}, given, form.config)
    if responses.too_young(reading.values):
        responses.turn_away(session, None)
        return _to("client.other_start")
    if "age_group" not in reading.values:
        return _again(form, section, reading, kept=frozenset())
    floods.let_begin(session)
    token = new_token()
    form = responses.start(
        session, token=token, licensed_states=settings().practice.licensed_states
    )
    if earlier is not None:
        flood.carry_on(session, earlier=earlier, later=form)
    response = _go_on(session, form, number)
    later = "later" in request.form
    drafts.remember(response, token, kept_for=settings().drafts_live if later else None)
    return response


def _go_on(session: Session, form: Form, number: int) -> Response:
    section, given = _sent_section(form, number), _given()
    reading = responses.answer(session, form, section=section, given=given, now=utcnow())
    if responses.too_young(reading.values):
        responses.turn_away(session, form)
        response = _to("client.other_start")
        drafts.forget(response)
        return response
    if "later" in request.form:
        return _to("resuming.saved")
    if reading.problems or _unknown(section):
        return _again(form, section, reading, kept=frozenset(reading.values))
    return _onward(session, form, section)


def _onward(session: Session, form: Form, section: Section) -> Response:
    """To the next page that is asked; from the last, send the form."""
    place = form_pages.index_of(form.screener, section)
    for following in form.asked():
        if form_pages.index_of(form.screener, following) > place:
            return _to_step(_number(form, following))
    if request.form.get(floods.TRAP):
        return _once_more(form, section, floods.TRAPPED)
    practice = settings().practice
    try:
        floods.let_send(session, form)
        responses.complete(
            session,
            form,
            sender=sender(),
            config=questionnaires.config_now(session, form.screener, practice.licensed_states),
            secret_key=settings().secret_key,
            now=utcnow(),
        )
    except Incomplete as gap:
        return _to_step(_number(form, gap.section), check=True)
    except floods.NotSoFast as fast:
        return _once_more(form, section, str(fast))
    except floods.ComeBackLater as refusal:
        # Not let through: what was written on this page is to be kept.
        return answer(refusal.status, refusal.title, str(refusal), headers=refusal.headers)
    response = _to("client.what_follows")
    # Kept for later or not, from here on it ends with the browser's session: what follows is shown
    # to whoever holds this cookie.
    drafts.remember(response, request.cookies[drafts.cookie_name()])
    return response


# ---------------------------------------------------------------- pages and their numbers


def _blank(session: Session) -> Form:
    return responses.blank(session, licensed_states=settings().practice.licensed_states)


def _number(form: Form, section: Section) -> int:
    return form.steps().index(section) + 1


def _section(form: Form, number: int) -> Section:
    steps = form.steps()
    if not 1 <= number <= len(steps):
        raise NotFound("This form has fewer pages. Nothing you wrote is lost.")
    return steps[number - 1]


def _sent_section(form: Form, number: int) -> Section:
    """The page that was sent: it says so itself, because another tab may have moved the numbers."""
    return form.screener.section(request.form.get("page", "")) or _section(form, number)


def _before(form: Form, section: Section) -> Section:
    place = form_pages.index_of(form.screener, section)
    asked = form.asked()
    earlier = [s for s in asked if form_pages.index_of(form.screener, s) < place]
    return earlier[-1] if earlier else asked[0]


def _to(endpoint: str) -> Response:
    return make_response(redirect(url_for(endpoint), 303))


def _to_step(number: int, *, check: bool = False) -> Response:
    """`check` has the page say what it lacks."""
    address = url_for("form.step", number=number)
    return make_response(redirect(f"{address}?check=1" if check else address, 303))


def _lacking(form: Form, section: Section) -> tuple[Problem, ...]:
    gap = form_pages.first_gap(form.screener, form.answers, form.config)
    return gap[1] if gap and gap[0] == section else ()


# ---------------------------------------------------------------- reading and showing


def _given() -> dict[str, Any]:
    """What was sent: a list for each name, as a page may send one name several times."""
    return {
        name: values if len(values) > 1 else values[0]
        for name, values in request.form.lists()
        if name not in _OF_THE_PAGE
    }


def _unknown(section: Section) -> bool:
    """Whether something was sent that this page has no question for (ASVS 15.3.3)."""
    return bool(set(request.form) - {item.id for item in section.items} - _OF_THE_PAGE)


def _again(form: Form, section: Section, reading: Reading, *, kept: frozenset[str]) -> Response:
    page = _render(
        form,
        section,
        problems=reading.problems,
        typed=Typed(given=_given(), kept=kept),
        remark=UNKNOWN if _unknown(section) else "",
    )
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)


def _once_more(form: Form, section: Section, remark: str) -> Response:
    """The page again, with nothing lost and nothing sent."""
    page = _render(form, section, remark=remark)
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)


def _render(
    form: Form,
    section: Section,
    *,
    problems: tuple[Problem, ...] = (),
    typed: Typed | None = None,
    remark: str = "",
) -> str:
    view = PageView(
        form,
        section,
        practice=settings().practice.name,
        links=consent_links(),
        problems=problems,
        typed=typed,
        remark=remark,
    )
    first = view.number == 1
    return render_template(
        "intake/step.html",
        page=view,
        places=places(),
        parts=review(form) if view.last else [],
        notices=form.screener.notices,
        back=url_for("client.practice") if first else url_for(".step", number=view.number - 1),
    )
