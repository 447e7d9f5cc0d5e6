"""Good Faith Estimates: asked for, written, handed over in a safe way (L40, L41). Every role."""

from datetime import datetime, time
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.domain.estimates import Charges, sentences
from services.intake.operations import estimates
from services.intake.operations.inquiries import Inquiry
from services.intake.record_models import CostEstimate
from services.intake.web import record_pages
from services.intake.web.record_forms import ChangedForm, EstimateForm, HandedOverForm
from services.intake.web.record_pages import find_inquiry, overview_again
from services.intake.web.record_refusals import init_record_refusals
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone

pages = Blueprint(
    "staff_estimates",
    __name__,
    url_prefix="/staff/inquiries/<uuid:response_id>/record/estimates",
    template_folder="../templates",
)
guard_staff(pages)
init_record_refusals(pages)

NOON = time(12)


@pages.post("/asked")
def asked(response_id: UUID) -> ResponseReturnValue:
    """They asked what it costs: any such question counts as a request (L41)."""
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        estimates.ask(session, person_id=found.response.person_id, occasion="asked", now=utcnow())
    flash("Noted. The estimate is due within three business days.")
    return record_pages.to_overview(response_id)


@pages.post("/changed")
def changed(response_id: UUID) -> ResponseReturnValue:
    """What is planned has changed: a new estimate, one business day before the visit."""
    try:
        form = load(ChangedForm(), request.form)
    except FormErrors as errors:
        return overview_again(response_id, errors)
    here = zone(settings().practice.timezone)
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        estimates.ask(
            session,
            person_id=found.response.person_id,
            occasion="changed",
            now=utcnow(),
            visit_at=datetime.combine(form["visit_on"], NOON, here),
        )
    flash("Noted. A new estimate is due before that visit.")
    return record_pages.to_overview(response_id)


@pages.get("/<uuid:estimate_id>")
def one(response_id: UUID, estimate_id: UUID) -> ResponseReturnValue:
    """Write it, print it, say how it was given."""
    return _page(response_id, estimate_id)


@pages.get("/<uuid:estimate_id>/paper")
def paper(response_id: UUID, estimate_id: UUID) -> ResponseReturnValue:
    """The estimate as the person gets it."""
    return _page(response_id, estimate_id, template="intake/estimate_paper.html")


def _page(
    response_id: UUID,
    estimate_id: UUID,
    *,
    template: str = "intake/estimate.html",
    errors: FormErrors | None = None,
) -> str:
    day = record_pages.today()
    with database().begin() as session:
        inquiry, row = _find(session, response_id, estimate_id)
        charges = estimates.charges(session, row)
        ways = estimates.ways(session, person_id=row.person_id)
    if template.endswith("paper.html") and charges is None:
        raise NotFound("It has not been written yet.")
    here = zone(settings().practice.timezone)
    made_on = row.delivered_at.astimezone(here).date() if row.delivered_at else day
    return render_template(
        template,
        **record_pages.page(inquiry, day, errors),
        estimate=row,
        charges=charges,
        ways=ways,
        sentences=sentences(charges, made_on=made_on) if charges else (),
        made_on=made_on,
    )


@pages.post("/<uuid:estimate_id>")
def write(response_id: UUID, estimate_id: UUID) -> ResponseReturnValue:
    """Keep what we expect to charge."""
    try:
        form = load(EstimateForm(), request.form)
    except FormErrors as errors:
        return _page(response_id, estimate_id, errors=errors), errors.status
    charges = Charges(
        service=form["service"],
        cents_per_visit=int(form["dollars"] * 100),
        visits=form["visits"],
        provider=form["provider"],
        codes=form["codes"],
    )
    with database().begin() as session:
        _, row = _find(session, response_id, estimate_id, for_change=True)
        estimates.write(session, row, charges=charges)
    flash("Saved. Print it, and give it to the person.")
    return _back(response_id, estimate_id)


@pages.post("/<uuid:estimate_id>/given")
def given(response_id: UUID, estimate_id: UUID) -> ResponseReturnValue:
    """It went to the person: by mail only if mail is safe, or they picked it up (L41)."""
    form = load(HandedOverForm(), request.form)
    with database().begin() as session:
        _, row = _find(session, response_id, estimate_id, for_change=True)
        estimates.deliver(session, row, way=form["way"], reader=reader(), now=utcnow())
    flash("Done.")
    return record_pages.to_overview(response_id)


def _find(
    session: Session, response_id: UUID, estimate_id: UUID, *, for_change: bool = False
) -> tuple[Inquiry, CostEstimate]:
    inquiry = find_inquiry(session, response_id)
    row = estimates.find(
        session,
        estimate_id=estimate_id,
        person_id=inquiry.response.person_id,
        for_change=for_change,
    )
    if row is None:
        raise NotFound("There is no such estimate.")
    return inquiry, row


def _back(response_id: UUID, estimate_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".one", response_id=response_id, estimate_id=estimate_id), 303)
