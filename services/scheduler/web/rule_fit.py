"""The page of one clinician's fit: languages, ways of meeting, caps, and what they give.

Everyone says it of themselves, the owner of anyone; shares of the pool are the owner's to give.
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import StaffRefused
from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import appointment_types, fit, schedules
from services.scheduler.operations.fit import Fit
from services.scheduler.web import rule_words
from services.scheduler.web.choosing import read_uuid
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_forms import FitForm, shares, shares_form
from services.scheduler.web.rule_pages import filled, is_owner, typed
from services.scheduler.web.weeks import editable
from shared.clock import utcnow
from shared.places import NAMES
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("rule_fit", __name__, url_prefix="/staff/rules/fit")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

_PREFIX = "share-"
_USUAL = ("en", "es")


@pages.get("")
def page() -> ResponseReturnValue:
    """One's own, or for the owner anyone's."""
    with database().begin() as session:
        return _page(session, _who(session))


def _who(session: Session) -> OpenSchedule:
    return editable(session, read_uuid(request.args.get("who")))


def _page(
    session: Session,
    who: OpenSchedule,
    refusal: FormErrors | StaffRefused | None = None,
    form: str = "fit",
) -> ResponseReturnValue:
    number = who.practitioner_id
    facts = fit.fit_of(session, number)._asdict()
    given = fit.share_facts(fit.shares(session, number))
    of_fit = filled(
        session, facts, typed(facts), refusal if form == "fit" else None, about=f"fit:{number}"
    )
    of_shares = filled(
        session,
        given,
        typed({f"{_PREFIX}{code}": share for code, share in given.items()}),
        refusal if form == "shares" else None,
        about=f"shares:{number}",
    )
    shown = of_fit if form == "fit" else of_shares
    html = render_template(
        "scheduler/rule_fit.html",
        named_errors=rule_words.named_errors,
        who=who,
        people=_pills(session, who),
        fit=of_fit,
        shares=of_shares,
        errors=shown.errors,
        languages=LANGUAGES,
        usual=_USUAL,
        ways=rule_words.WAYS,
        states=", ".join(sorted(NAMES.get(code, code) for code in who.states)),
        kinds=[
            {"code": one.code, "title": one.title, "field": f"{_PREFIX}{one.code}",
             "share": given[one.code], "summary": rule_words.summary(one)}
            for one in appointment_types.every(session)
            if one.code in given
        ],
        owner=is_owner(),
    )  # fmt: skip
    return make_response(html, shown.status)


def _pills(session: Session, who: OpenSchedule) -> list[dict[str, Any]]:
    if not is_owner():
        return []
    return [
        {
            "name": one.name,
            "href": url_for(".page", who=one.practitioner_id),
            "chosen": one.id == who.id,
        }
        for one in schedules.open_schedules(session)
    ]


@pages.post("")
def save() -> ResponseReturnValue:
    """Let it count from the next question on."""
    with database().begin() as session:
        who = _who(session)
        try:
            form = load(FitForm(), request.form)
            version = form.pop("version")
            fit.set_fit(session, who.practitioner_id, version=version, fit=Fit(**form), by=hand())
        except (FormErrors, StaffRefused) as refusal:
            return _page(session, who, refusal)
    flash("Saved. Times that are booked already stay as they are.")
    return _back(who)


def _back(who: OpenSchedule) -> ResponseReturnValue:
    return redirect(url_for(".page", who=who.practitioner_id), HTTPStatus.SEE_OTHER)


@pages.post("/shares")
def save_shares() -> ResponseReturnValue:
    """What they give, and their share of the pool beside the others'."""
    owner_decides()
    with database().begin() as session:
        who = _who(session)
        try:
            standing = fit.shares(session, who.practitioner_id)
            form = load(shares_form(f"{_PREFIX}{code}" for code in standing), request.form)
            version = form.pop("version")
            wanted = {name.removeprefix(_PREFIX): share for name, share in form.items()}
            fit.set_shares(
                session,
                who.practitioner_id,
                version=version,
                wanted=shares(wanted, standing),
                by=hand(),
            )
            count = fit.standing_ungiven(session, who.practitioner_id, now=utcnow())
        except (FormErrors, StaffRefused) as refusal:
            return _page(session, who, refusal, "shares")
    flash(f"Saved. {rule_words.stands(count, '{is_} of a type that is not given any more')}")
    return _back(who)
