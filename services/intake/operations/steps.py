"""What one person's own page offers beyond what the form led to.

It follows from a clinician's acts, this person's own and the calendar. Of the other person nothing
counts, but for the one thing that both are told at one moment: that they may meet (L08).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.intake.couple_models import Couple, Invitation
from services.intake.models import QuestionnaireResponse
from services.intake.operations import invitations, joint, openings, policies
from services.intake.operations.links import Links


@dataclass(frozen=True, kw_only=True)
class Steps:
    """`invite`: there is a step to see. `update`: joint_ready or joint_not_set."""

    invite: bool
    paper: bool
    signed: bool
    update: str | None
    joint_token: str | None

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return self.invite or self.paper or self.update is not None


def of(session: Session, *, response: QuestionnaireResponse, links: Links, now: datetime) -> Steps:
    """The steps of the person who sent this form."""
    couple = openings.newest(session, response=response)
    invitation = invitations.of_couple(session, couple) if couple else None
    asked = policies.asked(session, person_id=response.person_id)
    permission = joint.permission_of(session, response=response)
    update = "joint_ready" if permission else None
    if update is None and invitation is not None and _day_has_come(invitation):
        update = "joint_not_set"
    return Steps(
        invite=_to_see(couple, invitation, now),
        paper=asked,
        signed=asked and policies.signature(session, person_id=response.person_id) is not None,
        update=update,
        joint_token=links.joint_token(permission) if permission else None,
    )


def _to_see(couple: Couple | None, invitation: Invitation | None, now: datetime) -> bool:
    """Until it is made, while the step is open; then until its day, whatever became of it."""
    if couple is None:
        return False
    if invitation is None:
        return couple.ended_at is None
    return invitation.noted_at is None and not invitations.calendar(invitation).over(now)


def _day_has_come(invitation: Invitation) -> bool:
    """With the message that says so, which goes out for every reason on the same day."""
    return invitation.noted_at is not None and invitation.taken_back_at is None
