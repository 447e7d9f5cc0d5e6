"""What an invitation's calendar brings: one reminder at most, one note, and forgetting.

Each has a list of what is due and a verb for one of them, so that a job can take each in a
transaction of its own.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.intake.couple_models import Addressee, Couple, Invitation
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import (
    invitations,
    joint,
    openings,
    personal_pages,
    practice,
    retention,
)
from services.intake.operations.links import Links

_A_DAY: Final = timedelta(days=1)


def to_remind(session: Session, *, now: datetime) -> list[UUID]:
    """The invitations whose day for the one reminder is today and that were mailed."""
    day = practice.current(session).invite_reminder_day
    if day <= 0:
        return []
    begins = now - timedelta(days=day)
    return list(
        session.scalars(
            select(Invitation.id)
            .join(Addressee, Addressee.invitation_id == Invitation.id)
            .where(
                Invitation.reminded_at.is_(None),
                Invitation.taken_back_at.is_(None),
                Invitation.sent_at <= begins,
                Invitation.sent_at > begins - _A_DAY,
                Invitation.expires_at > now,
            )
        )
    )


def remind(session: Session, *, invitation_id: UUID, links: Links, now: datetime) -> bool:
    """Remind the addressee once, by e-mail, unless the form has come in. Returns whether."""
    invitation = _claimed(session, invitation_id)
    if invitation is None or invitation.reminded_at is not None:
        return False
    addressee, couple = invitations.addressee_of(session, invitation), _couple(session, invitation)
    stopped = invitation.taken_back_at or couple.ended_at or _finished(session, couple)
    day = practice.current(session).invite_reminder_day
    if addressee is None or stopped or not invitations.calendar(invitation).reminding(day, now):
        return False
    invitation.reminded_at = now
    invitations.mail(session, invitation, addressee, links=links)
    return True


def to_note(session: Session, *, now: datetime) -> list[UUID]:
    """The invitations whose uniform day has come and whose sender has not been told so."""
    return list(
        session.scalars(
            select(Invitation.id).where(
                Invitation.noted_at.is_(None),
                Invitation.taken_back_at.is_(None),
                Invitation.expires_at <= now,
            )
        )
    )


def note_day(session: Session, *, invitation_id: UUID, links: Links, now: datetime) -> bool:
    """Tell A once that there is something new, whatever has happened or not (L11).

    Unless both were told before that they may meet: then there is nothing more to say.
    """
    invitation = _claimed(session, invitation_id)
    if invitation is None or invitation.noted_at is not None or invitation.taken_back_at:
        return False
    invitation.noted_at = now
    couple = _couple(session, invitation)
    response = session.get_one(QuestionnaireResponse, couple.a_response_id)
    newest = openings.newest(session, response=response)
    if newest is not couple or joint.were_told(session, couple):
        return False
    personal_pages.tell(session, person_id=response.person_id, links=links, now=now)
    return True


def to_forget(session: Session, *, now: datetime) -> list[UUID]:
    """The addressees to whom nothing more may be sent, by their person's id."""
    return list(
        session.scalars(
            select(Addressee.person_id)
            .outerjoin(Invitation, Invitation.id == Addressee.invitation_id)
            .outerjoin(Couple, Couple.id == Invitation.couple_id)
            .outerjoin(QuestionnaireResponse, QuestionnaireResponse.id == Couple.b_response_id)
            .where(
                or_(
                    Addressee.invitation_id.is_(None),
                    Invitation.taken_back_at.is_not(None),
                    Invitation.expires_at <= now,
                    Couple.ended_at.is_not(None),
                    QuestionnaireResponse.status == ResponseStatus.COMPLETED,
                )
            )
        )
    )


def forget(session: Session, *, person_id: UUID) -> None:
    """Destroy an addressee, here and in every copy."""
    retention.destroy(session, person_id=person_id)


def _claimed(session: Session, invitation_id: UUID) -> Invitation | None:
    return session.scalar(
        select(Invitation).where(Invitation.id == invitation_id).with_for_update(skip_locked=True)
    )


def _couple(session: Session, invitation: Invitation) -> Couple:
    return session.get_one(Couple, invitation.couple_id)


def _finished(session: Session, couple: Couple) -> bool:
    if couple.b_response_id is None:
        return False
    b = session.get_one(QuestionnaireResponse, couple.b_response_id)
    return b.status == ResponseStatus.COMPLETED
