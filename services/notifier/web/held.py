"""What is held after a restored backup, and who decides that it goes out, or does not (F29)."""

from collections.abc import Collection
from http import HTTPStatus
from uuid import UUID

import structlog
from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from services.notifier.domain.message import title_of
from services.notifier.operations import contacts, resend_guard
from services.notifier.operations.resend_guard import Decision
from services.notifier.settings import Settings
from services.notifier.web.again import LONGEST_REASON, hand
from services.notifier.web.several import REASON, chosen_of, load_chosen
from services.notifier.web.staff import MAY_READ
from services.notifier.web.words import moment
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors
from shared.web.problems import NotForYourRole
from shared.zones import zone

logger = structlog.get_logger(__name__)

held = Blueprint("held", __name__, url_prefix="/staff/held")
guard_staff(held)


class DecisionForm(Schema):
    """What becomes of which messages, and why."""

    decision = fields.Enum(Decision, by_value=True, required=True)
    reason = REASON


@held.get("")
def waiting() -> ResponseReturnValue:
    """Each message that may have been sent already."""
    return _page({}, [], "")


def _page(
    errors: dict[str, list[str]], chosen: Collection[UUID], reason: str
) -> ResponseReturnValue:
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    with database().begin() as session:
        rows = resend_guard.waiting(session)
        people = {row.person_id for row in rows if row.person_id is not None}
        names = contacts.names(session, person_ids=people)
        count = resend_guard.count(session)
    html = render_template(
        "notifier/held.html",
        rows=[
            {
                "id": row.id,
                "name": names.get(row.person_id, "") if row.person_id else "The practice",
                "title": title_of(row.purpose),
                "due": moment(row.due_at, place),
                "chosen": row.id in chosen,
            }
            for row in rows
        ],
        count=count,
        may_decide=current_staff().role in MAY_READ,
        errors=errors,
        reason=reason,
        longest=LONGEST_REASON,
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


@held.post("")
def decide() -> ResponseReturnValue:
    """Let those that were chosen go out after all, or never."""
    if current_staff().role not in MAY_READ:
        raise NotForYourRole("What goes out again, the owner or a clinician decides.")
    try:
        form, chosen = load_chosen(DecisionForm(), request.form)
    except FormErrors as refusal:
        return _page(refusal.errors, chosen_of(request.form), request.form.get("reason", ""))
    with database().begin() as session:
        done = resend_guard.decide_by_hand(
            session, decision=form["decision"], among=chosen, hand=hand(), reason=form["reason"]
        )
    logger.info(
        "held messages decided",
        decision=form["decision"],
        messages=done,
        account_id=str(current_staff().account_id),
    )
    went = (
        "go out now, as far as they are still of use"
        if form["decision"] is Decision.RELEASE
        else "stay here"
    )
    flash(f"{done} message{'' if done == 1 else 's'}: {went}." if done else "Somebody was quicker.")
    return redirect(url_for(".waiting"), HTTPStatus.SEE_OTHER)
