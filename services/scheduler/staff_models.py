"""Rows of those who work here: accounts, what proves who they are, sessions, failed tries."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    LargeBinary,
    Text,
    func,
)
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
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    """Who they are at the practice's own identity provider, once they have come by it."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]


class StaffSession(Base):
    """A signed-in browser. The cookie only names it; closing the row signs it out everywhere.

    `device` is the browser in plain words, `how` by what they proved themselves, `second_factor`
    whether that was more than a password or a link: only then is anything sealed shown.
    """

    __tablename__ = "staff_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(server_default="")
    how: Mapped[str] = mapped_column(server_default="password")
    second_factor: Mapped[bool] = mapped_column(server_default="false", default=False)

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


class StaffTotp(Base):
    """The secret that a code app shares with us, sealed, and the last step a code was taken of."""

    __tablename__ = "staff_totp"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), primary_key=True)
    secret_sealed: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StaffRecoveryCode(Base):
    """A code for the day on which the phone is lost, under a keyed hash. It works once."""

    __tablename__ = "staff_recovery_code"

    code_index: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]


class StaffPasskey(Base):
    """The public half of a key that a device keeps (WebAuthn level 2); `name` is its owner's."""

    __tablename__ = "staff_passkey"

    credential_id: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]


class StaffSpent(Base):
    """A challenge that was answered, or a state that came back: neither is taken twice."""

    __tablename__ = "staff_spent"

    value_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class SignInEvent(Base):
    """What happened to somebody's sign-in, and by whom. Triggers refuse any change.

    `actor` is an account's id, or `server` for whoever runs the program; `reason` is theirs.
    """

    __tablename__ = "sign_in_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    actor: Mapped[str]
    what: Mapped[str]
    reason: Mapped[str | None]
