"""Authorizations, documents that came in, and records that go to somebody else. Clinical roles."""

from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from services.intake.operations import authorizations, documents, record_requests, release
from services.intake.web import record_pages
from services.intake.web.record_forms import AuthorizationForm, DocumentForm, ReleaseForm
from services.intake.web.record_pages import find_inquiry, find_request, overview_again, to_request
from services.intake.web.record_refusals import init_record_refusals
from services.intake.web.staff import reader
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound

pages = Blueprint(
    "staff_releases",
    __name__,
    url_prefix="/staff/inquiries/<uuid:response_id>/record",
    template_folder="../templates",
)
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})
init_record_refusals(pages)


@pages.post("/authorizations")
def authorize(response_id: UUID) -> ResponseReturnValue:
    """Note a signed yes, or a court's order."""
    try:
        form = load(AuthorizationForm(), request.form)
    except FormErrors as errors:
        return overview_again(response_id, errors)
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        authorizations.authorize(
            session, person_id=found.response.person_id, reader=reader(), **form
        )
    flash("Noted. It counts for this recipient, until it ends or is taken back.")
    return record_pages.to_overview(response_id)


@pages.post("/authorizations/<uuid:authorization_id>/revoked")
def revoke(response_id: UUID, authorization_id: UUID) -> ResponseReturnValue:
    """The person takes it back, from now on."""
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        known = authorizations.revoke(
            session,
            authorization_id=authorization_id,
            person_id=found.response.person_id,
            reader=reader(),
        )
    if not known:
        raise NotFound("There is no such authorization.")
    flash("Taken back. Nothing more goes out on it.")
    return record_pages.to_overview(response_id)


@pages.post("/documents")
def note_document(response_id: UUID) -> ResponseReturnValue:
    """Note that a document came in, and whether it is under Part 2 (L30)."""
    try:
        form = load(DocumentForm(), request.form)
    except FormErrors as errors:
        return overview_again(response_id, errors)
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        documents.note_document(
            session,
            person_id=found.response.person_id,
            title=form["title"],
            sender=form["sender"],
            received_on=form["document_received_on"],
            part2=form["part2"],
            reader=reader(),
        )
    flash("Noted. The document itself stays where you keep such papers.")
    return record_pages.to_overview(response_id)


@pages.post("/releases")
def note_request(response_id: UUID) -> ResponseReturnValue:
    """Somebody else asks for the record."""
    try:
        form = load(ReleaseForm(), request.form)
    except FormErrors as errors:
        return overview_again(response_id, errors)
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        noted = record_requests.note(
            session,
            person_id=found.response.person_id,
            kind="release",
            received_on=form["release_received_on"],
            details={
                "scope": form["release_scope"],
                "recipient": form["release_to"],
                "use": form["release_use"],
            },
            reader=reader(),
        )
    return to_request(response_id, noted.id)


@pages.post("/requests/<uuid:request_id>/released")
def released(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """It went out, with everybody's signature; refused while one is missing (L13)."""
    with database().begin() as session:
        _, found = find_request(session, response_id, request_id, for_change=True)
        release.note_released(session, found, reader=reader(), on=record_pages.today())
    flash("Recorded.")
    return to_request(response_id, request_id)
