"""What somebody does about their own sign-in, and what an owner does about another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NotWelcome, NotYours, StaffRefused, TooManyTries
from services.scheduler.domain.password import check_password
from services.scheduler.operations import (
    passkeys,
    passwords,
    second_factor,
    sign_in_events,
    staff,
    throttle,
)
from services.scheduler.operations.passkeys import Made, Site
from services.scheduler.settings import Settings
from services.scheduler.staff_models import StaffAccount, StaffSession


@dataclass(frozen=True, kw_only=True)
class Anew:
    """The session that takes the place of all before, and codes to be shown once, if any."""

    session: StaffSession
    codes: list[str]


# ---------------------------------------------------------------- sessions


def sessions(
    session: Session, *, account_id: UUID, seen_since: datetime, now: datetime
) -> Sequence[StaffSession]:
    """Those that are in use, the latest seen first: not ended, not over, not left alone."""
    return session.scalars(
        select(StaffSession)
        .where(
            StaffSession.account_id == account_id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now,
            StaffSession.seen_at > seen_since,
        )
        .order_by(StaffSession.seen_at.desc(), StaffSession.id)
    ).all()


def end_one(session: Session, *, account_id: UUID, session_id: UUID, now: datetime) -> None:
    """End one of one's own. Raises NotYours."""
    ended = session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id, StaffSession.account_id == account_id)
        .values(ended_at=now)
        .returning(StaffSession.id)
    )
    if ended.first() is None:
        raise NotYours
    sign_in_events.note(session, account_id, "session-ended")


def end_all(session: Session, *, account_id: UUID, now: datetime, but: UUID | None = None) -> int:
    """End every session of an account, except one; returns how many."""
    ended = session.execute(
        update(StaffSession)
        .where(
            StaffSession.account_id == account_id,
            StaffSession.ended_at.is_(None),
            StaffSession.id != but if but else StaffSession.id.is_not(None),
        )
        .values(ended_at=now)
        .returning(StaffSession.id)
    )
    return len(ended.all())


def begin_anew(session: Session, *, was: UUID, now: datetime) -> StaffSession:
    """A session with another id for the same browser; all before it are ended (ASVS 7.2.4)."""
    before = session.get_one(StaffSession, was)
    account = session.get_one(StaffAccount, before.account_id)
    end_all(session, account_id=account.id, now=now)
    begun = staff.begin_session(
        session, account=account, how=before.how, device=before.device, now=now
    )
    begun.second_factor = before.second_factor and second_factor.has_any(session, account.id)
    return begun


# ---------------------------------------------------------------- the second step, the password


def set_up_app(
    session: Session, *, was: UUID, account_id: UUID, secret: str, typed: str, now: datetime
) -> Anew:
    """Keep a new app; the session has a second factor from now on, and the others are ended.

    Raises WrongCode, OldCode.
    """
    codes = second_factor.set_up_app(
        session, account_id=account_id, secret=secret, typed=typed, now=now
    )
    begun = begin_anew(session, was=was, now=now)
    return Anew(session=second_factor.proved(begun, "code"), codes=codes)


def keep_passkey(
    session: Session,
    *,
    was: UUID,
    account_id: UUID,
    made: Made,
    site: Site,
    now: datetime,
) -> Anew:
    """Keep a new passkey; the session has a second factor from now on, and the others are ended.

    Raises WrongPasskey.
    """
    codes = passkeys.keep(session, account_id=account_id, made=made, site=site, now=now)
    begun = begin_anew(session, was=was, now=now)
    return Anew(session=second_factor.proved(begun, "password-passkey"), codes=codes)


def remove_passkey(
    session: Session, *, was: UUID, account_id: UUID, credential_id: str, now: datetime
) -> StaffSession:
    """Take one back; the other sessions are ended. Raises NotYours."""
    passkeys.remove(session, account_id=account_id, credential_id=credential_id)
    return begin_anew(session, was=was, now=now)


def remove_app(session: Session, *, was: UUID, account_id: UUID, now: datetime) -> StaffSession:
    """Take the app back; the other sessions are ended."""
    second_factor.remove_app(session, account_id=account_id)
    return begin_anew(session, was=was, now=now)


def change_password(
    session: Session,
    *,
    was: UUID,
    account_id: UUID,
    current: str,
    password: str,
    settings: Settings,
    now: datetime,
) -> StaffSession | StaffRefused:
    """Another password; the other sessions are ended. Raises WeakPassword.

    A wrong present one is returned as NotWelcome and counted with wrong second steps.
    """
    account = session.get_one(StaffAccount, account_id)
    check_password(password, names=(account.name, settings.practice.name))
    tries = throttle.code_tries(session, account_id)
    try:
        throttle.refuse_blocked(session, [tries], now=now)
    except TooManyTries as refusal:
        return refusal
    if not passwords.fits(account.password_hash, current):
        throttle.count_failure(session, [tries], now=now)
        return NotWelcome("That is not the password that you have now.")
    account.password_hash = passwords.hashed(password)
    sign_in_events.note(session, account_id, "password-changed")
    return begin_anew(session, was=was, now=now)


def reset_another(
    session: Session, *, account_id: UUID, by: UUID | None, reason: str, now: datetime
) -> StaffAccount:
    """Forget every second step of an account and end its sessions; `by` None: at the server.

    They sign in by their password once more, and set up a new one. Raises NotYours.
    """
    account = session.get(StaffAccount, account_id)
    if account is None or account.closed_at is not None:
        raise NotYours
    second_factor.forget_all(session, account_id=account_id)
    end_all(session, account_id=account_id, now=now)
    if by is None:
        sign_in_events.note_by_server(session, account_id, "second-step-reset", reason=reason)
    else:
        sign_in_events.note(session, account_id, "second-step-reset", actor=by, reason=reason)
    return account


def reset_at_server(
    session: Session, *, address: str, reason: str, settings: Settings, now: datetime
) -> str | None:
    """The same at the command line, by e-mail address; a sign-in link, or None for nobody."""
    account = staff.by_address(session, address)
    if account is None:
        return None
    reset_another(session, account_id=account.id, by=None, reason=reason, now=now)
    return staff.sign_in_address(session, account, settings, now)
