"""A permission ends: what was chosen with it and lies ahead is given back.

By the verbs by which anything is cancelled, so that nobody's page, message or calendar can tell it
from a cancellation by the practice (P17, P18). Intake is asked before two are booked, and says that
a permission has ended only after that is committed; so whoever asked too early either waits here
for the lock of their permission and is refused, or was first, and what they booked is found.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import ERASED, Actor, Hand
from services.scheduler.models import Appointment, Invitation, Participant
from services.scheduler.operations import bookings, stated_times
from services.scheduler.operations.history import locked
from shared.db import database_now
from shared.vocabulary import AppointmentStatus as Status

_AHEAD: Final = (Status.PENDING, Status.BOOKED)
_NOT_TOGETHER: Final = Hand(Actor.SYSTEM, reason="the two may not be booked together any more")


def end(session: Session, *, permission_ids: tuple[UUID, ...], now: datetime) -> None:
    """Two people may not meet by these permissions any more. Heard twice, nothing happens."""
    closed = _close(session, Invitation.id.in_(permission_ids))
    _give_back(session, Appointment.invitation_id.in_(permission_ids), by=_NOT_TOGETHER, now=now)
    stated_times.forget_couples(session, permission_ids=closed)


def forget(session: Session, *, person_id: UUID, now: datetime) -> None:
    """A person was erased: nothing is booked for them, nor for two of whom they were one.

    What the other of the two said of their week is of no use any more, and gone as well.
    """
    concerned = (Invitation.person_id == person_id) | (Invitation.partner_id == person_id)
    closed = _close(session, concerned)
    mine = or_(
        Appointment.invitation_id.in_(select(Invitation.id).where(concerned)),
        Appointment.id.in_(
            select(Participant.appointment_id).where(Participant.person_id == person_id)
        ),
    )
    _give_back(session, mine, by=ERASED, now=now)
    stated_times.forget_couples(session, permission_ids=closed)


def _close(session: Session, which: ColumnElement[bool]) -> tuple[UUID, ...]:
    """In one order, so that two who close what overlaps don't wait in a circle. Returns whose."""
    found = session.scalars(
        select(Invitation)
        .where(which)
        .order_by(Invitation.id)
        .with_for_update(of=Invitation, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    at = database_now(session)
    for one in found:
        one.ended_at = one.ended_at or at
    session.flush()
    return tuple(one.id for one in found)


def _give_back(session: Session, which: ColumnElement[bool], *, by: Hand, now: datetime) -> None:
    """What is held goes; what lies ahead is cancelled; what has begun, or was, stays as it is."""
    session.execute(delete(Appointment).where(which, Appointment.status == Status.PROPOSED))
    standing = session.scalars(
        select(Appointment.id).where(which, Appointment.status.in_(_AHEAD)).order_by(Appointment.id)
    ).all()
    for appointment_id in standing:
        one = locked(session, appointment_id)
        if one.status in _AHEAD and one.starts_at > now:
            bookings.call_off(session, one, by=by, now=now)
