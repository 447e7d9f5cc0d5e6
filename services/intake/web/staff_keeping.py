"""The owner's page about keeping one record: a legal hold, and erasing it at the person's wish."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from services.intake.operations import erasure, legal_holds
from services.intake.operations.erasure import NotErased
from services.intake.web.record_pages import find_inquiry
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.zones import zone

pages = Blueprint(
    "staff_keeping",
    __name__,
    url_prefix="/staff/inquiries/<uuid:response_id>/keeping",
    template_folder="../templates",
)
guard_staff(pages, roles={Role.OWNER})

ERASE_REASONS: Final = {
    "own-request": "The person asked for it",
    "by-order": "A court or an authority ordered it",
    "sent-by-mistake": "It was sent by mistake, or to try it out",
}
WHY_NOT: Final = {
    erasure.HELD: "A legal hold stands. Nothing of this person may be destroyed.",
    erasure.COMING: "There is an appointment to come. Cancel it first, then erase.",
    erasure.KEPT: "Say that the law allows it, or wait until the period ends.",
}


class EraseForm(Schema):
    """Erase it: why, that the law allows it, and that it was meant."""

    why = fields.String(
        required=True,
        validate=validate.OneOf(list(ERASE_REASONS), error="Choose one of the reasons."),
    )
    permitted = fields.Boolean(load_default=False)
    sure = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error="Tick this to go on."),
        error_messages={"required": "Tick this to go on."},
    )


class HoldForm(Schema):
    """Why a hold is set or lifted."""

    because = fields.String(
        required=True,
        validate=validate.Length(1, 500, error="Please keep it to 500 characters."),
        error_messages={"required": "Say why, in a few words."},
    )


@pages.get("")
def keeping(response_id: UUID) -> ResponseReturnValue:
    """How long it is kept, whether it is held, and erasing it."""
    return _page(response_id)


@pages.post("/hold")
def hold(response_id: UUID) -> ResponseReturnValue:
    """Keep everything of this person until the hold is lifted."""
    try:
        because = load(HoldForm(), request.form)["because"]
    except FormErrors as refusal:
        return _page(response_id, refusal)
    with database().begin() as session:
        person_id = find_inquiry(session, response_id).response.person_id
        legal_holds.impose(session, reader=reader(), person_id=person_id, reason=because)
    flash("Held. Nothing of this person is destroyed until you lift it.")
    return redirect(url_for(".keeping", response_id=response_id), HTTPStatus.SEE_OTHER)


@pages.post("/hold/lift")
def lift(response_id: UUID) -> ResponseReturnValue:
    """The usual periods count again."""
    try:
        because = load(HoldForm(), request.form)["because"]
    except FormErrors as refusal:
        return _page(response_id, refusal)
    with database().begin() as session:
        person_id = find_inquiry(session, response_id).response.person_id
        legal_holds.lift(session, reader=reader(), person_id=person_id, reason=because)
    flash("Lifted. The usual periods count again.")
    return redirect(url_for(".keeping", response_id=response_id), HTTPStatus.SEE_OTHER)


@pages.post("/erase")
def erase(response_id: UUID) -> ResponseReturnValue:
    """Destroy the record, rows and key."""
    try:
        asked = load(EraseForm(), request.form)
    except FormErrors as refusal:
        return _page(response_id, refusal)
    try:
        with database().begin() as session:
            erasure.erase(
                session,
                reader=reader(),
                person_id=find_inquiry(session, response_id).response.person_id,
                reason=asked["why"],
                permitted=asked["permitted"],
                now=utcnow(),
                drafts=settings().drafts_live,
            )
    except NotErased as refused:
        field = "permitted" if refused.why == erasure.KEPT else "why"
        return _page(response_id, FormErrors({field: [WHY_NOT[refused.why]]}, request.form))
    flash("Erased. Nobody can read it here any more. Backups from before still hold it.")
    return redirect(url_for("staff.waiting"), HTTPStatus.SEE_OTHER)


def _page(response_id: UUID, refusal: FormErrors | None = None) -> ResponseReturnValue:
    now = utcnow()
    with database().begin() as session:
        inquiry = find_inquiry(session, response_id)
        standing = erasure.standing(
            session,
            person_id=inquiry.response.person_id,
            now=now,
            drafts=settings().drafts_live,
        )
    page = render_template(
        "intake/keeping.html",
        inquiry=inquiry,
        standing=standing,
        reasons=list(ERASE_REASONS.items()),
        errors=refusal.errors if refusal else {},
        typed=refusal.given if refusal else {},
        why_not=WHY_NOT,
        now=now,
        here_zone=zone(settings().practice.timezone),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
