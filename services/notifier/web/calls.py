"""The list of people to be called, for every role; numbers and wishes for who may read them."""

from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, fields, validate

from services.notifier.domain.consent import READ_OUT
from services.notifier.domain.fallback import NOT_AGREED
from services.notifier.domain.message import LINK_NOTES, kind_of, title_of
from services.notifier.operations import calls as operations
from services.notifier.operations import consents
from services.notifier.operations.acts import Hand
from services.notifier.operations.calls import How, ToCall
from services.notifier.operations.consents import NotRecorded
from services.notifier.settings import Settings
from services.notifier.web.staff import MAY_READ
from services.notifier.web.words import moment, reason_text, voicemail_script
from shared.vocabulary import Channel
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)


class AgreedForm(Schema):
    """Staff note that somebody agreed to texts, and why they may say so."""

    class Meta:
        unknown = RAISE

    reason = fields.String(required=True, validate=validate.Length(min=1, max=300))


calls = Blueprint("calls", __name__, url_prefix="/staff/calls")
guard_staff(calls)


@calls.get("")
def waiting() -> ResponseReturnValue:
    """Everybody whom nothing that we wrote has reached, the most pressing first.

    `short`: for Today, which shows who it is and nothing of how to reach them.
    """
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    short = "short" in request.args
    may_read = current_staff().role in MAY_READ and not short
    with database().begin() as session:
        found = operations.waiting(session, with_contact=may_read)
    for one in found if may_read else ():
        logger.info(
            "contact shown", call_id=str(one.call.id), account_id=str(current_staff().account_id)
        )
    return render_template(
        "notifier/calls.html",
        calls=[
            {
                "one": one,
                "title": title_of(one.notification.purpose),
                "why": reason_text(one.notification.reason),
                "until": "" if _is_a_note(one) else moment(one.call.until, place),
                "may_agree": _may_agree(one),
                "script": _script(one, ours) if may_read else "",
            }
            for one in found
        ],
        may_read=may_read,
        short=short,
        read_out=READ_OUT,
    )


@calls.post("/<uuid:call_id>/<any('told','not-reached','not-needed'):how>")
def close(call_id: UUID, how: str) -> ResponseReturnValue:
    """Take one off the list, and say how it went."""
    with database().begin() as session:
        done = operations.close(
            session, call_id=call_id, how=How(how), account_id=current_staff().account_id
        )
    flash("Taken off the list." if done else "Somebody has taken it off the list before you.")
    return redirect(url_for(".waiting"), 303)


@calls.post("/<uuid:call_id>/agreed")
def agreed(call_id: UUID) -> ResponseReturnValue:
    """Note that they agreed to texts by phone, to the words that were read out."""
    who = current_staff()
    if who.role not in MAY_READ:
        raise NotForYourRole("Clinicians note who agrees to texts.")
    try:
        form = load(AgreedForm(), request.form)
    except FormErrors:
        flash("Write what they said. Nothing was noted.")
        return redirect(url_for(".waiting"), 303)
    hand = Hand(account_id=who.account_id, name=who.name, role=who.role)
    try:
        with database().begin() as session:
            contact = operations.contact_of(session, call_id=call_id)
            if contact is None:
                raise NotFound("This call is not on the list any more.")
            consents.record(session, contact=contact, hand=hand, reason=form["reason"])
    except NotRecorded:
        flash("That can't be noted: they stopped texts, or their form does not allow them.")
    else:
        logger.info("consent noted", call_id=str(call_id), account_id=str(who.account_id))
        flash("Noted. What waits is texted to them from now on.")
    return redirect(url_for(".waiting"), 303)


def _may_agree(one: ToCall) -> bool:
    """Whether all that is missing for texts is their own yes."""
    contact = one.contact
    by_text = contact is not None and contact.address(Channel.SMS) is not None
    return by_text and one.notification.reason == NOT_AGREED


def _is_a_note(one: ToCall) -> bool:
    """Until when it is of use would tell which note with a link it was."""
    return kind_of(one.notification.purpose) in LINK_NOTES


def _script(one: ToCall, ours: Settings) -> str:
    contact = one.contact
    if contact is None or not contact.shown_phone or not contact.voicemail_permitted:
        return ""
    return voicemail_script(current_staff().name, ours.practice.phone)
