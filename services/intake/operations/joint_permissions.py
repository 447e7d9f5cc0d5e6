"""The release by which two people may meet, and the word to the scheduler that it is over."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.couple_models import Couple, JointPermission, JointRelease
from shared.contracts.intake import JointPermissionEnded
from shared.messaging.outbox import publish


def standing(session: Session, couple: Couple) -> JointRelease | None:
    """The release that was not withdrawn."""
    return session.scalar(
        select(JointRelease).where(
            JointRelease.couple_id == couple.id, JointRelease.withdrawn_at.is_(None)
        )
    )


def say_ended(session: Session, release: JointRelease) -> None:
    """A time that the two have ahead of them is given back, whatever has ended the release."""
    permissions = session.scalars(
        select(JointPermission.id)
        .where(JointPermission.release_id == release.id)
        .order_by(JointPermission.id)
    ).all()
    publish(
        session,
        JointPermissionEnded(couple_id=release.couple_id, permission_ids=tuple(permissions)),
    )
