"""Who works here, for the other services: names and roles, and how to write to one of them."""

from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from services.scheduler.staff_models import StaffAccount
from shared.crypto import PRACTICE_SUBJECT, unseal
from shared.vocabulary import Role


def everyone(session: Session) -> list[StaffAccount]:
    """Open accounts, the owner first, then in the order in which they came."""
    return list(
        session.scalars(
            select(StaffAccount)
            .where(StaffAccount.closed_at.is_(None))
            .order_by(
                case((StaffAccount.role == Role.OWNER, 0), else_=1),
                StaffAccount.created_at,
                StaffAccount.id,
            )
        )
    )


def address(session: Session, account_id: UUID) -> tuple[str, str] | None:
    """(address, name) of someone who works here, or None when there is no such open account."""
    account = session.get(StaffAccount, account_id)
    if account is None or account.closed_at is not None:
        return None
    email: str = unseal(
        session,
        subject_id=PRACTICE_SUBJECT,
        place=address_place(account.id),
        sealed=account.email_sealed,
    )
    return email, account.name


def address_place(account_id: UUID) -> str:
    """Where an account's address is sealed."""
    return f"staff_account.email_sealed:{account_id}"
