"""Each refusal of the domain, answered: its status, its title, and what a program may want to know.

One table, so that the page, the API and the internal routes say the same.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from flask import Flask, Response

from services.scheduler.domain import errors
from shared.web.problems import answer


class _Words(NamedTuple):
    status: HTTPStatus
    title: str
    kind: str


_TABLE: Final[Mapping[type[errors.Refused], _Words]] = {
    errors.NoSuchLink: _Words(HTTPStatus.NOT_FOUND, "This page is not here", "no-such-link"),
    errors.NoSuchCalendar: _Words(
        HTTPStatus.NOT_FOUND, "This calendar is not here", "no-such-calendar"
    ),
    errors.NoSuchRule: _Words(HTTPStatus.NOT_FOUND, "This is not here any more", "no-such-rule"),
    errors.NotYours: _Words(HTTPStatus.NOT_FOUND, "This is not here any more", "not-yours"),
    errors.ChangedMeanwhile: _Words(
        HTTPStatus.CONFLICT, "Changed in the meantime", "changed-meanwhile"
    ),
    errors.SlotTaken: _Words(HTTPStatus.CONFLICT, "That time is taken", "slot-taken"),
    errors.HoldOver: _Words(HTTPStatus.CONFLICT, "Please choose again", "hold-over"),
    errors.HoldRenewed: _Words(HTTPStatus.CONFLICT, "Kept longer already", "hold-renewed"),
    errors.TooManyHolds: _Words(
        HTTPStatus.TOO_MANY_REQUESTS, "Please wait a moment", "too-many-holds"
    ),
    errors.AlreadyBooked: _Words(HTTPStatus.CONFLICT, "You have a time already", "already-booked"),
    errors.NoSuchWay: _Words(HTTPStatus.CONFLICT, "By phone only", "no-such-way"),
    errors.NotLicensedThere: _Words(
        HTTPStatus.CONFLICT, "Let us check what we can offer", "not-licensed-there"
    ),
    errors.NoWaiting: _Words(HTTPStatus.CONFLICT, "Please call us about a time", "no-waiting"),
    errors.OfferOver: _Words(HTTPStatus.CONFLICT, "This time has gone", "offer-over"),
    errors.WaitsNoMore: _Words(HTTPStatus.CONFLICT, "Not waiting any more", "waits-no-more"),
    errors.AskedAlready: _Words(HTTPStatus.CONFLICT, "Asked already", "asked-already"),
    errors.HasSooner: _Words(HTTPStatus.CONFLICT, "They have a sooner time", "has-sooner"),
    errors.CanNotBeAsked: _Words(HTTPStatus.CONFLICT, "Please call them", "can-not-be-asked"),
    errors.AsleepThere: _Words(HTTPStatus.CONFLICT, "It is night there", "asleep-there"),
    errors.TooNear: _Words(HTTPStatus.CONFLICT, "Please call them", "too-near"),
    errors.NotBookable: _Words(HTTPStatus.CONFLICT, "Please call us about a time", "not-bookable"),
    errors.NeedsBoth: _Words(HTTPStatus.CONFLICT, "Both have to agree", "needs-both"),
    errors.ProposedAlready: _Words(HTTPStatus.CONFLICT, "It is being asked", "proposed-already"),
    errors.ProposalOver: _Words(HTTPStatus.CONFLICT, "Your time stays", "proposal-over"),
    errors.TooLate: _Words(HTTPStatus.CONFLICT, "Please call us", "too-late"),
    errors.InTime: _Words(HTTPStatus.CONFLICT, "You can change it yourself", "in-time"),
    errors.NotYet: _Words(HTTPStatus.CONFLICT, "Not yet", "not-yet"),
    errors.NotPossible: _Words(HTTPStatus.CONFLICT, "Please call us", "not-possible"),
    errors.KeyInUse: _Words(HTTPStatus.CONFLICT, "Still being answered", "idempotency-key-in-use"),
    errors.KeyUsed: _Words(
        HTTPStatus.UNPROCESSABLE_ENTITY, "This key was used already", "idempotency-key-used"
    ),
    errors.LinkExpired: _Words(HTTPStatus.GONE, "This link does not work any more", "link-expired"),
    errors.TooManyTries: _Words(
        HTTPStatus.TOO_MANY_REQUESTS, "Please wait a moment", "too-many-tries"
    ),
}
_OTHERS: Final = _Words(HTTPStatus.CONFLICT, "That is not possible", "refused")


def init_refusals(app: Flask) -> None:
    """Answer what the domain refuses, from whichever view it comes."""
    app.register_error_handler(errors.Refused, on_refused)


def on_refused(refusal: errors.Refused, **extra: Any) -> Response:
    """The answer to a refusal; `extra` are further members of the problem, for programs."""
    words = _TABLE.get(type(refusal), _OTHERS)
    headers = {}
    if isinstance(refusal, errors.TooManyTries):
        headers["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
    if isinstance(refusal, errors.TooManyHolds):
        headers["Retry-After"] = "60"
    if isinstance(refusal, errors.TooLate):
        extra["until"] = refusal.until.isoformat()
    if isinstance(refusal, errors.SlotTaken):
        extra["reason"] = refusal.reason
    return answer(
        words.status,
        words.title,
        str(refusal),
        type_=f"urn:softstart:problem:{words.kind}",
        headers=headers,
        **extra,
    )
