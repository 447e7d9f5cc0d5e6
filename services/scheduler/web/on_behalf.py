"""Staff book for somebody, move what they have, or give it to a colleague, each with a reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import (
    AlreadyBooked,
    BookingRefused,
    ChangeRefused,
    NoSuchWay,
    NotLicensedThere,
    SlotTaken,
)
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import Appointment
from services.scheduler.operations import appointments, joint, on_behalf, proposals
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.on_behalf import Bookable, Known
from services.scheduler.operations.question import Question, Two
from services.scheduler.web import agenda
from services.scheduler.web.appointment import for_staff
from services.scheduler.web.doors import own_settings, still_stands
from services.scheduler.web.rights import Rights, hand, whose
from services.scheduler.web.rules import TAKEN, broken
from services.scheduler.web.staff_forms import (
    BookForForm,
    GiveForm,
    OtherTimeForForm,
    OtherTimeForm,
)
from services.scheduler.web.staff_times import Shown, Target, other_page, times_page, wall_start
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.vocabulary import AppointmentStatus
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone

pages = Blueprint("on_behalf", __name__, url_prefix="/staff")
guard_staff(pages)

WHY_OTHER = "Say why, for your colleagues: it is with somebody else then."
WHY_BENT = "Say why, for your colleagues: it is outside of the rules."


@pages.get("/book")
def people() -> ResponseReturnValue:
    """For whom? The latest first, or those who are called something like what was typed."""
    name = request.args.get("name", "").strip()[:80]
    with database().begin() as session:
        found = on_behalf.people(session, name=name)
    return render_template(
        "scheduler/book_for.html",
        name=name,
        people=[{"id": one.person_id, **agenda.reachable(one.contact)} for one in found],
        more=len(found) == on_behalf.MOST_PEOPLE,
    )


# ---------------------------------------------------------------- for somebody who has none yet


def _person(session: Session, person_id: UUID) -> tuple[Known, list[Bookable]]:
    found = on_behalf.find(session, person_id)
    if found is None:
        raise NotFound("Nobody whom you may book for is here.")
    return found, on_behalf.bookable(session, person_id, now=utcnow())


def _chosen(kinds: list[Bookable], code: str | None) -> Bookable:
    """What is booked: the type that is named, else the first; there is always a first call."""
    return next((one for one in kinds if one.kind.code == code), kinds[0])


def _booking(session: Session, person_id: UUID) -> Target:
    known, kinds = _person(session, person_id)
    chosen = _chosen(kinds, request.values.get("type"))
    return Target(
        question=_question(chosen, location=request.form.get("location") or None),
        people=[agenda.reachable(known.contact)],
        view="on_behalf.times",
        other_view="on_behalf.other",
        address={"person_id": person_id, "type": chosen.kind.code},
        kinds=[
            {
                "code": one.kind.code,
                "name": one.kind.title,
                "href": url_for("on_behalf.times", person_id=person_id, type=one.kind.code),
                "chosen": one is chosen,
            }
            for one in kinds
        ],
    )


def _two(couple_id: UUID | None) -> Two | None:
    return Two.of(couple_id, None, settings=own_settings(), now=utcnow())


def _question(chosen: Bookable, *, location: str | None = None) -> Question:
    return Question(
        kind=chosen.kind,
        notice=own_settings().booking_notice,
        now=utcnow(),
        besides_invitation=chosen.invitation.id if chosen.invitation else None,
        location=location,
        by_staff=True,
        two=_two(chosen.invitation.couple_id) if chosen.invitation else None,
    )


@pages.get("/book/<uuid:person_id>")
def times(person_id: UUID) -> ResponseReturnValue:
    """What, with whom, and which of the offered times."""
    with database().begin() as session:
        return times_page(session, _booking(session, person_id), Shown.asked())


@pages.post("/book/<uuid:person_id>")
def book(person_id: UUID) -> ResponseReturnValue:
    """Book it; the person is told by the usual rules. Sent twice, it is booked once."""
    try:
        form = load(BookForForm(), request.form)
        booked = book_for(
            person_id, form["kind"], Wanted(*form["start"]), form["how"], form["location"], None
        )
    except FormErrors as errors:
        return _times_again(person_id, errors)
    except BookingRefused as refusal:
        return _times_again(person_id, _beside(refusal), refusal)
    return _done(booked)


def _beside(refusal: BookingRefused) -> FormErrors:
    """A refusal, beside the field that it is about."""
    sentence = _in_words(refusal)
    place = {NoSuchWay: "how", NotLicensedThere: "location"}.get(type(refusal), "start")
    return FormErrors({place: [sentence]}, request.form)


def _in_words(refusal: BookingRefused) -> str:
    if isinstance(refusal, NotLicensedThere):
        return "This clinician holds no license where they will be."
    if isinstance(refusal, SlotTaken):
        return "That time is not free any more. These still are."
    if isinstance(refusal, AlreadyBooked):
        return "They have such a time already. Move it, or cancel it first."
    if isinstance(refusal, NoSuchWay):
        return "This clinician has no video room."
    return "This may not be booked for them just now. A clinician can look at the inquiry."


def _times_again(
    person_id: UUID, errors: FormErrors, refusal: BookingRefused | None = None
) -> ResponseReturnValue:
    status = HTTPStatus.CONFLICT if refusal else errors.status
    with database().begin() as session:
        shown = Shown.asked(errors=errors, status=status)
        return times_page(session, _booking(session, person_id), shown)


def book_for(
    person_id: UUID, code: str, wanted: Wanted, how: str, location: str, reason: str | None
) -> Appointment:
    """Ask intake where two are to be booked, with no transaction open; then book."""
    with database().begin() as session:
        chosen = _named(_person(session, person_id)[1], code)
        confirm = joint.to_confirm(session, chosen.invitation) if chosen.invitation else None
    still_stands(confirm)
    with database().begin() as session:
        return on_behalf.book(
            session,
            person_id=person_id,
            kind=_named(_person(session, person_id)[1], code).kind,
            wanted=wanted,
            how=how,
            location=location,
            settings=own_settings(),
            now=utcnow(),
            by=hand(reason),
        )


def _named(kinds: list[Bookable], code: str) -> Bookable:
    for one in kinds:
        if one.kind.code == code:
            return one
    raise FormErrors({"type": ["Choose what to book."]}, request.form)


def _done(booked: Appointment) -> ResponseReturnValue:
    if booked.status == AppointmentStatus.PENDING:
        flash("Asked for. It is booked when the other has said yes.")
    else:
        flash("Booked. They are told where we may write to them.")
    return redirect(url_for("appointment.page", appointment_id=booked.id), HTTPStatus.SEE_OTHER)


@pages.route("/book/<uuid:person_id>/other", methods=["GET", "POST"])
def other(person_id: UUID) -> ResponseReturnValue:
    """A time outside the rules: first which rule it breaks, then the reason, then it is booked."""

    def act(form: dict[str, Any], wanted: Wanted) -> Appointment:
        return book_for(
            person_id, form["kind"], wanted, form["how"], form["location"], form["reason"]
        )

    return _outside(lambda session: _booking(session, person_id), OtherTimeForForm(), act)


# ---------------------------------------------------------------- for somebody who has one


def to_move(session: Session, appointment_id: UUID) -> Target:
    """What a time is chosen for where somebody has one; what is kept for them is not in the way."""
    found = appointments.entry(session, appointment_id)
    one = found.appointment
    here = zone(one.schedule.timezone)
    return Target(
        question=replace(
            Question.to_move(one, one.type, settings=own_settings(), now=utcnow()),
            besides=proposals.kept_for(session, one.id) | {one.id},
        ),
        people=agenda.line(found, here, utcnow()).people,
        view="on_behalf.move",
        other_view="on_behalf.move_other",
        address={"appointment_id": one.id},
        moving=When(one.starts_at, one.ends_at, here),
        moving_start=one.starts_at,
        with_=one.schedule.practitioner_id,
    )


@pages.get("/appointments/<uuid:appointment_id>/move")
def move(appointment_id: UUID) -> ResponseReturnValue:
    """Which of the other times, with the same clinician or with a colleague."""
    with database().begin() as session:
        return times_page(session, to_move(session, appointment_id), Shown.asked())


@pages.post("/appointments/<uuid:appointment_id>/move")
def give(appointment_id: UUID) -> ResponseReturnValue:
    """Move it, or give it to a colleague with a reason: it stays the same appointment (P23)."""
    try:
        form = load(GiveForm(), request.form)
        _give(appointment_id, Wanted(*form["start"]), form["reason"])
    except FormErrors as errors:
        return _move_again(appointment_id, errors)
    except BookingRefused as refusal:
        return _move_again(appointment_id, _beside(refusal), HTTPStatus.CONFLICT)
    except ChangeRefused as refusal:
        wrong = FormErrors({"start": [for_staff(refusal)]}, request.form)
        return _move_again(appointment_id, wrong, HTTPStatus.CONFLICT)
    return _given(appointment_id)


def _give(appointment_id: UUID, wanted: Wanted, reason: str | None) -> Appointment:
    with database().begin() as session:
        before = appointments.entry(session, appointment_id).appointment.schedule.practitioner_id
        if wanted.practitioner_id not in (None, before) and not (reason or "").strip():
            raise FormErrors({"reason": [WHY_OTHER]}, request.form)
        return on_behalf.give(
            session,
            appointment_id=appointment_id,
            wanted=wanted,
            settings=own_settings(),
            now=utcnow(),
            by=hand(reason),
        )


def _move_again(
    appointment_id: UUID, errors: FormErrors, status: HTTPStatus | None = None
) -> ResponseReturnValue:
    with database().begin() as session:
        shown = Shown.asked(errors=errors, status=status or errors.status)
        return times_page(session, to_move(session, appointment_id), shown)


def _given(appointment_id: UUID) -> ResponseReturnValue:
    flash("Changed. They are told where we may write to them.")
    return redirect(
        url_for("appointment.page", appointment_id=appointment_id), HTTPStatus.SEE_OTHER
    )


@pages.route("/appointments/<uuid:appointment_id>/move/other", methods=["GET", "POST"])
def move_other(appointment_id: UUID) -> ResponseReturnValue:
    """Another time outside the rules for the same appointment."""

    def act(form: dict[str, Any], wanted: Wanted) -> Appointment:
        return _give(appointment_id, wanted, form["reason"])

    return _outside(lambda session: to_move(session, appointment_id), OtherTimeForm(), act)


# ---------------------------------------------------------------- outside the rules


def _outside(
    target_of: Callable[[Session], Target],
    schema: OtherTimeForm,
    act: Callable[[dict[str, Any], Wanted], Appointment],
) -> ResponseReturnValue:
    """The form; then which rule the time breaks; with a reason for that, it is given."""
    if request.method == "GET":
        with database().begin() as session:
            return other_page(session, target_of(session), Shown.asked())
    try:
        form = load(schema, request.form)
        with database().begin() as session:
            who = whose(session, form["practitioner_id"])
            Rights.mine(session).refuse_bending(who.practitioner_id)
            target = target_of(session)
            start = wall_start(form["day"], form["at"], who.hours.zone)
            again = _explained(session, target, who, start, form)
        if again is not None:
            return again
        booked = act(form, Wanted(start, who.practitioner_id, against_rules=True))
    except FormErrors as errors:
        return _other_again(target_of, errors, errors.status)
    except BookingRefused as refusal:
        sentence = TAKEN if isinstance(refusal, SlotTaken) else _in_words(refusal)
        wrong = FormErrors({"at": [sentence]}, request.form)
        return _other_again(target_of, wrong, HTTPStatus.CONFLICT)
    except ChangeRefused as refusal:
        wrong = FormErrors({"at": [for_staff(refusal)]}, request.form)
        return _other_again(target_of, wrong, HTTPStatus.CONFLICT)
    return _given(booked.id) if target.moving else _done(booked)


def _explained(
    session: Session, target: Target, who: OpenSchedule, start: datetime, form: dict[str, Any]
) -> ResponseReturnValue | None:
    """The page once more with the rule that is broken; None once it was shown, with a reason."""
    found = broken(session, who, start, target.question, besides=target.question.besides)
    if start <= utcnow():
        raise FormErrors({"at": ["That time is over."]}, request.form)
    if found is None:
        return None
    if not found.ever:
        raise FormErrors({"at": [found.sentence]}, request.form)
    sure = f"{start:%Y-%m-%dT%H:%MZ}/{who.practitioner_id}"
    if form["sure"] != sure:
        return other_page(session, target, Shown.asked(), broken=found, sure=sure)
    if not (form["reason"] or "").strip():
        errors = FormErrors({"reason": [WHY_BENT]}, request.form)
        shown = Shown.asked(errors=errors, status=errors.status)
        return other_page(session, target, shown, broken=found, sure=sure)
    return None


def _other_again(
    target_of: Callable[[Session], Target], errors: FormErrors, status: HTTPStatus
) -> ResponseReturnValue:
    with database().begin() as session:
        return other_page(session, target_of(session), Shown.asked(errors=errors, status=status))
