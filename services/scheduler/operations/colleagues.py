"""Invitations of people who are to work here: a new link, or none any more."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import HasTimes, NotYours
from services.scheduler.models import Appointment, Practitioner, Schedule
from services.scheduler.operations import sign_in_events, staff
from services.scheduler.staff_models import StaffAccount, StaffLink
from shared.vocabulary import LIVE_STATUSES


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody's account; `invited_until` while their link has not been used and still works."""

    account: StaffAccount
    invited_until: datetime | None

    @property
    def came(self) -> bool:
        """Whether they have chosen a password, or come by the practice's sign-in service."""
        return self.account.password_hash is not None or self.account.oidc_subject is not None


def find(session: Session, account_id: UUID, *, now: datetime) -> Colleague:
    """Raises NotYours for nobody, or somebody who works here no more."""
    account = session.get(StaffAccount, account_id)
    if account is None or account.closed_at is not None:
        raise NotYours
    until = session.scalar(
        select(func.max(StaffLink.expires_at)).where(
            StaffLink.account_id == account_id,
            StaffLink.purpose == "welcome",
            StaffLink.used_at.is_(None),
            StaffLink.expires_at > now,
        )
    )
    return Colleague(account=account, invited_until=until)


def _invited(session: Session, account_id: UUID, now: datetime) -> StaffAccount:
    session.get(StaffAccount, account_id, with_for_update=True)
    found = find(session, account_id, now=now)
    if found.came:
        raise NotYours
    return found.account


def invite_again(session: Session, *, account_id: UUID, by: UUID, now: datetime) -> str:
    """The token of a new link; the one before works no more. Raises NotYours once they came."""
    _invited(session, account_id, now)
    _end_links(session, account_id, now)
    sign_in_events.note(session, account_id, "invitation-renewed", actor=by)
    return staff.new_link(session, purpose="welcome", account_id=account_id, now=now)


def take_back(session: Session, *, account_id: UUID, by: UUID, now: datetime) -> None:
    """Nobody comes by that link any more, and nobody can book with them.

    Their address can be invited anew. Raises NotYours once they came, HasTimes while clients have
    times with them.
    """
    account = _invited(session, account_id, now)
    if account.practitioner_id is not None:
        _leaves(session, account.practitioner_id, now)
    _end_links(session, account_id, now)
    account.closed_at = now
    account.email_index = sha256(b"closed:" + account.id.bytes).digest()
    sign_in_events.note(session, account_id, "invitation-withdrawn", actor=by)


def _end_links(session: Session, account_id: UUID, now: datetime) -> None:
    session.execute(
        update(StaffLink)
        .where(StaffLink.account_id == account_id, StaffLink.used_at.is_(None))
        .values(used_at=now)
    )


def _leaves(session: Session, practitioner_id: UUID, now: datetime) -> None:
    taken = session.scalar(
        select(
            exists().where(
                Appointment.schedule_id == Schedule.id,
                Schedule.practitioner_id == practitioner_id,
                Appointment.status.in_(LIVE_STATUSES),
                func.upper(Appointment.during) > now,
            )
        )
    )
    if taken:
        raise HasTimes
    session.get_one(Practitioner, practitioner_id).left_at = now
