"""One person's record: requests about it, the copy for the person, a new way to reach them."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.intake.operations import (
    audit,
    consents,
    contacts,
    exports,
    record_requests,
    release,
)
from services.intake.operations.exports import FreeText, NotReviewed
from services.intake.schemas import REASONS
from services.intake.web import record_pages
from services.intake.web.fresh_sign_in import fresh, sign_in_again
from services.intake.web.record_forms import (
    AddressForm,
    AmendmentForm,
    CopyForm,
    DeliverForm,
    DenyForm,
    DisagreeForm,
    RequestForm,
    ReviewDenialForm,
    ReviewedForm,
)
from services.intake.web.record_pages import find_inquiry, find_request, overview_again, to_request
from services.intake.web.record_refusals import init_record_refusals
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.web import database, kept
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import Refusal

pages = Blueprint(
    "staff_records",
    __name__,
    url_prefix="/staff/inquiries/<uuid:response_id>/record",
    template_folder="../templates",
)
guard_staff(pages)
init_record_refusals(pages)

OWN_REQUEST = REASONS["own-request"]


class MailNotSafe(Refusal):
    """The person has not said that mail is safe."""

    title = "Mail is not safe for this person"


class CalendarSilent(Refusal):
    """A copy without the appointments would not be whole."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The calendar does not answer just now"


@pages.get("")
def record(response_id: UUID) -> ResponseReturnValue:
    """Everything about this record that this role may see."""
    return record_pages.overview(response_id)


@pages.post("/requests")
def note_request(response_id: UUID) -> ResponseReturnValue:
    """Somebody asks for a copy or a change: any role notes it, a clinician acts."""
    try:
        form = load(RequestForm(), request.form)
    except FormErrors as errors:
        return overview_again(response_id, errors)
    details = {"text": form["change_text"]} if form["kind"] == "amendment" else {}
    with database().begin() as session:
        noted = record_requests.note(
            session,
            person_id=find_inquiry(session, response_id).response.person_id,
            kind=form["kind"],
            received_on=form["received_on"],
            details=details,
            reader=reader(),
        )
    by = f" Act on it by {noted.due_on:%B} {noted.due_on.day}." if noted.due_on else ""
    flash(f"Noted.{by}")
    return record_pages.to_overview(response_id)


@pages.post("/address")
def new_address(response_id: UUID) -> ResponseReturnValue:
    """A new number or address at the person's wish. No reason is asked (L19)."""
    try:
        form = load(AddressForm(), request.form)
    except FormErrors as errors:
        return overview_again(response_id, errors)
    with database().begin() as session:
        person_id = find_inquiry(session, response_id).response.person_id
        changed = contacts.replace(
            session,
            person_id=person_id,
            email=form["email"],
            phone=form["phone"],
            agreed=form["agreed"],
        )
        consents.note_new_address(
            session,
            person_id=person_id,
            changed=changed,
            agreed=form["agreed"],
            reader=reader(),
            now=utcnow(),
        )
    flash(
        "Saved. It counts from now on, also for messages that wait to be sent."
        if changed
        else "Nothing has changed: it is what we had."
    )
    return record_pages.to_overview(response_id)


# ---------------------------------------------------------------- one request


@pages.get("/requests/<uuid:request_id>")
def one_request(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """What was asked, and what was done about it."""
    return _request_page(response_id, request_id)


def _request_page(
    response_id: UUID,
    request_id: UUID,
    *,
    errors: FormErrors | None = None,
    texts: list[FreeText] | None = None,
) -> str:
    day = record_pages.today()
    with database().begin() as session:
        inquiry, found = find_request(session, response_id, request_id)
        audit.record(
            session,
            reader=reader(),
            response_id=inquiry.response.id,
            parts=["record"],
            reason="to work on a request",
        )
        shown: dict[str, Any] = {
            "history": record_requests.acts(session, found),
            "unread": len(exports.unread(session, found)) if found.kind == "access" else 0,
            "denial": record_requests.standing_denial(session, found),
            "release": release.outlook(session, found, on=day),
        }
    return render_template(
        "intake/record_request.html",
        **record_pages.page(inquiry, day, errors),
        asked=found,
        texts=texts,
        fresh=fresh(utcnow()),
        sign_in=sign_in_again(record_pages.here()),
        **shown,
    )


def _again(response_id: UUID, request_id: UUID, errors: FormErrors) -> ResponseReturnValue:
    return _request_page(response_id, request_id, errors=errors), errors.status


@pages.post("/requests/<uuid:request_id>/texts")
def read_texts(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Show every text that may name others. That it is read is recorded first."""
    return _request_page(response_id, request_id, texts=_open_texts(response_id, request_id))


def _open_texts(response_id: UUID, request_id: UUID) -> list[FreeText]:
    with database().begin() as session:
        inquiry, found = find_request(session, response_id, request_id)
        audit.record(
            session,
            reader=reader(),
            response_id=inquiry.response.id,
            parts=["texts"],
            reason=OWN_REQUEST,
        )
        return exports.texts(session, found)


@pages.post("/requests/<uuid:request_id>/reviewed")
def reviewed(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """These may go out; those are held back by a licensed professional."""
    try:
        form = load(ReviewedForm(), request.form)
    except FormErrors as errors:
        texts = _open_texts(response_id, request_id)
        page = _request_page(response_id, request_id, errors=errors, texts=texts)
        return page, errors.status
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        whole = exports.review(session, found, keys=form["keys"], reader=reader())
        if form["held"]:
            whole = exports.hold_back(
                session,
                found,
                keys=form["held"],
                reader=reader(),
                license_number=form["held_license"],
                ground=form["held_ground"],
            )
    flash("All texts are read." if whole else "Saved. Some texts are still to be read.")
    return to_request(response_id, request_id)


@pages.post("/requests/<uuid:request_id>/copy")
def make_copy(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """The copy for the person, as a page to print or as a file. Staff hand it over; no link does.

    Only by somebody who has just signed in, and recorded each time.
    """
    form = load(CopyForm(), request.form)
    now = utcnow()
    with database().begin() as session:
        inquiry, found = find_request(session, response_id, request_id)
    back = url_for(".one_request", response_id=response_id, request_id=request_id)
    if not fresh(now):
        return redirect(sign_in_again(back), HTTPStatus.SEE_OTHER)
    # The scheduler is asked with no transaction open: it may be slow, or away.
    booked = kept("scheduler").appointments(found.person_id)
    if booked is None:
        raise CalendarSilent("The copy has to hold the appointments. Try again in a moment.")
    appointments = [
        {"start": one.start.isoformat(), "status": one.status, "with": one.practitioner}
        for one in booked
    ]
    try:
        with database().begin() as session:
            _, found = find_request(session, response_id, request_id, for_change=True)
            made = exports.make(
                session,
                found,
                appointments=appointments,
                reader=reader(),
                reason=OWN_REQUEST,
                now=now,
                today=record_pages.today(),
            )
    except NotReviewed:
        flash("First read every text: somebody else may be named in it.")
        return redirect(back, HTTPStatus.SEE_OTHER)
    if form["make"] == "file":
        answer = make_response(json.dumps(made, ensure_ascii=False, indent=1))
        answer.mimetype = "application/json"
        answer.headers["Content-Disposition"] = 'attachment; filename="record.json"'
        return answer
    return render_template(
        "intake/record_copy.html",
        made=made,
        **record_pages.page(inquiry, record_pages.today()),
        back=back,
    )


@pages.post("/requests/<uuid:request_id>/delivered")
def deliver(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Staff gave the copy to the person, in a way that is safe (L15)."""
    form = load(DeliverForm(), request.form)
    with database().begin() as session:
        inquiry, found = find_request(session, response_id, request_id, for_change=True)
        if form["way"] == "email" and not (inquiry.card and inquiry.card.email):
            raise MailNotSafe("Give it to them in person.")
        record_requests.deliver(session, found, way=form["way"], reader=reader())
    flash("Done. The request is closed.")
    return to_request(response_id, request_id)


@pages.post("/requests/<uuid:request_id>/denied")
def deny(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Deny access because it would endanger somebody: a licensed professional only (L16)."""
    try:
        form = load(DenyForm(), request.form)
    except FormErrors as errors:
        return _again(response_id, request_id, errors)
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        record_requests.deny_access(
            session,
            found,
            reader=reader(),
            license_number=form["license"],
            ground=form["ground"],
            words=form["words"],
            reviewer=form["reviewer"],
        )
    flash("Denied and recorded. Tell the person in writing why, and that they may ask for review.")
    return to_request(response_id, request_id)


@pages.post("/requests/<uuid:request_id>/reviewed-denial")
def review_denial(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Another licensed professional has looked at it."""
    try:
        form = load(ReviewDenialForm(), request.form)
    except FormErrors as errors:
        return _again(response_id, request_id, errors)
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        record_requests.review_denial(
            session,
            found,
            reader=reader(),
            license_number=form["license"],
            upheld=form["outcome"] == "upheld",
            words=form["words"],
        )
    flash("Recorded. Tell the person.")
    return to_request(response_id, request_id)


@pages.post("/requests/<uuid:request_id>/amendment")
def decide_amendment(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Accept or deny a change. The original stays as it is (L18)."""
    try:
        form = load(AmendmentForm(), request.form)
    except FormErrors as errors:
        return _again(response_id, request_id, errors)
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        record_requests.decide_amendment(
            session,
            found,
            reader=reader(),
            accepted=form["outcome"] == "accepted",
            ground=form["ground"],
            words=form["words"],
        )
    flash("Recorded. What they asked for stands beside the original from now on.")
    return to_request(response_id, request_id)


@pages.post("/requests/<uuid:request_id>/disagreement")
def disagree(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """The person's own statement, kept with the record."""
    try:
        form = load(DisagreeForm(), request.form)
    except FormErrors as errors:
        return _again(response_id, request_id, errors)
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        record_requests.disagree(session, found, reader=reader(), words=form["disagreement"])
    flash("Kept with the record.")
    return to_request(response_id, request_id)


@pages.post("/requests/<uuid:request_id>/withdrawn")
def withdraw(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """The person does not want it any more."""
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        record_requests.withdraw(session, found, reader=reader())
    flash("Closed.")
    return to_request(response_id, request_id)
