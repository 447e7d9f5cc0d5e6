"""One appointment as staff see it: who comes, whether they came, what was done to it and why."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from services.scheduler.domain import pool
from services.scheduler.domain.appointment import Act, Actor
from services.scheduler.domain.errors import ChangeRefused, SlotTaken
from services.scheduler.models import AppointmentHistory, Practitioner
from services.scheduler.operations import appointments, bookings, history, proposals, staff
from services.scheduler.operations.appointments import Entry
from services.scheduler.schemas import Strict
from services.scheduler.web import agenda, unsettled, words
from services.scheduler.web.agenda import STATUS
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import hand
from services.scheduler.web.staff_forms import ReasonForm
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.vocabulary import AppointmentStatus
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.zones import zone

pages = Blueprint("appointment", __name__, url_prefix="/staff/appointments")
guard_staff(pages)

ASSIGNED: Final = {
    pool.FURTHEST_BELOW: "Anyone would do, and it was their turn.",
    pool.NEXT_FREE: "Anyone would do, and they were the next who was free.",
}
SAID: Final = {Act.ARRIVE: "Noted: here.", Act.FULFIL: "Noted: took place."}
_DONE: Final = {
    Act.HOLD: "Held",
    Act.BOOK: "Booked",
    Act.REQUEST: "Asked for",
    Act.CONFIRM: "Confirmed",
    Act.DECLINE: "Declined",
    Act.LAPSE: "Not confirmed in time",
    Act.MOVE: "Moved",
    Act.CANCEL: "Cancelled",
    Act.ARRIVE: "Here",
    Act.FULFIL: "Took place",
    Act.MISS: "Did not come",
    Act.COUNTER: "Another time asked for",
    Act.DECLINE_COUNTER: "Said no to another time",
    Act.WITHDRAW_COUNTER: "Another time not asked for any more",
    Act.LAPSE_COUNTER: "Another time not agreed on in time",
}


class AttendForm(Strict):
    """Whether somebody came; `back` is the page on which it was pressed."""

    act = fields.String(required=True, validate=validate.OneOf([Act.ARRIVE, Act.FULFIL, Act.MISS]))
    back = fields.String(load_default="", validate=validate.OneOf(["", "today", "everyone"]))


@pages.get("/<uuid:appointment_id>")
def page(appointment_id: UUID) -> ResponseReturnValue:
    """Everything that staff know of it."""
    with database().begin() as session:
        return _page(session, appointment_id)


def _page(
    session: Session,
    appointment_id: UUID,
    errors: FormErrors | None = None,
    refusal: str | None = None,
) -> str:
    now = utcnow()
    found = appointments.entry(session, appointment_id)
    one = found.appointment
    here = zone(one.schedule.timezone)
    status = AppointmentStatus(one.status)
    line = agenda.line(found, here, now)
    return render_template(
        "scheduler/appointment.html",
        one=one,
        line=line,
        when=When(one.starts_at, one.ends_at, here),
        day=one.starts_at.astimezone(here).date().isoformat(),
        ahead=status in (AppointmentStatus.PENDING, AppointmentStatus.BOOKED),
        movable=status is AppointmentStatus.BOOKED,
        request=status is AppointmentStatus.PENDING and one.couple_id is None and not one.lapsed,
        wishes=unsettled.about(session, appointment_id),
        proposal=_proposal(session, found, here),
        may_read=unsettled.may_read(),
        assigned=ASSIGNED.get(one.assigned or ""),
        history=_history(session, found, here, now),
        refusal=refusal,
        errors=errors.errors if errors else {},
        given=errors.given if errors else {},
    )


def _proposal(session: Session, found: Entry, here: ZoneInfo) -> dict[str, Any] | None:
    """Another time that one of two has asked for, as long as somebody may say yes to it."""
    proposal = proposals.standing(session, found.appointment)
    if proposal is None:
        return None
    names = {
        who.person_id: who.contact.name if who.contact else "somebody whose name was erased"
        for who in found.people
    }
    asker = names.pop(proposal.asked_by)
    return {
        "asker": asker,
        "other": " and ".join(names.values()),
        "when": When(proposal.starts_at, proposal.ends_at, here),
        "until": _when(proposal.reply_by, here),
        "declined": proposal.declined_at is not None,
    }


def _history(session: Session, found: Entry, here: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    """Newest first: what was done, by whom, from when to when, and why (P27)."""
    hands = {f"{Actor.STAFF}:{one.id}": one.name for one in staff.accounts(session)}
    for who in found.people:
        name = who.contact.name if who.contact else "A person whose name was erased"
        hands[f"{Actor.CLIENT}:{who.person_id}"] = name
    done = history.of(session, found.appointment.id)
    hosts = history.hosts(session, done)
    return [_step(row, hands, hosts, here, now) for row in reversed(done)]


def _step(
    row: AppointmentHistory,
    hands: dict[str, str],
    hosts: dict[int, Practitioner],
    here: ZoneInfo,
    now: datetime,
) -> dict[str, Any]:
    before, later, asked = row.during_before, row.during_after, row.during_asked
    was_with, is_with = hosts.get(row.schedule_before or 0), hosts.get(row.schedule_after or 0)
    given = was_with is not None and is_with is not None and was_with is not is_with
    moved = before is not None and before.lower != later.lower and before.lower is not None
    at = row.at.astimezone(here)
    usual = {"client": "The client", "system": "By the clock", "staff": "Staff"}
    return {
        "title": _DONE.get(Act(row.act), row.act),
        "kind": "ok" if row.status_after != AppointmentStatus.CANCELLED else "fail",
        "at": f"{words.day(at.date()) if at.date() != now.astimezone(here).date() else 'Today'}, "
        f"{words.clock(at)}",
        "by": hands.get(row.actor) or usual.get(row.actor.partition(":")[0], row.actor),
        "from": _when(before.lower, here) if moved and before and before.lower else "",
        "to": _when(later.lower, here) if moved and later.lower else "",
        "asked": _when(asked.lower, here) if asked is not None and asked.lower else "",
        "was_with": was_with.name if given and was_with else "",
        "is_with": is_with.name if given and is_with else "",
        "status": STATUS[AppointmentStatus(row.status_after)][0],
        "was": STATUS[AppointmentStatus(row.status_before)][0] if row.status_before else "",
        "reason": row.reason or "",
    }


def _when(at: datetime, here: ZoneInfo) -> str:
    local = at.astimezone(here)
    return f"{words.day(local.date())}, {words.clock(local)}"


@pages.post("/<uuid:appointment_id>/attendance")
def attend(appointment_id: UUID) -> ResponseReturnValue:
    """Here, took place, or did not come. Nobody is told."""
    form = load(AttendForm(), request.form)
    act = Act(form["act"])
    try:
        with database().begin() as session:
            bookings.attend(
                session, appointment_id=appointment_id, act=act, by=hand(), now=utcnow()
            )
    except (ChangeRefused, SlotTaken) as refusal:
        return refused(appointment_id, refusal)
    flash(SAID.get(act, "Noted: did not come. Nobody is told."))
    if form["back"]:
        onward = url_for("staff.today", who="everyone" if form["back"] == "everyone" else None)
    else:
        onward = url_for("appointment.page", appointment_id=appointment_id)
    return redirect(onward, HTTPStatus.SEE_OTHER)


def refused(appointment_id: UUID, refusal: ChangeRefused | SlotTaken) -> ResponseReturnValue:
    """The page once more, with why nothing was changed."""
    said = (
        "Somebody else has this time now, so it can not be given back."
        if isinstance(refusal, SlotTaken)
        else for_staff(refusal)
    )
    with database().begin() as session:
        page = _page(session, appointment_id, refusal=said)
        return make_response(page, HTTPStatus.CONFLICT)


def for_staff(refusal: ChangeRefused) -> str:
    """The sentence for those whom nobody has to ask to call."""
    return str(refusal).replace(" Please call us.", "")


@pages.post("/<uuid:appointment_id>/cancel")
def cancel(appointment_id: UUID) -> ResponseReturnValue:
    """Cancel it in the practice's name, with a reason for colleagues; who had it is told."""
    try:
        form = load(ReasonForm(), request.form)
        with database().begin() as session:
            bookings.cancel(
                session,
                appointment_id=appointment_id,
                settings=own_settings(),
                now=utcnow(),
                by=hand(form["reason"]),
            )
    except FormErrors as errors:
        with database().begin() as session:
            return make_response(_page(session, appointment_id, errors), errors.status)
    except ChangeRefused as refusal:
        return refused(appointment_id, refusal)
    flash("Cancelled. Whoever was told of this time is told of it now, where we may write to them.")
    return redirect(
        url_for("appointment.page", appointment_id=appointment_id), HTTPStatus.SEE_OTHER
    )
