"""What is due about records, for everybody on the staff; and the breach log, for the owner."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.intake.operations import breaches, estimates, record_requests, whose
from services.intake.web import record_pages
from services.intake.web.record_forms import BreachForm, BreachLineForm
from services.intake.web.record_words import RECORD_WORDS
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone

pages = Blueprint(
    "staff_due", __name__, url_prefix="/staff/records", template_folder="../templates"
)
guard_staff(pages)

log = Blueprint(
    "staff_breaches", __name__, url_prefix="/staff/breaches", template_folder="../templates"
)
guard_staff(log, roles={Role.OWNER})


@pages.get("")
def due() -> ResponseReturnValue:
    """Requests that wait for an answer, and estimates that are owed, the first to be due first."""
    with database().begin() as session:
        open_requests = record_requests.outlines(session)
        owed = estimates.owed(
            session,
            zone=zone(settings().practice.timezone),
            free_call=record_pages.free_call(),
        )
        people = whose.records(
            session,
            [*(row.person_id for row in open_requests), *(one.row.person_id for one in owed)],
        )
    return render_template(
        "intake/records.html",
        requests=[row for row in open_requests if row.person_id in people],
        owed=[one for one in owed if one.row.person_id in people],
        people=people,
        reader=reader(),
        owner=reader().role == Role.OWNER,
        today=record_pages.today(),
        rw=RECORD_WORDS,
    )


@log.get("")
def breach_log() -> ResponseReturnValue:
    """Every breach: who, what, when, how many, whom we told, and how long there is (L51)."""
    return _log_page()


def _log_page(errors: FormErrors | None = None, about: UUID | None = None) -> str:
    with database().begin() as session:
        found = breaches.log(session)
    return render_template(
        "intake/breaches.html",
        breaches=found,
        many=breaches.MANY,
        about=about,
        errors=errors.errors if errors else {},
        typed=errors.given if errors else {},
        today=record_pages.today(),
        now=utcnow(),
        rw=RECORD_WORDS,
    )


@log.post("")
def found() -> ResponseReturnValue:
    """A breach was found: from this day the clock runs."""
    try:
        form = load(BreachForm(), request.form)
    except FormErrors as errors:
        return _log_page(errors), errors.status
    with database().begin() as session:
        breaches.found(
            session,
            on_day=form["found_on"],
            people=form["people"],
            words=form["what"],
            reader=reader(),
        )
    flash("Written down. It can be added to, never changed.")
    return redirect(url_for(".breach_log"), 303)


@log.post("/<uuid:breach_id>")
def add(breach_id: UUID) -> ResponseReturnValue:
    """A line more about a breach."""
    try:
        form = load(BreachLineForm(), request.form)
    except FormErrors as errors:
        return _log_page(errors, about=breach_id), errors.status
    with database().begin() as session:
        known = breaches.add(
            session,
            breach_id=breach_id,
            kind=form["kind"],
            on_day=form["on_day"],
            people=form["count"],
            words=form["line"],
            reader=reader(),
        )
    if not known:
        raise NotFound("There is no such breach.")
    flash("Written down.")
    return redirect(url_for(".breach_log"), 303)
