"""Waiting for a time: a person's own wishes, and the time that is kept for them for a while.

The link of an offer (`/w/<token>`) shows what is true now, however old it is. It takes nothing by
being opened (P20).
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.contact import own_plan, ways_to_talk
from services.scheduler.domain.errors import (
    AlreadyBooked,
    BookingRefused,
    ChangeRefused,
    NoSuchWay,
    NotLicensedThere,
    OfferOver,
    Refused,
)
from services.scheduler.operations import appointments, invitations, waitlist, waitlist_answers
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.operations.waitlist_answers import Offered
from services.scheduler.schemas import AcceptForm
from services.scheduler.waitlist_models import WaitlistEntry
from services.scheduler.web import tickets, wishes
from services.scheduler.web.doors import Guest, guest, guest_by_offer, own_settings, shown_zone
from services.scheduler.web.waiting_forms import WEEKS, WaitForm
from services.scheduler.web.week_form import WEEKDAYS
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.places import LOCATIONS
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say, tongue
from shared.zones import zone, zone_title

pages = Blueprint("waiting", __name__)
guard_client(pages)


# ---------------------------------------------------------------- what would suit


@pages.get("/t/<token>/wait", defaults={"door": "t"})
@pages.get("/m/<token>/wait", defaults={"door": "m"})
def wait(door: str, token: str) -> ResponseReturnValue:
    """Tell me when a time opens; or that one is told already, and what for."""
    with guest(door, token) as (session, who):
        return _wait_page(session, who)


def _wait_page(session: Session, who: Guest, errors: FormErrors | None = None) -> str:
    permission = who.permission
    entry = waitlist.entry_of(session, permission.id)
    has = appointments.of_invitation(session, permission)
    shown = zone(entry.timezone) if entry else shown_zone(who).info
    contact = invitations.contacts(session, [who.person_id]).get(who.person_id)
    names = {one.practitioner_id: one.name for one in open_schedules(session)}
    return render_template(
        "scheduler/wait.html",
        who=who,
        together=permission.couple_id is not None or permission.type.for_two,
        has=tickets.Ticket.of(has, now=utcnow(), settings=own_settings()) if has else None,
        waits=_waits(session, entry, names) if entry else None,
        contact=contact,
        reached=contact is None or contact.can_be_written_to(own_settings().channels),
        people=sorted(names.items(), key=lambda one: one[1]),
        days=list(WEEKDAYS.items()),
        parts=[(name, title) for name, (title, _) in wishes.PARTS.items()],
        weeks=[(n, say("%(count)s weeks", count=n)) for n in WEEKS],
        locations=LOCATIONS,
        zone_title=zone_title(shown.key, tongue().babel),
        errors=errors.errors if errors else {},
        given=errors.given if errors else _given(entry),
    )


def _given(entry: WaitlistEntry | None) -> MultiDict[str, str]:
    """The form as it was filled in; where they will be is asked anew (L43)."""
    if entry is None:
        return MultiDict()
    days, parts = wishes.ticked(waitlist.weekly(entry))
    return MultiDict(
        {
            "days": [str(day) for day in days],
            "parts": parts,
            "with": [str(one) for one in entry.practitioner_ids],
        }
    )


def _waits(session: Session, entry: WaitlistEntry, names: dict[Any, str]) -> dict[str, object]:
    shown = zone(entry.timezone)
    offered = waitlist.open_offer(session, entry.id)
    soonest = min(entry.free_before, default=None)
    return {
        "times": wishes.in_words(waitlist.weekly(entry)),
        "people": wishes.people(names, entry.practitioner_ids),
        "until": When(entry.until, entry.until, shown).day,
        "soonest": When(soonest, soonest, shown) if soonest and soonest > utcnow() else None,
        "offer": offer_link(waitlist.offer_token(own_settings(), offered)) if offered else None,
        "expires": When(offered.expires_at, offered.expires_at, shown) if offered else None,
    }


def offer_link(token: str) -> str:
    """The page behind an offer's token."""
    return url_for("waiting.offer", token=token)


@pages.post("/t/<token>/wait", defaults={"door": "t"})
@pages.post("/m/<token>/wait", defaults={"door": "m"})
def join(door: str, token: str) -> ResponseReturnValue:
    """Wait for a time, or wish for something else from now on."""
    try:
        form = load(WaitForm(), request.form)
        with guest(door, token) as (session, who):
            waitlist.join(
                session,
                invitation=who.permission,
                wish=wishes.wish(form, shown_zone(who).info.key),
                settings=own_settings(),
                now=utcnow(),
            )
    except FormErrors as errors:
        return _wait_again(door, token, errors)
    except NotLicensedThere as refusal:
        return _wait_again(door, token, FormErrors({"location": [str(refusal)]}, request.form))
    return redirect(_wait_link(door, token), HTTPStatus.SEE_OTHER)


def _wait_again(door: str, token: str, errors: FormErrors) -> ResponseReturnValue:
    with guest(door, token) as (session, who):
        return make_response(_wait_page(session, who, errors), errors.status)


def _wait_link(door: str, token: str) -> str:
    return url_for("waiting.wait", door=door, token=token)


@pages.post("/t/<token>/wait/leave", defaults={"door": "t"})
@pages.post("/m/<token>/wait/leave", defaults={"door": "m"})
def leave(door: str, token: str) -> ResponseReturnValue:
    """Wait no more."""
    with guest(door, token) as (session, who):
        waitlist.leave(session, invitation=who.permission)
    flash(say("You are not on the list any more."))
    return redirect(_wait_link(door, token), HTTPStatus.SEE_OTHER)


# ---------------------------------------------------------------- what is kept


@pages.get("/w/<token>")
def offer(token: str) -> ResponseReturnValue:
    """A time that is kept, or what has become of it."""
    with guest_by_offer(token) as (session, offered):
        if offered.state == "accepted" and offered.place is not None:
            return redirect(tickets.address(offered.place), HTTPStatus.SEE_OTHER)
        return _offer_page(session, token, offered)


def _offer_page(
    session: Session,
    token: str,
    offered: Offered,
    errors: FormErrors | None = None,
    refusal: str | None = None,
) -> str:
    shown = zone(offered.entry.timezone)
    one, has = offered.offer, offered.place
    practitioner = offered.schedule.practitioner
    person_id = offered.entry.person_id
    contact = invitations.contacts(session, [person_id]).get(person_id)
    return render_template(
        "scheduler/offer.html",
        token=token,
        state=offered.state,
        waits=offered.waits,
        when=When(one.starts_at, offered.ends_at, shown),
        until=When(one.expires_at, one.expires_at, shown),
        practitioner=practitioner,
        has=tickets.Ticket.of(has, now=utcnow(), settings=own_settings()) if has else None,
        sooner=has is not None and has.appointment.starts_at <= one.starts_at,
        own_link=tickets.address(has) if has else None,
        plan=own_plan(contact, say) if contact else None,
        ways=ways_to_talk(practitioner.video_room),
        locations=LOCATIONS,
        errors=errors.errors if errors else {},
        given=errors.given if errors else {},
        refusal=refusal,
    )


@pages.post("/w/<token>/accept")
def accept(token: str) -> ResponseReturnValue:
    """Take it, and be led to one's own page. Sent twice, it is taken once."""
    try:
        form = load(AcceptForm(), request.form)
        with guest_by_offer(token) as (session, _):
            place = waitlist_answers.accept(
                session,
                token=token,
                how=form["how"],
                location=form["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            onward = tickets.address(place)
    except FormErrors as errors:
        return _offer_again(token, errors)
    except NoSuchWay as refusal:
        return _offer_again(token, FormErrors({"how": [str(refusal)]}, request.form))
    except NotLicensedThere as refusal:
        return _offer_again(token, FormErrors({"location": [str(refusal)]}, request.form))
    except (BookingRefused, ChangeRefused) as refusal:
        return _not_taken(token, refusal)
    return redirect(onward, HTTPStatus.SEE_OTHER)


def _offer_again(token: str, errors: FormErrors) -> ResponseReturnValue:
    with guest_by_offer(token) as (session, offered):
        if offered.state != "open":
            return redirect(offer_link(token), HTTPStatus.SEE_OTHER)
        return make_response(_offer_page(session, token, offered, errors), errors.status)


def _not_taken(token: str, refusal: Refused) -> ResponseReturnValue:
    """What is true now; why it was not taken, where the page does not say so itself."""
    why = None if isinstance(refusal, (OfferOver, AlreadyBooked)) else str(refusal)
    with guest_by_offer(token) as (session, offered):
        page = _offer_page(session, token, offered, refusal=why)
        return make_response(page, HTTPStatus.CONFLICT)


@pages.post("/w/<token>/decline")
def decline(token: str) -> ResponseReturnValue:
    """Let it go; the person stays on the list."""
    with guest_by_offer(token) as (session, _):
        waitlist_answers.decline(session, token=token)
    return redirect(offer_link(token), HTTPStatus.SEE_OTHER)


@pages.post("/w/<token>/leave")
def leave_by_offer(token: str) -> ResponseReturnValue:
    """Wait no more, from the page of any offer."""
    with guest_by_offer(token) as (session, offered):
        waitlist.leave(session, invitation=offered.invitation)
    return redirect(offer_link(token), HTTPStatus.SEE_OTHER)
