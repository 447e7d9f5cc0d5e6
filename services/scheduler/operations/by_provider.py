"""Signing in by the practice's own sign-in service: it says who somebody is, we say who works here.

No account is made by it, so it makes no owner either: whoever it names has to be invited here by
the address that it has verified, or to have come by it before.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NotInvited
from services.scheduler.operations import second_factor, sign_in_events, staff
from services.scheduler.operations.staff import HalfWay
from services.scheduler.staff_models import StaffAccount, StaffLink, StaffSession


def sign_in(
    session: Session,
    *,
    subject: str,
    email: str | None,
    proved: bool,
    device: str,
    now: datetime,
) -> StaffSession | HalfWay:
    """A session, or half of the way to one. Raises NotInvited.

    `email` is one that the provider has verified; `proved`: it has asked for a second step itself,
    and the practice has said that this is enough.
    """
    account = _account(session, subject) or _invited(session, subject, email, now)
    if not proved:
        return staff.arrive(session, account=account, how="oidc", device=device, now=now)
    begun = staff.begin_session(session, account=account, how="oidc", device=device, now=now)
    return second_factor.proved(begun, "oidc")


def _account(session: Session, subject: str) -> StaffAccount | None:
    found = session.scalar(select(StaffAccount).where(StaffAccount.oidc_subject == subject))
    if found is not None and found.closed_at is not None:
        raise NotInvited
    return found


def _invited(session: Session, subject: str, email: str | None, now: datetime) -> StaffAccount:
    """The account with that address comes by this subject from now on, and by no other."""
    account = staff.by_address(session, email) if email else None
    if account is None:
        raise NotInvited
    session.refresh(account, with_for_update=True)
    if account.oidc_subject is not None or account.closed_at is not None:
        raise NotInvited
    account.oidc_subject = subject
    session.execute(
        update(StaffLink)
        .where(StaffLink.account_id == account.id, StaffLink.used_at.is_(None))
        .values(used_at=now)
    )
    sign_in_events.note(session, account.id, "oidc-linked")
    return account
