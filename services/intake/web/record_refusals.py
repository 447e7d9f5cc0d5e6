"""What the verbs about records refuse, answered: one table for all their pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from services.intake.operations.estimates import NotASafeWay, NotWritten
from services.intake.operations.record_requests import NotLicensed, NotOpen, NotTheReviewer
from services.intake.operations.release import NotAuthorized, NothingJoint
from shared.web.problems import answer

_TABLE: Final[Mapping[type[Exception], tuple[HTTPStatus, str, str]]] = {
    NotOpen: (
        HTTPStatus.CONFLICT,
        "That is not open just now",
        "Somebody has acted on it, or a step is missing. Open the request again, please.",
    ),
    NotLicensed: (
        HTTPStatus.FORBIDDEN,
        "This part is not open to you",
        "Only a licensed professional may do this. Ask a clinician, please.",
    ),
    NotTheReviewer: (
        HTTPStatus.CONFLICT,
        "Somebody else has to look at it",
        "You denied it yourself. Ask another licensed colleague.",
    ),
    NotAuthorized: (
        HTTPStatus.CONFLICT,
        "A signature is missing",
        "Nothing may go out before everybody it concerns has signed for this recipient.",
    ),
    NothingJoint: (
        HTTPStatus.CONFLICT,
        "There is no joint record",
        "This person has had no appointment together with somebody else.",
    ),
    NotASafeWay: (
        HTTPStatus.CONFLICT,
        "Mail is not safe for this person",
        "Keep the paper here until they pick it up.",
    ),
    NotWritten: (
        HTTPStatus.CONFLICT,
        "That is not possible just now",
        "Write the estimate first. One that was handed over is not changed: write a new one.",
    ),
}


def init_record_refusals(pages: Blueprint) -> None:
    """Answer them for every view of this blueprint."""
    for refused in _TABLE:
        pages.register_error_handler(refused, _on_refused)


def _on_refused(refused: Exception) -> ResponseReturnValue:
    status, title, detail = _TABLE[type(refused)]
    return answer(status, title, detail)
