"""Waiting for a time, for programs: wish, ask what is kept, take it or let it go.

A booking token or a manage token says who waits; the token of an offer's link answers it.
"""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, make_response
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.operations import waitlist, waitlist_answers
from services.scheduler.operations.waitlist import Wish
from services.scheduler.operations.waitlist_answers import Offered
from services.scheduler.schemas import AcceptSchema, AppointmentSchema
from services.scheduler.waitlist_models import WaitlistEntry
from services.scheduler.web.api import either, own_document
from services.scheduler.web.doors import guest_by_offer, own_settings, shown_zone
from services.scheduler.web.waiting_forms import OfferSchema, WaitingSchema, WaitSchema
from services.scheduler.web.week_form import wall_range
from shared.clock import utcnow
from shared.web import public_link
from shared.web.audiences import bearer, guard_api
from shared.web.problems import Unauthorized

waiting = Blueprint(
    "waiting_api", __name__, url_prefix="/api", description="Waiting for a time that opens."
)
guard_api(waiting)


@contextmanager
def _asked() -> Iterator[tuple[Session, Offered]]:
    """Whose offer the Bearer token answers. Raises Unauthorized."""
    try:
        with guest_by_offer(bearer()) as found:
            yield found
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@waiting.get("/waitlist")
@waiting.response(HTTPStatus.OK, WaitingSchema)
def show() -> dict[str, Any]:
    """Whether one waits, for what, and what is kept."""
    with either() as (session, who):
        return _document(session, waitlist.entry_of(session, who.permission.id))


@waiting.put("/waitlist")
@waiting.arguments(WaitSchema)
@waiting.response(HTTPStatus.OK, WaitingSchema)
def wait(wanted: dict[str, Any]) -> dict[str, Any]:
    """Wait, or wish for something else from now on; the place on the list stays."""
    with either() as (session, who):
        entry = waitlist.join(
            session,
            invitation=who.permission,
            wish=Wish(
                location=wanted["location"],
                timezone=wanted["timezone"] or shown_zone(who).info.key,
                lasts=timedelta(weeks=wanted["weeks"]),
                practitioner_ids=wanted["practitioner_ids"],
                times=[
                    WeeklyRange(one["weekday"], wall_range(one["start"], one["end"]))
                    for one in wanted["times"]
                ],
            ),
            settings=own_settings(),
            now=utcnow(),
        )
        return _document(session, entry)


@waiting.delete("/waitlist")
@waiting.response(HTTPStatus.NO_CONTENT)
def leave() -> Response:
    """Wait no more; where nobody waits, the answer is the same."""
    with either() as (session, who):
        waitlist.leave(session, invitation=who.permission)
    return make_response("", HTTPStatus.NO_CONTENT)


@waiting.get("/offer")
@waiting.response(HTTPStatus.OK, OfferSchema)
def offer() -> dict[str, Any]:
    """The time that is kept, or what has become of it."""
    with _asked() as (_, offered):
        return _offer(offered)


@waiting.post("/offer/accept")
@waiting.arguments(AcceptSchema)
@waiting.response(HTTPStatus.OK, AppointmentSchema)
def accept(answer: dict[str, Any]) -> dict[str, Any]:
    """Take it: booked, or the later time moved to it. Said twice, the answer is the same."""
    with _asked() as (session, _):
        place = waitlist_answers.accept(
            session,
            token=bearer(),
            how=answer["how"],
            location=answer["location"],
            settings=own_settings(),
            now=utcnow(),
        )
        return own_document(place)


@waiting.post("/offer/decline")
@waiting.response(HTTPStatus.OK, OfferSchema)
def decline() -> dict[str, Any]:
    """Let it go; the place on the list stays."""
    with _asked() as (session, _):
        waitlist_answers.decline(session, token=bearer())
        return _offer(waitlist_answers.by_token(session, bearer()))


def _offer(offered: Offered) -> dict[str, Any]:
    return {
        "state": offered.state,
        "start": offered.offer.starts_at,
        "end": offered.ends_at,
        "timezone": offered.entry.timezone,
        "practitioner_id": offered.schedule.practitioner.id,
        "practitioner_name": offered.schedule.practitioner.name,
        "expires_at": offered.offer.expires_at,
        "waiting": offered.waits,
    }


def _document(session: Session, entry: WaitlistEntry | None) -> dict[str, Any]:
    if entry is None:
        none = dict.fromkeys(("since", "until", "timezone", "offer_url"))
        return {"waiting": False, "practitioner_ids": [], "times": [], **none}
    kept = waitlist.open_offer(session, entry.id)
    token = waitlist.offer_token(own_settings(), kept) if kept else None
    return {
        "waiting": True,
        "since": entry.created_at,
        "until": entry.until,
        "timezone": entry.timezone,
        "practitioner_ids": entry.practitioner_ids,
        "times": [
            {"weekday": one.weekday, "start": one.wall.start, "end": one.wall.end}
            for one in waitlist.weekly(entry)
        ],
        "offer_url": public_link("scheduler", f"/w/{token}") if token else None,
    }
