"""An invitation from being made to being used up, or taken back.

What A is shown follows from A's own acts, a clinician's and the calendar. Nothing here tells A
whether the link was opened, used or answered (L08, L09, L11).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.couple_models import Addressee, Couple, Invitation
from services.intake.domain.invitation import Calendar
from services.intake.models import Person, QuestionnaireResponse
from services.intake.operations import (
    communications,
    contacts,
    openings,
    practice,
    questionnaires,
    responses,
)
from services.intake.operations.forms import Form
from services.intake.operations.links import Links
from shared.tokens import token_sha256


class NothingToSend(Exception):
    """No step is open for this person."""


@dataclass(frozen=True, kw_only=True)
class To:
    """Whom the one e-mail goes to, as A wrote it."""

    email: str
    first_name: str | None = None


def calendar(invitation: Invitation) -> Calendar:
    """The invitation's days."""
    return Calendar(sent_at=invitation.sent_at, expires_at=invitation.expires_at)


def of_couple(session: Session, couple: Couple) -> Invitation | None:
    """The couple's one invitation, if it was made."""
    return session.scalar(select(Invitation).where(Invitation.couple_id == couple.id))


def make(
    session: Session,
    *,
    response: QuestionnaireResponse,
    to: To | None,
    links: Links,
    now: datetime,
) -> Invitation:
    """A invites: by a link to pass on, or by one e-mail of ours. The clock starts now.

    Twice is once. Raises NothingToSend.
    """
    couple = openings.newest(session, response=response)
    if couple is None:
        raise NothingToSend
    session.refresh(couple, with_for_update=True)
    found = of_couple(session, couple)
    if found is not None:
        return found
    how = openings.how_of(session, couple=couple, response=response)
    if couple.ended_at is not None or (how == "practice_email") != (to is not None):
        raise NothingToSend
    days = practice.current(session).invite_expires_days
    invitation_id = uuid4()
    invitation = Invitation(
        id=invitation_id,
        couple_id=couple.id,
        token_sha256=token_sha256(links.invitation_token(invitation_id)),
        sent_at=now,
        expires_at=Calendar.of(sent_at=now, days=days).expires_at,
    )
    session.add(invitation)
    session.flush()
    if to is not None:
        _address(session, invitation, to, links=links)
    return invitation


def _address(session: Session, invitation: Invitation, to: To, *, links: Links) -> None:
    person = Person(id=uuid4())
    session.add(person)
    session.flush()
    contacts.of_addressee(
        session,
        person_id=person.id,
        name=to.first_name,
        email=to.email,
        locale=questionnaires.current(session).locale,
    )
    session.add(Addressee(person_id=person.id, invitation_id=invitation.id))
    session.flush()
    mail(session, invitation, person.id, links=links)


def mail(session: Session, invitation: Invitation, person_id: UUID, *, links: Links) -> None:
    """Ask for the one e-mail, or its one reminder, to the addressee."""
    communications.request(
        session,
        person_id=person_id,
        purpose="invitation",
        link=links.invitation(invitation.id),
        not_after=invitation.expires_at,
    )


def take_back(session: Session, *, response: QuestionnaireResponse, now: datetime) -> None:
    """A takes the link back. It ends if nobody has used it; A is told the same either way.

    A form that was begun with it stays what it is: somebody else's own.
    """
    couple = openings.newest(session, response=response)
    invitation = of_couple(session, couple) if couple else None
    if invitation is None:
        return
    session.refresh(invitation, with_for_update=True)
    if invitation.taken_back_at is None and not calendar(invitation).over(now):
        invitation.taken_back_at = now
        addressee = addressee_of(session, invitation)
        if addressee is not None:
            communications.withdraw(session, person_id=addressee, purpose="invitation")
    session.flush()


def begin(
    session: Session,
    *,
    invitation_token: str,
    token: str,
    licensed_states: tuple[str, ...],
    now: datetime,
) -> Form | None:
    """Use the invitation up and begin the invited person's own form; None: it opens nothing.

    Used, expired, taken back and made up are one and the same: one look at one index.
    """
    found = session.execute(
        select(Invitation, Couple)
        .join(Couple, Couple.id == Invitation.couple_id)
        .where(
            Invitation.token_sha256 == token_sha256(invitation_token),
            Invitation.used_at.is_(None),
            Invitation.taken_back_at.is_(None),
            Invitation.expires_at > now,
            Couple.ended_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if found is None:
        return None
    invitation, couple = found
    form = responses.start(session, token=token, licensed_states=licensed_states, invited=True)
    invitation.used_at, couple.b_response_id = now, form.response.id
    session.flush()
    return form


def addressee_of(session: Session, invitation: Invitation) -> UUID | None:
    """Whom it was mailed to, as long as anything may still be sent."""
    return session.scalar(
        select(Addressee.person_id).where(Addressee.invitation_id == invitation.id)
    )
