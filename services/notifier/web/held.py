"""What is held after a restored backup, and who decides that it goes out, or does not (F29)."""

from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from services.notifier.domain.message import title_of
from services.notifier.operations import contacts, resend_guard
from services.notifier.operations.resend_guard import Decision
from services.notifier.settings import Settings
from services.notifier.web.staff import MAY_READ
from services.notifier.web.words import moment
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.problems import NotForYourRole
from shared.zones import zone

logger = structlog.get_logger(__name__)

held = Blueprint("held", __name__, url_prefix="/staff/held")
guard_staff(held)


@held.get("")
def waiting() -> ResponseReturnValue:
    """Each message that may have been sent already."""
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    with database().begin() as session:
        rows = resend_guard.waiting(session)
        people = {row.person_id for row in rows if row.person_id is not None}
        names = contacts.names(session, person_ids=people)
        count = resend_guard.count(session)
    return render_template(
        "notifier/held.html",
        rows=[
            {
                "id": row.id,
                "name": names.get(row.person_id, "") if row.person_id else "The practice",
                "title": title_of(row.purpose),
                "due": moment(row.due_at, place),
            }
            for row in rows
        ],
        count=count,
        may_decide=current_staff().role in MAY_READ,
    )


@held.post("/<any('release','discard'):decision>")
def decide_all(decision: str) -> ResponseReturnValue:
    """The same for everything that is held."""
    return _decide(Decision(decision), None)


@held.post("/<uuid:notification_id>/<any('release','discard'):decision>")
def decide(notification_id: UUID, decision: str) -> ResponseReturnValue:
    """Let one go out, or never."""
    return _decide(Decision(decision), notification_id)


def _decide(decision: Decision, notification_id: UUID | None) -> ResponseReturnValue:
    if current_staff().role not in MAY_READ:
        raise NotForYourRole("What goes out again, the owner or a clinician decides.")
    with database().begin() as session:
        done = resend_guard.decide(session, decision=decision, notification_id=notification_id)
    logger.info(
        "held messages decided",
        decision=decision,
        messages=done,
        account_id=str(current_staff().account_id),
    )
    went = (
        "go out now, as far as they are still of use"
        if decision is Decision.RELEASE
        else "stay here"
    )
    flash(f"{done} message{'' if done == 1 else 's'}: {went}." if done else "Somebody was quicker.")
    return redirect(url_for(".waiting"), 303)
