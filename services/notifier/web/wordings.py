"""The words of messages for staff: what is in use, what was, and for the owner a new version."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from services.notifier.domain.message import Kind, title_of
from services.notifier.domain.wording import LANGUAGES
from services.notifier.domain.words import MEANINGS, Slot, Words, slots
from services.notifier.operations import wordings
from services.notifier.operations.proofreading import proofread, slot_named, wordings_of
from services.notifier.operations.rendering import render
from services.notifier.operations.samples import sample
from services.notifier.operations.wordings import Version, WordsChanged
from services.notifier.settings import Settings
from services.notifier.web.words import moment
from shared.vocabulary import Channel, Role
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("wordings", __name__, url_prefix="/staff/templates")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

CHANNELS: Final = {Channel.EMAIL: "Email", Channel.SMS: "Text"}
TITLES: Final = {
    Kind.REMINDER: "Reminder",
    Kind.UPDATE: "A note with a link",
    Kind.INVITATION: "A link for somebody invited",
    Kind.QUESTION: "Whether they agree to texts",
    Kind.STAFF_NOTE: "Word to the practice",
    Kind.STAFF_TASK: "Word of a task",
    Kind.STAFF_TEST: "A test, to oneself",
}
_ONE: Final = "/<kind>/<locale>/<channel>"


class WordsForm(Schema):
    """New words, and on which version they were begun."""

    subject = fields.String(load_default="", validate=validate.Length(max=400))
    body = fields.String(load_default="", validate=validate.Length(max=20000))
    seen = fields.Integer(required=True, validate=validate.Range(min=1, max=100000))
    act = fields.String(load_default="preview", validate=validate.OneOf(["preview", "save"]))


@pages.get("")
def overview() -> ResponseReturnValue:
    """Every message in each language, and which version is in use."""
    with database().begin() as session:
        found = wordings.all_in_use(session)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for version in found:
        slot = version.words.slot
        groups[_title(slot.kind)].append(
            {"name": _name(slot), "href": _address(slot), "said": _by(version)}
        )
    return render_template("notifier/wordings.html", groups=groups)


@pages.get(_ONE)
def words(kind: str, locale: str, channel: str) -> ResponseReturnValue:
    """The words in use, as they stand and as a made-up person gets them."""
    slot = _slot(kind, locale, channel)
    with database().begin() as session:
        current = wordings.in_use(session, slot)
    return _page(slot, current)


@pages.post(_ONE)
def write(kind: str, locale: str, channel: str) -> ResponseReturnValue:
    """Look at new words, or keep them as a version that is in use from the next message on."""
    slot = _slot(kind, locale, channel)
    if current_staff().role is not Role.OWNER:
        raise NotForYourRole("Only the owner changes what messages say.")
    try:
        form = load(WordsForm(), request.form)
    except FormErrors as refusal:
        typed = refusal.given
        draft = _draft(slot, typed.get("subject", ""), typed.get("body", ""), version=2)
        return _page(slot, draft, errors=refusal.errors)
    draft = _draft(slot, form["subject"], form["body"], version=form["seen"] + 1)
    ours: Settings = settings()
    errors = proofread(draft, practice=ours.practice, public_url=ours.public_url)
    if errors or form["act"] == "preview":
        return _page(slot, draft, seen=form["seen"], errors=errors, preview=True)
    return _keep(slot, draft)


@pages.post(f"{_ONE}/preview")
def preview(kind: str, locale: str, channel: str) -> ResponseReturnValue:
    """The part of the page that shows what is being written as it would be sent; keeps nothing."""
    slot = _slot(kind, locale, channel)
    if current_staff().role is not Role.OWNER:
        raise NotForYourRole("Only the owner changes what messages say.")
    ours: Settings = settings()
    try:
        form = load(WordsForm(), request.form)
    except FormErrors as refusal:
        sent, errors = None, refusal.errors
    else:
        draft = _draft(slot, form["subject"], form["body"], version=form["seen"] + 1)
        errors = proofread(draft, practice=ours.practice, public_url=ours.public_url)
        sent = None if errors else _as_sent(draft, ours)
    return render_template(
        "notifier/_preview.html",
        sent=sent,
        errors=errors,
        live=True,
        by_email=slot.channel is Channel.EMAIL,
        language=slot.locale,
    )


@pages.get(f"{_ONE}/<int:number>")
def version(kind: str, locale: str, channel: str, number: int) -> ResponseReturnValue:
    """One version as it was; going back to it begins as a new one."""
    slot = _slot(kind, locale, channel)
    with database().begin() as session:
        known = wordings.versions(session, slot)
    chosen = next((one for one in known if one.words.version == number), None)
    if chosen is None:
        raise NotFound("There is no such version.")
    return _page(slot, chosen.words)


def _keep(slot: Slot, draft: Words) -> ResponseReturnValue:
    who = current_staff()
    try:
        with database().begin() as session:
            wordings.write(session, words=draft, account_id=who.account_id, name=who.name)
    except WordsChanged:
        late = {"body": ["Somebody has written a version since. Look at it below, then save."]}
        return _page(slot, draft, errors=late)
    logger.info("words written", words=draft.reference, account_id=str(who.account_id))
    flash(f"Version {draft.version} is in use from the next message on.")
    return redirect(_address(slot), HTTPStatus.SEE_OTHER)


def _page(
    slot: Slot,
    shown: Words,
    *,
    seen: int | None = None,
    errors: dict[str, list[str]] | None = None,
    preview: bool = False,
) -> ResponseReturnValue:
    ours: Settings = settings()
    with database().begin() as session:
        known = wordings.versions(session, slot)
    html = render_template(
        "notifier/wording.html",
        title=f"{_title(slot.kind)}: {_name(slot)}",
        slot=slot,
        place=_path(slot),
        by_email=slot.channel is Channel.EMAIL,
        language=slot.locale,
        shown=shown,
        seen=seen or known[0].words.version,
        changed=preview,
        errors=errors or {},
        sent=None if errors else _as_sent(shown, ours),
        owner=current_staff().role is Role.OWNER,
        allowed=[(name, MEANINGS[name]) for name in MEANINGS if name in slot.allowed],
        versions=[(one.words.version, _by(one)) for one in known],
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _as_sent(shown: Words, ours: Settings) -> dict[str, Any] | None:
    """What a made-up person gets. Words of before that today's rules refuse have no preview."""
    public_url, practice = ours.public_url, ours.practice
    if proofread(shown, practice=practice, public_url=public_url):
        return None
    slot = shown.slot
    occasion = sample(slot, public_url=public_url, sender_address=practice.sender_address)
    message = render(occasion, practice, shown)
    if slot.channel is Channel.EMAIL:
        return {"subject": message.subject, "text": message.text}
    told = wordings_of(shown, practice=practice, public_url=public_url)
    return {"chosen": message.text, "wordings": told}


def _draft(slot: Slot, subject: str, body: str, *, version: int) -> Words:
    text = "\n".join(line.rstrip() for line in body.strip().splitlines())
    return Words(slot=slot, version=version, subject=subject.strip(), body=text)


def _slot(kind: str, locale: str, channel: str) -> Slot:
    slot = slot_named(kind, locale, channel)
    if slot is None or slot not in set(slots()):
        raise NotFound("There is no such message.")
    return slot


def _address(slot: Slot) -> str:
    return url_for(".words", kind=slot.kind, locale=slot.locale, channel=slot.channel)


def _path(slot: Slot) -> dict[str, str]:
    return {"kind": slot.kind.value, "locale": slot.locale, "channel": slot.channel.value}


def _title(kind: Kind) -> str:
    return TITLES.get(kind) or title_of(kind)


def _name(slot: Slot) -> str:
    return f"{CHANNELS[slot.channel]}, {LANGUAGES[slot.locale].name}"


def _by(version: Version) -> str:
    """Which version, since when, by whom."""
    number = version.words.version
    if version.written_at is None:
        return f"Version {number}, as Softstart brings it"
    ours: Settings = settings()
    at = moment(version.written_at, zone(ours.practice.timezone))
    return f"Version {number}, {at}, {version.written_by}"
