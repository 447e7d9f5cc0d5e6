"""The second step: codes of an app, recovery codes, and taking either back.

`check` returns a refusal and does not raise it, so that its count is kept (as `staff.sign_in`).
"""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Literal
from uuid import UUID

import pyotp
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.code_app import (
    RECOVERY_CODES,
    bare,
    is_code,
    new_recovery_code,
    plain_recovery_code,
    step_of,
)
from services.scheduler.domain.errors import OldCode, TooManyTries, WrongCode
from services.scheduler.operations import sign_in_events, throttle
from services.scheduler.staff_models import (
    StaffPasskey,
    StaffRecoveryCode,
    StaffSession,
    StaffTotp,
)
from shared.crypto import PRACTICE_SUBJECT, blind_index, seal, unseal

Proof = Literal["code", "recovery"]


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What an account has beside its password."""

    app_since: datetime | None
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether a second step is asked for at sign-in."""
        return self.app_since is not None or self.passkeys > 0


def factors(session: Session, account_id: UUID) -> Factors:
    """What stands for this account now."""
    return Factors(
        app_since=session.scalar(
            select(StaffTotp.created_at).where(StaffTotp.account_id == account_id)
        ),
        passkeys=session.scalar(select(func.count()).where(StaffPasskey.account_id == account_id))
        or 0,
        recovery_codes=session.scalar(
            select(func.count()).where(
                StaffRecoveryCode.account_id == account_id, StaffRecoveryCode.used_at.is_(None)
            )
        )
        or 0,
    )


# ---------------------------------------------------------------- setting up


def new_secret() -> str:
    """A secret for a new app: 160 bits, as RFC 4226 (4, R6) wants."""
    return pyotp.random_base32()


def address(secret: str, *, name: str, practice: str) -> str:
    """What the app reads from the square: otpauth://totp/..."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=practice)


def set_up_app(
    session: Session, *, account_id: UUID, secret: str, typed: str, now: datetime
) -> list[str]:
    """Keep the secret once a first code of it was shown. Returns new recovery codes, if none stand.

    It takes the place of an app before. Raises WrongCode, OldCode.
    """
    step = step_of(now)
    _refuse(secret, bare(typed), step)
    session.execute(delete(StaffTotp).where(StaffTotp.account_id == account_id))
    session.add(
        StaffTotp(
            account_id=account_id,
            secret_sealed=seal(
                session, subject_id=PRACTICE_SUBJECT, place=_place(account_id), value=secret
            ),
            last_step=step,
        )
    )
    sign_in_events.note(session, account_id, "app-set-up")
    if factors(session, account_id).recovery_codes:
        return []
    return new_recovery_codes(session, account_id=account_id)


def new_recovery_codes(session: Session, *, account_id: UUID) -> list[str]:
    """Ten codes, each of use once. Those before are of no use any more. Shown once, kept hashed."""
    session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.account_id == account_id))
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        StaffRecoveryCode(code_index=_index(session, code), account_id=account_id) for code in codes
    )
    sign_in_events.note(session, account_id, "recovery-codes-made")
    return codes


def _place(account_id: UUID) -> str:
    return f"staff_totp.secret_sealed:{account_id}"


def _index(session: Session, code: str) -> bytes:
    return blind_index(session, "staff.recovery", plain_recovery_code(code))


# ---------------------------------------------------------------- proving it


def check(
    session: Session, *, account_id: UUID, typed: str, now: datetime
) -> Proof | WrongCode | TooManyTries:
    """Which proof it is, used up; or why not. Five wrong ones, and the next has to wait."""
    tries = throttle.code_tries(session, account_id)
    try:
        throttle.refuse_blocked(session, [tries], now=now)
        proof = _prove(session, account_id, typed, now)
    except TooManyTries as refusal:
        return refusal
    except WrongCode as refusal:
        throttle.count_failure(session, [tries], now=now)
        return refusal
    throttle.forgive(session, tries)
    return proof


def _prove(session: Session, account_id: UUID, typed: str, now: datetime) -> Proof:
    if is_code(typed):
        _use_code(session, account_id, bare(typed), step_of(now))
        return "code"
    used = session.execute(
        update(StaffRecoveryCode)
        .where(
            StaffRecoveryCode.code_index == _index(session, typed),
            StaffRecoveryCode.account_id == account_id,
            StaffRecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(StaffRecoveryCode.code_index)
    )
    if used.first() is None:
        raise WrongCode
    sign_in_events.note(session, account_id, "recovery-code-used")
    return "recovery"


def _use_code(session: Session, account_id: UUID, code: str, step: int) -> None:
    """Of two who send one code at once, one gets in: the row is locked while it is looked at."""
    kept = session.get(StaffTotp, account_id, with_for_update=True)
    if kept is None:
        raise WrongCode
    secret: str = unseal(
        session,
        subject_id=PRACTICE_SUBJECT,
        place=_place(account_id),
        sealed=kept.secret_sealed,
    )
    _refuse(secret, code, step)
    if step <= kept.last_step:
        raise OldCode
    kept.last_step = step
    session.flush()


def _refuse(secret: str, code: str, step: int) -> None:
    """Raises OldCode for the codes of the steps beside this one, WrongCode for any other."""
    app = pyotp.TOTP(secret)
    if compare_digest(app.generate_otp(step).encode(), code.encode()):
        return
    beside = (app.generate_otp(step - 1), app.generate_otp(step + 1))
    raise OldCode if code in beside else WrongCode


# ---------------------------------------------------------------- taking it back


def remove_app(session: Session, *, account_id: UUID) -> None:
    """The app's codes are of no use any more; nothing happens when there is none."""
    session.execute(delete(StaffTotp).where(StaffTotp.account_id == account_id))
    sign_in_events.note(session, account_id, "app-removed")
    no_codes_alone(session, account_id)


def no_codes_alone(session: Session, account_id: UUID) -> None:
    """Recovery codes stand in for something; without it they are no factor of their own."""
    if not factors(session, account_id).any:
        session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.account_id == account_id))


def forget_all(session: Session, *, account_id: UUID) -> None:
    """App, passkeys and recovery codes are of no use any more: somebody has lost them all."""
    for rows in (StaffTotp, StaffPasskey, StaffRecoveryCode):
        session.execute(delete(rows).where(rows.account_id == account_id))
    session.flush()


def has_any(session: Session, account_id: UUID) -> bool:
    """Whether a second step is asked for."""
    return bool(
        session.scalar(
            select(
                exists().where(StaffTotp.account_id == account_id)
                | exists().where(StaffPasskey.account_id == account_id)
            )
        )
    )


def proved(begun: StaffSession, proof: str) -> StaffSession:
    """The same session, in which more than a password was shown."""
    begun.second_factor = True
    begun.how = proof
    return begun
