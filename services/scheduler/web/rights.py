"""Who of the staff may do what with whose time, for page and program alike.

The front desk does everything but what makes a clinician work: it never opens time beside the
hours, and never gives one against the rules. Clinicians do that with their own time alone, and
block nobody else's. The owner may do it all.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import schedules, staff
from shared.vocabulary import Role
from shared.web.audiences import current_staff
from shared.web.problems import NotForYourRole, NotFound


@dataclass(frozen=True)
class Rights:
    """What whoever is signed in may do; `own` is the practitioner that they are, if any."""

    role: Role
    own: UUID | None

    @classmethod
    def mine(cls, session: Session) -> Self:
        """Of the one who asks now."""
        who = current_staff()
        return cls(who.role, staff.account(session, who.account_id).practitioner_id)

    def may_block(self, practitioner_id: UUID) -> bool:
        """Whether they may say that this clinician is not here."""
        return self.role is Role.FRONT_DESK or self.may_bend(practitioner_id)

    def may_bend(self, practitioner_id: UUID) -> bool:
        """Whether they may open this clinician's time, or give it against the rules."""
        return self.role is Role.OWNER or practitioner_id == self.own

    def refuse_blocking(self, practitioner_id: UUID) -> None:
        """Raises NotForYourRole."""
        if not self.may_block(practitioner_id):
            raise NotForYourRole(
                "Everyone blocks their own time; the front desk and the owner can block anyone's."
            )

    def refuse_bending(self, practitioner_id: UUID) -> None:
        """Raises NotForYourRole."""
        if not self.may_bend(practitioner_id):
            raise NotForYourRole(
                "Only the clinician and the owner can open time, or give one outside the rules."
            )


def owner_decides() -> None:
    """Raises NotForYourRole for everyone but the owner: what holds for all is theirs to say."""
    if current_staff().role is not Role.OWNER:
        raise NotForYourRole("Only the owner of the practice decides this.")


def hand(reason: str | None = None) -> Hand:
    """The hand of whoever is signed in, with the reason they gave."""
    return Hand.staff(current_staff().account_id, reason or None)


def whose(session: Session, practitioner_id: UUID | None) -> OpenSchedule:
    """The schedule that is asked for; None is one's own, or the first. Raises NotFound."""
    everyone = schedules.open_schedules(session)
    wanted = practitioner_id or Rights.mine(session).own
    for one in everyone:
        if wanted in (None, one.practitioner_id):
            return one
    if practitioner_id is None and everyone:
        return everyone[0]
    raise NotFound("Nobody who works here keeps such hours.")
