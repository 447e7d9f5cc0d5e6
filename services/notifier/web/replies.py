"""What people write back, for whoever may read messages; what they stopped, nobody starts here."""

from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from services.notifier.operations import incoming
from services.notifier.settings import Settings
from services.notifier.web.staff import MAY_READ
from services.notifier.web.words import moment
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.problems import NotForYourRole
from shared.zones import zone

logger = structlog.get_logger(__name__)

replies = Blueprint("replies", __name__, url_prefix="/staff/replies")
guard_staff(replies)


@replies.get("")
def waiting() -> ResponseReturnValue:
    """Everything that waits to be read; the front desk sees that it does."""
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    may_read = current_staff().role in MAY_READ
    with database().begin() as session:
        found = incoming.unread(session, with_words=may_read)
    for reply in found if may_read else ():
        logger.info(
            "reply shown", reply_id=str(reply.id), account_id=str(current_staff().account_id)
        )
    return render_template(
        "notifier/replies.html",
        replies=[(reply, moment(reply.received_at, place)) for reply in found],
        may_read=may_read,
    )


@replies.post("/<uuid:reply_id>/read")
def read(reply_id: UUID) -> ResponseReturnValue:
    """Take one off the list."""
    if current_staff().role not in MAY_READ:
        raise NotForYourRole("What people write back is for clinicians.")
    with database().begin() as session:
        incoming.mark_read(session, reply_id=reply_id, account_id=current_staff().account_id)
    flash("Taken off the list.")
    return redirect(url_for(".waiting"), 303)
