"""Sending a message once more: the form on the message's own page, and what stands against it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from services.notifier.domain.resending import WhyNot
from services.notifier.models import Notification
from services.notifier.operations import acts, resending
from services.notifier.operations.acts import Act, Hand
from services.notifier.operations.resending import NotResent
from services.notifier.settings import Settings
from services.notifier.web.words import moment
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("again", __name__, url_prefix="/staff/messages")
guard_staff(pages)

LONGEST_REASON: Final = 200

SENTENCES: Final = {
    WhyNot.TO_THE_PRACTICE: "It was a note to the practice. What it points at waits anyway.",
    WhyNot.NO_CHANNEL: "There was no way to write to them. Call, or wait until they write.",
    WhyNot.STILL_WAITS: "It has not come to its end: it goes out by itself.",
    WhyNot.BEING_ASKED: "We are still asking what became of it. Sent now, it could come twice.",
    WhyNot.WITHDRAWN: "It was withdrawn, because it was not true or not needed any more.",
    WhyNot.SENT_AGAIN: "It was sent once more already. If that failed too, send that one again.",
    WhyNot.RESTORED: "A backup was restored. Decide first what is held back.",
    WhyNot.ERASED: "This person's data was erased.",
    WhyNot.UNTRUE: "It is no longer true: the time or the wish behind it has changed.",
    WhyNot.TOO_LATE: "Its time has passed.",
    WhyNot.NOT_PERMITTED: "They do not allow this way of writing to them now.",
    WhyNot.TURNED_OFF: "They turned this off. Only they turn it on again.",
    WhyNot.NOT_SET_UP: "This way of writing is not set up here any more.",
    WhyNot.SUPPRESSED: "Their address is blocked: Blocked addresses says why.",
    WhyNot.SAME_ADDRESS: (
        "It went out, to the address that they have now. Once their address is corrected, it can "
        "be sent again."
    ),
}


class AgainForm(Schema):
    """Why it is sent once more."""

    reason = fields.String(
        required=True,
        validate=validate.Length(max=LONGEST_REASON),
        error_messages={"required": "Write why: whoever looks at this later wants to know."},
    )


@dataclass(frozen=True, kw_only=True)
class Again:
    """What a message's page says about sending it once more."""

    refusal: str
    """The sentence beside the button; empty where it may be sent."""
    before: UUID | None
    after: UUID | None
    done: list[tuple[str, str]]
    """(when and who, why) of each time."""


@pages.post("/<uuid:notification_id>/again")
def send_again(notification_id: UUID) -> ResponseReturnValue:
    """Plan it once more; what stands against it is said on its page."""
    page = url_for("staff.message", notification_id=notification_id)
    try:
        form: dict[str, Any] = load(AgainForm(), request.form)
    except FormErrors as refusal:
        flash(next(iter(refusal.errors.values()))[0])
        return redirect(f"{page}#again", HTTPStatus.SEE_OTHER)
    who = current_staff()
    try:
        with database().begin() as session:
            new = resending.resend(
                session,
                notification_id=notification_id,
                hand=hand(),
                reason=form["reason"],
                settings=settings(),
            )
    except NoResultFound as unknown:
        raise NotFound("There is no such message.") from unknown
    except NotResent as refused:
        flash(f"Not sent. {SENTENCES[refused.why]}")
        return redirect(f"{page}#again", HTTPStatus.SEE_OTHER)
    logger.info(
        "message sent once more",
        notification_id=str(notification_id),
        new_id=str(new),
        account_id=str(who.account_id),
    )
    flash("Planned once more. This is the new message: what it waits for, if anything, is below.")
    return redirect(url_for("staff.message", notification_id=new), HTTPStatus.SEE_OTHER)


def hand() -> Hand:
    """Whoever is signed in, as what they do is noted."""
    who = current_staff()
    return Hand(account_id=who.account_id, name=who.name, role=who.role.value)


def about(session: Session, row: Notification, *, may_read: bool) -> Again:
    """What to show about sending this message once more."""
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    why = resending.refusal(session, row, settings=ours)
    noted = acts.latest(session, [Act.RESEND], about=str(row.resend_of or row.id))
    return Again(
        refusal=SENTENCES[why] if why else "",
        before=row.resend_of,
        after=resending.again(session, row.id),
        done=[
            (f"{moment(one.at, place)}, {one.name}", (one.reason or "") if may_read else "")
            for one in noted
        ],
    )
