"""The addresses that are not written to: whoever may see them whole, and who opens which again."""

from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from services.notifier.domain.blocked import BY_STAFF, OPTED_OUT, masked, may_lift, read_address
from services.notifier.operations import acts, blocked
from services.notifier.operations.acts import Act
from services.notifier.operations.blocked import PAGE, Entry
from services.notifier.settings import Settings
from services.notifier.web.again import LONGEST_REASON, hand
from services.notifier.web.staff import MAY_READ
from services.notifier.web.words import moment, reason_text
from shared.vocabulary import Channel
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("blocked", __name__, url_prefix="/staff/blocked")
guard_staff(pages)

CHANNELS: Final = {Channel.EMAIL: "Email", Channel.SMS: "Text"}
_NOT_OURS: Final = {
    OPTED_OUT: "Only they start texts again, by sending START.",
    "blocked": "Their phone or their carrier refuses us. Only they can change that.",
}
_DONE: Final = {Act.BLOCK: "Blocked", Act.UNBLOCK: "Opened again"}


class AddressForm(Schema):
    """An address to look for, or to block; blocking takes a reason."""

    channel = fields.Enum(Channel, by_value=True, required=True)
    address = fields.String(
        required=True,
        validate=validate.Length(max=254),
        error_messages={"required": "Write the address or the number."},
    )
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    act = fields.String(load_default="find", validate=validate.OneOf(["find", "block"]))


class LiftForm(Schema):
    """Why an address is opened again."""

    reason = fields.String(required=True, validate=validate.Length(max=LONGEST_REASON))


@pages.get("")
def overview() -> ResponseReturnValue:
    """Every address that is not written to, the latest first."""
    return _page()


@pages.post("")
def look_up() -> ResponseReturnValue:
    """Look for one address, or block it. Typed in a form, it stands in no log and no history."""
    given = request.form.to_dict()
    try:
        form: dict[str, Any] = load(AddressForm(), request.form)
        address = read_address(form["channel"], form["address"])
    except FormErrors as refusal:
        return _page(given=given, errors=refusal.errors)
    except ValueError as error:
        return _page(given=given, errors={"address": [str(error)]})
    if form["act"] == "block":
        return _block(form, address, given)
    with database().begin() as session:
        found = blocked.find(session, channel=form["channel"], address=address)
    return _page(given=given, found=found)


@pages.post("/<int:entry_id>/lift")
def lift(entry_id: int) -> ResponseReturnValue:
    """Open an address again that staff may open."""
    if current_staff().role not in MAY_READ:
        raise NotForYourRole("The owner or a clinician opens an address again.")
    try:
        form: dict[str, Any] = load(LiftForm(), request.form)
    except FormErrors:
        flash("Write why it may be written to again.")
        return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)
    with database().begin() as session:
        lifted = blocked.lift(session, entry_id=entry_id, hand=hand(), reason=form["reason"])
    if lifted:
        logger.info("address opened", entry_id=entry_id, account_id=str(current_staff().account_id))
    flash(
        "Opened again, from the next message on."
        if lifted
        else "Not opened: it is open already, or only the person can open it."
    )
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _block(form: dict[str, Any], address: str, given: dict[str, str]) -> ResponseReturnValue:
    if not form["reason"].strip():
        return _page(given=given, errors={"reason": ["Write why it is not written to."]})
    with database().begin() as session:
        new = blocked.block(
            session,
            channel=form["channel"],
            address=address,
            hand=hand(),
            reason=form["reason"].strip(),
        )
    logger.info("address blocked", new=new, account_id=str(current_staff().account_id))
    flash("Blocked, from now on." if new else "It was blocked before.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _page(
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
    found: list[Entry] | None = None,
) -> ResponseReturnValue:
    asked = request.args.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and int(asked[:4]) > 0 else 1
    page = min(page, 1000)
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    with database().begin() as session:
        listed, more = blocked.entries(session, offset=(page - 1) * PAGE)
        done = acts.latest(session, list(_DONE))
    html = render_template(
        "notifier/blocked.html",
        rows=[_row(one) for one in listed],
        found=None if found is None else [_row(one) for one in found],
        given=given or {"channel": Channel.EMAIL.value},
        errors=errors or {},
        channels=[(channel.value, name) for channel, name in CHANNELS.items()],
        done=[
            (f"{_DONE[one.act]} on {moment(one.at, place)}, {one.name}", one.reason) for one in done
        ],
        longest=LONGEST_REASON,
        may_read=_may_read(),
        newer=url_for(".overview", page=page - 1) if page > 1 else None,
        older=url_for(".overview", page=page + 1) if more else None,
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _row(entry: Entry) -> dict[str, Any]:
    ours: Settings = settings()
    shown = entry.address
    if shown is not None and not _may_read():
        shown = masked(shown)
    liftable = may_lift(entry.reason)
    return {
        "id": entry.id,
        "who": ", ".join(entry.names) or "An address that nobody here has now",
        "channel": CHANNELS[entry.channel],
        "icon": "mail" if entry.channel is Channel.EMAIL else "msg",
        "address": shown,
        "why": "Staff blocked it." if entry.reason == BY_STAFF else reason_text(entry.reason),
        "since": moment(entry.since, zone(ours.practice.timezone)),
        "liftable": liftable,
        "not_ours": "" if liftable else _NOT_OURS.get(entry.reason, "It can't be opened here."),
    }


def _may_read() -> bool:
    return current_staff().role in MAY_READ
