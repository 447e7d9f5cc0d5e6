"""Rows of those who work here: accounts, sessions, links that work once, and failed tries."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.scheduler.models import Base
from shared.vocabulary import Role

_ROLES = ", ".join(f"'{role}'" for role in Role)


class StaffAccount(Base):
    """Someone who signs in. The address is sealed; `email_index` finds it by equality."""

    __tablename__ = "staff_account"
    __table_args__ = (CheckConstraint(f"role IN ({_ROLES})", name="role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"), unique=True)
    name: Mapped[str]
    role: Mapped[str]
    email_sealed: Mapped[bytes]
    email_index: Mapped[bytes] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]


class StaffSession(Base):
    """A signed-in browser. The cookie only names it; closing the row signs it out everywhere."""

    __tablename__ = "staff_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    account: Mapped[StaffAccount] = relationship(lazy="raise")


class StaffLink(Base):
    """A link that works once: to make the first account, to choose a password, or to sign in."""

    __tablename__ = "staff_link"
    __table_args__ = (
        CheckConstraint("purpose IN ('first-run', 'welcome', 'sign-in')", name="purpose"),
        CheckConstraint("(purpose = 'first-run') = (account_id IS NULL)", name="account"),
    )

    token_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Failed tries under a keyed hash of who tried or from where, shared by all processes."""

    __tablename__ = "throttle"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
