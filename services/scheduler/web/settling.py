"""Answers of the staff: yes or no to a request (P2); that a time stays, whatever was wished (P22).

A wish is granted by doing it: cancelling or moving, on the appointment's own page.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import ChangeRefused
from services.scheduler.operations import changes, requests
from services.scheduler.web.appointment import refused
from services.scheduler.web.rights import hand
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import guard_staff

pages = Blueprint("settling", __name__, url_prefix="/staff")
guard_staff(pages)


@pages.post("/appointments/<uuid:appointment_id>/confirm")
def confirm(appointment_id: UUID) -> ResponseReturnValue:
    """Say yes to a request: it is booked, and the person is told."""

    def act(session: Session) -> None:
        requests.confirm(session, appointment_id=appointment_id, by=hand(), now=utcnow())

    return _settle(appointment_id, act, "Confirmed. They are told, where we may write to them.")


@pages.post("/appointments/<uuid:appointment_id>/decline")
def decline(appointment_id: UUID) -> ResponseReturnValue:
    """Say no: the time is free again, and the person can choose another."""

    def act(session: Session) -> None:
        requests.decline(session, appointment_id=appointment_id, by=hand())

    return _settle(appointment_id, act, "Declined. The time is free again, and they are told so.")


@pages.post("/appointments/<uuid:appointment_id>/wishes/<uuid:wish_id>/keep")
def keep(appointment_id: UUID, wish_id: UUID) -> ResponseReturnValue:
    """Say that the time stays as it is; the person's page tells them."""

    def act(session: Session) -> None:
        changes.keep(session, wish_id=wish_id, by=hand())

    return _settle(appointment_id, act, "Noted: the time stays. Their own page tells them.")


def _settle(appointment_id: UUID, act: Callable[[Session], Any], done: str) -> ResponseReturnValue:
    try:
        with database().begin() as session:
            act(session)
    except ChangeRefused as refusal:
        return refused(appointment_id, refusal)
    flash(done)
    back = url_for("appointment.page", appointment_id=appointment_id)
    if request.form.get("back") == "today":
        back = url_for("staff.today", who=request.form.get("who") or None)
    return redirect(back, HTTPStatus.SEE_OTHER)
