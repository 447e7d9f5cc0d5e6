"""A test message, by mail and by text, to whoever is signed in; the page says how it went."""

from http import HTTPStatus
from typing import Any, Final

import phonenumbers
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema

from services.notifier.operations import trials
from services.notifier.operations.message_log import Line
from services.notifier.settings import Settings
from services.notifier.web.words import channel_words, chip, moment, reason_text, trail
from shared.vocabulary import Channel, Role
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.zones import zone

pages = Blueprint("trials", __name__, url_prefix="/staff/test-message")
guard_staff(pages, roles={Role.OWNER})


ENOUGH: Final = "You have sent some just now. Please wait a quarter of an hour."


class TextForm(Schema):
    """A number of one's own, in words that say so."""

    class Meta:
        unknown = RAISE

    way = fields.String(load_default="email")
    number = fields.String(load_default="")
    own = fields.Boolean(load_default=False)

    @validates_schema
    def _ones_own(self, data: dict[str, Any], **_: Any) -> None:
        if data["way"] != "sms":
            return
        wrong = {}
        if dialled(data["number"]) is None:
            wrong["number"] = ["Write your mobile number with its area code."]
        if not data["own"]:
            wrong["own"] = ["Tick this if it is so: nobody else may be texted by a test."]
        if wrong:
            raise ValidationError(wrong)


def dialled(number: str) -> str | None:
    """The number as carriers want it (E.164), or None if it can't be one."""
    try:
        found = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


@pages.get("")
def page() -> ResponseReturnValue:
    """What to send, and what became of the last ones."""
    return _page()


@pages.post("")
def send() -> ResponseReturnValue:
    """Send one through the outbox, as any message to a client."""
    try:
        form = load(TextForm(), request.form)
        number = dialled(form["number"]) if form["way"] == "sms" else None
        with database().begin() as session:
            trials.send(session, account_id=current_staff().account_id, number=number)
    except FormErrors as errors:
        return _page(errors), errors.status
    except trials.EnoughTests:
        field = "number" if request.form.get("way") == "sms" else "email"
        return _page(FormErrors({field: [ENOUGH]}, request.form)), HTTPStatus.TOO_MANY_REQUESTS
    flash("It is on its way. This page says how it went.")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)


def _page(errors: FormErrors | None = None) -> str:
    ours: Settings = settings()
    with database().begin() as session:
        found = trials.latest(session)
        rows = [_row(line) for line in found.lines]
    return render_template(
        "notifier/trials.html",
        rows=rows,
        preparing=found.preparing,
        under_way=found.under_way,
        by_mail=Channel.EMAIL in ours.channels,
        by_text=Channel.SMS in ours.channels,
        errors=errors.errors if errors else {},
        given=errors.given if errors else {},
    )


def _row(line: Line) -> dict[str, Any]:
    ours: Settings = settings()
    icon, channel = channel_words(line)
    state, steps = chip(line), trail(line)
    return {
        "id": line.notification.id,
        "icon": icon,
        "channel": channel,
        "at": moment(line.notification.created_at, zone(ours.practice.timezone)),
        "chip": (state.label, state.shape),
        "says": reason_text(line.notification.reason) or (steps[-1].text if steps else ""),
    }
