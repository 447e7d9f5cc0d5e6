"""Two people side by side, for clinicians only: computed when asked for, and kept nowhere (L10)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.intake.couple_models import Couple, Invitation
from services.intake.domain.condition import Answers
from services.intake.domain.invitation import Hindrance, How, hindrance
from services.intake.domain.pair import Pair, PairDecision, PartnerStatus, decide_pair
from services.intake.domain.questionnaire import SYSTEM_FIELDS
from services.intake.domain.screening import decide
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import (
    audit,
    calls,
    forms,
    holds,
    invitations,
    joint_permissions,
    openings,
    personal_pages,
    practice,
)
from services.intake.operations.forms import Form
from services.intake.operations.links import Links
from services.intake.operations.readers import Reader

PART: Final = "pair"


class MayNotInvite(Exception):
    """Something stands in the way: `why` says what."""

    def __init__(self, why: Hindrance) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Whether this person may be let invite a partner, and what has become of it."""

    permission: str
    hindrance: Hindrance | None
    wish: How | None
    couple: Couple | None
    invitation: Invitation | None

    @property
    def open(self) -> bool:
        """Whether the step is open, or an invitation out."""
        return self.couple is not None and self.couple.ended_at is None


@dataclass(frozen=True, kw_only=True)
class PairView:
    """What a clinician sees of the two."""

    couple: Couple
    a: QuestionnaireResponse
    b: QuestionnaireResponse | None
    invitation: Invitation
    decision: PairDecision
    status: PartnerStatus
    day: int
    calls: tuple[bool, bool]


def standing(session: Session, *, response: QuestionnaireResponse) -> Standing:
    """Where this person's own invitation stands. Reads this person's answers and no one else's."""
    form = forms.form_of(session, response)
    permission = decide(form.screener, form.answers, form.config).partner_invite
    couple = openings.newest(session, response=response)
    return Standing(
        permission=permission,
        hindrance=hindrance(
            permission,
            call_done=calls.done(response),
            lifted=holds.lifted(session, response),
        ),
        wish=openings.wish(form.answers),
        couple=couple,
        invitation=invitations.of_couple(session, couple) if couple else None,
    )


def open_step(
    session: Session,
    *,
    response: QuestionnaireResponse,
    how: How,
    reader: Reader,
    links: Links,
    now: datetime,
) -> Couple:
    """A clinician lets this person invite. Twice is once. Raises MayNotInvite."""
    if not reader.clinical:
        raise ValueError("Only clinical staff may let somebody invite.")
    session.refresh(response, with_for_update=True)
    found = standing(session, response=response)
    if found.couple is not None and found.open:
        return found.couple
    if found.hindrance is not None:
        raise MayNotInvite(found.hindrance)
    couple = openings.open_step(session, response=response, how=how, reader=reader)
    personal_pages.tell(session, person_id=response.person_id, links=links, now=now)
    return couple


def of_response(session: Session, *, response_id: UUID) -> Couple | None:
    """The newest couple that this inquiry is one side of."""
    return session.scalar(
        select(Couple)
        .where(or_(Couple.a_response_id == response_id, Couple.b_response_id == response_id))
        .order_by(Couple.opened_at.desc())
        .limit(1)
    )


def read(session: Session, *, response_id: UUID, reader: Reader, now: datetime) -> PairView | None:
    """The two side by side, once an invitation was made. Noted for both before it is shown."""
    if not reader.clinical:
        raise ValueError("Only clinical staff may look at two people together.")
    couple = of_response(session, response_id=response_id)
    invitation = invitations.of_couple(session, couple) if couple else None
    if couple is None or invitation is None:
        return None
    for side in (couple.a_response_id, couple.b_response_id):
        if side is not None:
            audit.record(
                session,
                reader=reader,
                response_id=side,
                parts=[PART],
                reason="to read two inquiries together",
            )
    return view(session, couple=couple, invitation=invitation, now=now)


def view(session: Session, *, couple: Couple, invitation: Invitation, now: datetime) -> PairView:
    """The two side by side. Writes nothing; whoever shows it has it recorded first (`read`)."""
    a = forms.form_of(session, session.get_one(QuestionnaireResponse, couple.a_response_id))
    b = _other(session, couple)
    day = invitations.calendar(invitation).day(now)
    done = (calls.done(a.response), b is not None and calls.done(b.response))
    status = _status(invitation, b, now=now)
    decision = decide_pair(
        a.screener,
        Pair(
            a=a.answers,
            b=_said(b),
            b_status=status,
            days_since_invite=day,
            invite_sent=True,
            calls_done=all(done),
            clinician_release=joint_permissions.standing(session, couple) is not None,
        ),
        replace(
            a.config,
            invite_expires_days=invitations.calendar(invitation).length,
            invite_reminder_day=practice.current(session).invite_reminder_day,
        ),
    )
    return PairView(
        couple=couple,
        a=a.response,
        b=b.response if b else None,
        invitation=invitation,
        decision=decision,
        status=status,
        day=day,
        calls=done,
    )


def end(session: Session, *, couple: Couple, reader: Reader, now: datetime) -> None:
    """The two go on separately: each record stays what it is, and nothing leads to both any more.

    A time together that lies ahead is given back. Beyond that, what A sees does not change before
    its day: that it ended may be because of B.
    """
    if not reader.clinical:
        raise ValueError("Only clinical staff may part two inquiries.")
    session.refresh(couple, with_for_update=True)
    if couple.ended_at is None:
        couple.ended_at, couple.ended_by = now, reader.account_id
        couple.ended_by_name = reader.name
        for side in (couple.a_response_id, couple.b_response_id):
            if side is not None:
                audit.note(session, reader=reader, act="part-couple", response_id=side)
        session.flush()
        released = joint_permissions.standing(session, couple)
        if released is not None:
            joint_permissions.say_ended(session, released)


def _other(session: Session, couple: Couple) -> Form | None:
    if couple.b_response_id is None:
        return None
    return forms.form_of(session, session.get_one(QuestionnaireResponse, couple.b_response_id))


def _said(b: Form | None) -> Answers | None:
    """B's answers, or None until something was answered."""
    return b.answers if b and set(b.answers) - set(SYSTEM_FIELDS) else None


def _status(invitation: Invitation, b: Form | None, *, now: datetime) -> PartnerStatus:
    if b is not None and b.response.status == ResponseStatus.COMPLETED:
        return "submitted"
    if invitations.calendar(invitation).over(now):
        return "expired"
    return "invited" if invitation.used_at is None else "started"
