"""The waitlist as staff see it: who waits, what they were asked, and who has to be called."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Actor
from services.scheduler.domain.errors import (
    AsleepThere,
    BookingRefused,
    HasSooner,
    NotLicensedThere,
    SlotTaken,
    TooNear,
)
from services.scheduler.operations import schedules, staff, waitlist, waitlist_desk
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.waitlist_desk import Asked, Waits
from services.scheduler.web import agenda, wishes, words
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import hand
from services.scheduler.web.staff_forms import OfferTimeForm, ReasonForm
from services.scheduler.web.staff_times import Shown, Target, times_page
from shared.clock import utcnow
from shared.places import NAMES
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone, zone_title

pages = Blueprint("waitlist", __name__, url_prefix="/staff/waitlist")
guard_staff(pages)

ANSWERS: Final = {
    waitlist.ACCEPTED: "Taken",
    waitlist.DECLINED: "Let go",
    waitlist.LAPSED: "No answer in time",
    waitlist.WITHDRAWN: "Taken back",
    None: "Waits for an answer",
}
KINDS: Final = {waitlist.ACCEPTED: "ok", waitlist.LAPSED: "fail", None: "wait"}
ENDINGS: Final = {
    waitlist.BOOKED: ("Has a time", "ok"),
    waitlist.LEFT: ("Left", ""),
    waitlist.EXPIRED: ("Time on the list was up", ""),
    waitlist.REMOVED: ("Taken off", ""),
}


@pages.get("")
def page() -> ResponseReturnValue:
    """Everyone who waits, the longest first; before them those who have to be called."""
    with database().begin() as session:
        return _page(session)


def _page(
    session: Session,
    *,
    errors: FormErrors | None = None,
    about: UUID | None = None,
    refusal: str | None = None,
) -> str:
    told = _Telling(session)
    waiting = [told.row(one) for one in waitlist_desk.waiting(session)]
    return render_template(
        "scheduler/waitlist.html",
        waiting=[one for one in waiting if one["reached"]],
        calls=[one for one in waiting if not one["reached"]],
        ended=[told.row(one) for one in waitlist_desk.ended(session)],
        zone_title=zone_title(told.here.key),
        errors=errors.errors if errors else {},
        given=errors.given if errors else {},
        about=about,
        refusal=refusal,
    )


class _Telling:
    """Rows in words, in the practice's zone: names are read once for all of them."""

    def __init__(self, session: Session) -> None:
        self.settings = own_settings()
        self.here = zone(self.settings.practice.timezone)
        self.clinicians = {o.practitioner_id: o.name for o in schedules.open_schedules(session)}
        self.hands = {f"{Actor.STAFF}:{one.id}": one.name for one in staff.accounts(session)}

    def row(self, one: Waits) -> dict[str, Any]:
        """One who waits, or did."""
        entry = one.entry
        return {
            "id": entry.id,
            "person_id": entry.person_id,
            "person": agenda.reachable(one.contact),
            "reached": one.can_be_asked(self.settings),
            "what": one.kind.title,
            "since": self._day(entry.created_at),
            "until": self._day(entry.until),
            "with_": wishes.people(self.clinicians, entry.practitioner_ids),
            "times": wishes.in_words(waitlist.weekly(entry)),
            "zone": zone_title(entry.timezone) if entry.timezone != self.here.key else "",
            "where": NAMES.get(one.location or "", ""),
            "has": self._at(one.has) if one.has else "",
            "open": self._asked(one.open) if one.open else None,
            "asked": [self._asked(each) for each in one.asked],
            "ended": self._at(entry.ended_at) if entry.ended_at else "",
            "ending": ENDINGS.get(entry.outcome or ""),
            "by": self.hands.get(entry.ended_by or "", ""),
            "reason": entry.reason or "",
        }

    def _asked(self, one: Asked) -> dict[str, Any]:
        offer = one.offer
        return {
            "when": self._at(offer.starts_at),
            "with_": one.with_,
            "at": self._at(offer.offered_at),
            "by": self.hands.get(offer.offered_by or "", "") if offer.offered_by else "",
            "until": self._at(offer.expires_at),
            "answer": ANSWERS[offer.answer],
            "answered": self._at(offer.answered_at) if offer.answered_at else "",
            "kind": {waitlist.ACCEPTED: "ok", None: "wait", waitlist.LAPSED: "fail"}.get(
                offer.answer, ""
            ),
        }

    def _day(self, at: datetime) -> str:
        return words.full_day(at.astimezone(self.here).date())

    def _at(self, at: datetime) -> str:
        local = at.astimezone(self.here)
        return f"{words.day(local.date())}, {words.clock(local)}"


@pages.post("/<uuid:entry_id>/take-off")
def take_off(entry_id: UUID) -> ResponseReturnValue:
    """They wait no more; why, colleagues can read. They are not told."""
    try:
        form = load(ReasonForm(), request.form)
        with database().begin() as session:
            waitlist_desk.take_off(session, entry_id=entry_id, by=hand(form["reason"]))
    except FormErrors as errors:
        with database().begin() as session:
            return make_response(_page(session, errors=errors, about=entry_id), errors.status)
    flash("Taken off the list.")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)


# ---------------------------------------------------------------- a time by hand


@pages.get("/<uuid:entry_id>/offer")
def times(entry_id: UUID) -> ResponseReturnValue:
    """Which of the free times to keep for them, and to ask them about."""
    with database().begin() as session:
        return _times(session, entry_id, Shown.asked())


def _times(session: Session, entry_id: UUID, shown: Shown) -> ResponseReturnValue:
    who = waitlist_desk.find(session, entry_id)
    if who is None:
        raise NotFound("Nobody waits here under that number.")
    if who.entry.ended_at is not None or who.open is not None:
        said = "They do not wait any more." if who.entry.ended_at else "They are asked already."
        return make_response(_page(session, refusal=said), HTTPStatus.CONFLICT)
    now, settings = utcnow(), own_settings()

    def fits(start: datetime) -> bool:
        try:
            waitlist_desk.refuse_unfit(who, start, settings=settings, now=now)
        except (HasSooner, TooNear):
            return False
        except AsleepThere:
            return True  # said when it is sent: in the morning it fits
        return True

    target = Target(
        question=waitlist_desk.question(who, settings=settings, now=now),
        people=[agenda.reachable(who.contact)],
        view="waitlist.times",
        other_view=None,
        address={"entry_id": entry_id},
        offering=True,
        fits=fits,
    )
    return times_page(session, target, shown)


@pages.post("/<uuid:entry_id>/offer")
def offer(entry_id: UUID) -> ResponseReturnValue:
    """Keep it for them, and have them asked. Sent twice, they are asked once."""
    try:
        form = load(OfferTimeForm(), request.form)
        with database().begin() as session:
            waitlist_desk.offer(
                session,
                entry_id=entry_id,
                wanted=Wanted(*form["start"]),
                settings=own_settings(),
                now=utcnow(),
                by=hand(),
            )
    except FormErrors as errors:
        return _again(entry_id, errors, errors.status)
    except BookingRefused as refusal:
        wrong = FormErrors({"start": [for_staff(refusal)]}, request.form)
        return _again(entry_id, wrong, HTTPStatus.CONFLICT)
    flash("Kept for them. They are asked by a message now.")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)


def for_staff(refusal: BookingRefused) -> str:
    """The refusal as a sentence to staff, about somebody else."""
    if isinstance(refusal, NotLicensedThere):
        return "This clinician holds no license where they will be."
    if isinstance(refusal, SlotTaken):
        return "That time is not free any more. These still are."
    return str(refusal)


def _again(entry_id: UUID, errors: FormErrors, status: HTTPStatus) -> ResponseReturnValue:
    with database().begin() as session:
        return _times(session, entry_id, Shown.asked(errors=errors, status=status))
