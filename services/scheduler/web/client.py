"""A person's own pages: choose a time, check it, have it, move it, give it back.

GET and HEAD never change anything: mail scanners open every link (P20). Two doors lead here, the
permission to book (`/t/<token>`) and an appointment's own link (`/m/<token>`); behind both the
same steps are the same views.
"""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, TypeVar

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.contact import own_plan, ways_to_talk, will_not
from services.scheduler.domain.errors import (
    AlreadyBooked,
    ChangeRefused,
    HoldOver,
    HoldRenewed,
    NoSuchLink,
    NoSuchWay,
    NotLicensedThere,
    SlotTaken,
    TooManyHolds,
)
from services.scheduler.models import Appointment
from services.scheduler.operations import (
    appointments,
    bookings,
    holds,
    invitations,
    participants,
    proposals,
)
from services.scheduler.operations.offers import Wanted
from services.scheduler.schemas import BookForm, HoldForm, ZoneForm
from services.scheduler.web import proposed, tickets, wished
from services.scheduler.web.choosing import (
    Asked,
    choose_again,
    choose_page,
    elsewhere,
    read_language,
    to_another_time,
)
from services.scheduler.web.doors import Guest, ask_again, guest, own_settings, shown_zone
from services.scheduler.web.words import When, clock
from shared.clock import utcnow
from shared.db import database_now
from shared.places import LOCATIONS, NAMES
from shared.vocabulary import AppointmentStatus
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say, tongue
from shared.zones import zone_options

pages = Blueprint("client", __name__)
guard_client(pages)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def at_both_doors(method: str, step: str) -> Callable[[View], View]:
    """The same view below `/t/<token>` and below `/m/<token>`."""

    def register(view: View) -> View:
        for door in ("t", "m"):
            pages.add_url_rule(
                f"/{door}/<token>/{step}", view_func=view, methods=[method], defaults={"door": door}
            )
        return view

    return register


# ---------------------------------------------------------------- choosing


@pages.get("/t/<token>", defaults={"door": "t"})
@pages.get("/m/<token>/times", defaults={"door": "m"})
def choose(door: str, token: str) -> ResponseReturnValue:
    """Days and times; whoever has an appointment and comes by the old link is led to it."""
    with guest(door, token) as (session, who):
        onward = _present_state(session, who)
        if onward is not None:
            return redirect(onward, HTTPStatus.SEE_OTHER)
        return choose_page(session, who, Asked.from_query(request.args))


def _present_state(session: Session, who: Guest) -> str | None:
    """Where someone belongs who has nothing to choose here, or None."""
    if who.place is None:
        has = appointments.of_invitation(session, who.permission)
        return tickets.address(has) if has else None
    gone = who.place.status is AppointmentStatus.CANCELLED
    if (gone or who.may_choose_next(utcnow())) and who.invitation is not None:
        has = appointments.of_invitation(session, who.invitation)
        return tickets.address(has) if has else None
    proposal = proposed.told(session, who.place)
    if who.place.status is AppointmentStatus.BOOKED and not (proposal and proposal.kept):
        ticket = tickets.Ticket.of(who.place, now=utcnow(), settings=own_settings())
        return None if ticket.movable else url_for("client.change", token=who.token)
    return tickets.address(who.place)


@at_both_doors("POST", "hold")
def hold(door: str, token: str) -> ResponseReturnValue:
    """Keep a time for a quarter of an hour. Taken already: what is still free, and nothing lost."""
    try:
        form = load(HoldForm(), request.form)
        start, practitioner_id = form["start"]
        wanted = Wanted(start, practitioner_id, fall_over=form["anyone"], language=form["language"])
        with guest(door, token) as (session, who):
            holds.hold(
                session,
                invitation=who.permission,
                wanted=wanted,
                settings=own_settings(),
                now=utcnow(),
                address=request.remote_addr,
            )
            onward = who.address("check")
    except FormErrors as errors:
        language = read_language(errors.given.get("language"))
        asked = Asked(errors=errors.errors, language=language)
        return choose_again(door, token, asked, errors.status)
    except SlotTaken as taken:
        return choose_again(door, token, Asked.instead_of(wanted, taken), HTTPStatus.CONFLICT)
    except TooManyHolds as refusal:
        asked = Asked(errors={"start": [str(refusal)]}, language=wanted.language)
        return choose_again(door, token, asked, HTTPStatus.TOO_MANY_REQUESTS)
    except AlreadyBooked:
        return redirect(_start(door, token), HTTPStatus.SEE_OTHER)
    return redirect(onward, HTTPStatus.SEE_OTHER)


def _start(door: str, token: str) -> str:
    with guest(door, token) as (_, who):
        return who.address("choose")


@at_both_doors("GET", "zone")
def zone_form(door: str, token: str) -> ResponseReturnValue:
    """Where are you? The choice is kept with the person's link."""
    with guest(door, token) as (_, who):
        return _zone_page(who, {})


def _zone_page(who: Guest, errors: dict[str, list[str]]) -> str:
    asked = {"language": read_language(request.args.get("language"))}
    return render_template(
        "scheduler/zone.html",
        who=who,
        errors=errors,
        options=zone_options(tongue().babel),
        value=shown_zone(who).info.key,
        action=who.address("choose_zone", asked),
        back=who.address("choose", asked),
    )


@at_both_doors("POST", "zone")
def choose_zone(door: str, token: str) -> ResponseReturnValue:
    """Show all times in that zone from now on."""
    try:
        form = load(ZoneForm(), request.form)
    except FormErrors as errors:
        with guest(door, token) as (_, who):
            return make_response(_zone_page(who, errors.errors), errors.status)
    with guest(door, token) as (session, who):
        if who.invitation is not None:
            invitations.choose_zone(
                session, invitation_id=who.invitation.id, timezone=form["timezone"]
            )
        if who.place is not None:
            who.place.participant.timezone = form["timezone"]
        onward = who.address("choose", {"language": read_language(request.args.get("language"))})
    return redirect(onward, HTTPStatus.SEE_OTHER)


# ---------------------------------------------------------------- checking and booking


@at_both_doors("GET", "check")
def check(door: str, token: str) -> ResponseReturnValue:
    """Is this right? Whose hold ran out chooses again; only the time is lost."""
    with guest(door, token) as (session, who):
        held = appointments.held(session, who.permission.id)
        if held is None:
            return redirect(who.address("choose", {"over": "1"}), HTTPStatus.SEE_OTHER)
        return _check_page(session, who, held)


def _check_page(
    session: Session, who: Guest, held: Appointment, errors: FormErrors | None = None
) -> str:
    shown = shown_zone(who).info
    practitioner = held.schedule.practitioner
    assert held.hold_until is not None
    left = held.hold_until - database_now(session)
    contact = invitations.contacts(session, [who.person_id]).get(who.person_id)
    return render_template(
        "scheduler/check.html",
        who=who,
        when=When(held.starts_at, held.ends_at, shown),
        value=tickets.slot_value(held.starts_at, practitioner.id),
        practitioner=practitioner,
        until=clock(held.hold_until.astimezone(shown)),
        seconds=max(0, int(left.total_seconds())),
        total=int(own_settings().hold.total_seconds()) * (2 if held.renewed_at else 1),
        renewable=held.renewed_at is None,
        plan=own_plan(contact, say) if contact else None,
        ways=ways_to_talk(practitioner.video_room),
        together=who.permission.couple_id is not None,
        confirm=who.permission.type.confirm,
        locations=LOCATIONS,
        errors=errors.errors if errors else {},
        given=errors.given if errors else {},
    )


@at_both_doors("POST", "renew")
def renew(door: str, token: str) -> ResponseReturnValue:
    """Keep it a quarter of an hour more, once. Asked again, the page says until when it is kept."""
    with suppress(HoldOver, HoldRenewed), guest(door, token) as (session, who):
        holds.renew(session, invitation=who.permission, settings=own_settings())
    with guest(door, token) as (_, who):
        return redirect(who.address("check"), HTTPStatus.SEE_OTHER)


@at_both_doors("POST", "book")
def book(door: str, token: str) -> ResponseReturnValue:
    """Book the held time, and lead to the person's own page. Sent twice, it books once."""
    try:
        form = load(BookForm(), request.form)
        wanted = Wanted(*form["start"])
        ask_again(door, token)
        with guest(door, token) as (session, who):
            booked = bookings.book(
                session,
                invitation=who.permission,
                wanted=wanted,
                how=form["how"],
                timezone=shown_zone(who).info.key,
                location=form["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            onward = tickets.address(appointments.place_of(session, booked, who.person_id))
    except FormErrors as errors:
        return _check_again(door, token, errors)
    except NoSuchWay as refusal:
        return _check_again(door, token, FormErrors({"how": [str(refusal)]}, request.form))
    except NotLicensedThere:
        return elsewhere(door, token, form["location"], back="check")
    except SlotTaken as taken:
        return choose_again(door, token, Asked.instead_of(wanted, taken), HTTPStatus.CONFLICT)
    except AlreadyBooked:
        return redirect(_start(door, token), HTTPStatus.SEE_OTHER)
    return redirect(onward, HTTPStatus.SEE_OTHER)


def _check_again(door: str, token: str, errors: FormErrors) -> ResponseReturnValue:
    with guest(door, token) as (session, who):
        held = appointments.held(session, who.permission.id)
        if held is None:
            return redirect(who.address("choose", {"over": "1"}), HTTPStatus.SEE_OTHER)
        return make_response(_check_page(session, who, held, errors), errors.status)


# ---------------------------------------------------------------- having it


@pages.get("/m/<token>")
def ticket(token: str) -> ResponseReturnValue:
    """Your time: what is true now, however old the link."""
    with guest("m", token) as (session, who):
        if who.place is not None and who.place.asked:
            return redirect(url_for("answers.question", token=token), HTTPStatus.SEE_OTHER)
        return render_template("scheduler/ticket.html", **own(session, who))


@pages.get("/m/<token>/change")
def change(token: str) -> ResponseReturnValue:
    """Move it or give it back, or why that needs a call."""
    with guest("m", token) as (session, who):
        return render_template("scheduler/manage.html", **own(session, who))


def own(session: Session, who: Guest) -> dict[str, Any]:
    """What the person's own pages say about their appointment."""
    assert who.place is not None
    contact = invitations.contacts(session, [who.person_id]).get(who.person_id)
    said = participants.locations(session, [who.place.participant])
    location = next(iter(said.values()), None)
    return {
        "who": who,
        "will_be": NAMES.get(location or ""),
        "licensed": location in who.place.practitioner.states,
        "locations": LOCATIONS,
        "next_time": who.may_choose_next(utcnow()),
        "ticket": tickets.Ticket.of(who.place, now=utcnow(), settings=own_settings()),
        "contact": contact,
        "wished": wished.told(session, who.place),
        "proposed": proposed.told(session, who.place),
        "asks": proposals.needs_both(session, who.place.appointment),
        "plan": own_plan(contact, say) if contact else None,
        "will_not": will_not(contact, say) if contact else None,
    }


@pages.get("/m/<token>/appointment.ics")
def calendar_entry(token: str) -> ResponseReturnValue:
    """The entry for the person's own calendar: "Appointment", and nothing else (P19)."""
    with guest("m", token) as (_, who):
        assert who.place is not None
        if who.place.status is AppointmentStatus.PENDING:
            raise NoSuchLink  # there is nothing yet to write down
        document = tickets.calendar_entry(who.place, own_settings())
    return Response(
        document,
        content_type="text/calendar; charset=utf-8; method=PUBLISH",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


@pages.post("/m/<token>/move")
def move(token: str) -> ResponseReturnValue:
    """Take the new time and free the old one, both or neither."""
    try:
        refused = to_another_time(token, bookings.move)
    except ChangeRefused as refusal:
        return stays(token, refusal)
    if refused is not None:
        return refused
    flash(say("Moved. This is your time now."))
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


@pages.post("/m/<token>/cancel")
def cancel(token: str) -> ResponseReturnValue:
    """Give the time back."""
    try:
        with guest("m", token) as (session, who):
            assert who.place is not None
            bookings.cancel(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                settings=own_settings(),
                now=utcnow(),
            )
    except ChangeRefused as refusal:
        return stays(token, refusal)
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


def stays(token: str, refusal: ChangeRefused) -> ResponseReturnValue:
    """The page once more, with the reason: the time stands, and a call can change it."""
    with guest("m", token) as (session, who):
        page = render_template("scheduler/manage.html", refusal=str(refusal), **own(session, who))
        return make_response(page, HTTPStatus.CONFLICT)
