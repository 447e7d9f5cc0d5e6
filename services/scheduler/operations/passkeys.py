"""Passkeys (WebAuthn level 2): kept after a first proof, asked for as the second step or alone.

Alone, the device has to make sure itself who holds it (user verification); after a password, that
it is there is enough. A challenge is answered once: what was answered is kept until it is too old.
"""

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Self
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.scheduler.domain.errors import NotYours, WrongPasskey
from services.scheduler.operations import second_factor, sign_in_events
from services.scheduler.staff_models import StaffAccount, StaffPasskey, StaffSpent

CHALLENGE_LIFE: Final = timedelta(minutes=5)
MOST: Final = 20

# What a browser sends is read by a library that also lets these through for some nonsense.
_UNREADABLE: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class Site:
    """For whom a passkey is made: the name in the address bar, and none that only looks like it."""

    host: str
    origin: str
    name: str

    @classmethod
    def of(cls, public_url: str, *, name: str) -> Self | None:
        """None where browsers make none: at a bare number, or without TLS but for localhost."""
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        if _is_number(host) or (parts.scheme != "https" and host != "localhost"):
            return None
        return cls(host=host, origin=f"{parts.scheme}://{parts.netloc}", name=name)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a browser made: its answer as JSON, to which challenge, and the name it is given."""

    credential: str
    challenge: bytes
    name: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a browser proved: its answer as JSON, to which challenge, and of which site."""

    credential: str
    challenge: bytes
    site: Site


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def kept(session: Session, account_id: UUID) -> list[StaffPasskey]:
    """An account's passkeys, in the order in which they came."""
    return list(
        session.scalars(
            select(StaffPasskey)
            .where(StaffPasskey.account_id == account_id)
            .order_by(StaffPasskey.created_at, StaffPasskey.credential_id)
        )
    )


def _described(rows: list[StaffPasskey]) -> list[PublicKeyCredentialDescriptor]:
    known = {one.value for one in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=row.credential_id,
            transports=[AuthenticatorTransport(one) for one in row.transports if one in known],
        )
        for row in rows
    ]


# ---------------------------------------------------------------- a new one


def to_make(session: Session, *, account: StaffAccount, site: Site, challenge: bytes) -> str:
    """What the browser is told to make, as JSON."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=account.id.bytes,
        user_name=account.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(kept(session, account.id)),
    )
    return str(options_to_json(options))


def keep(
    session: Session,
    *,
    account_id: UUID,
    made: Made,
    site: Site,
    now: datetime,
) -> list[str]:
    """Keep what the browser made. New recovery codes, if none stand. Raises WrongPasskey."""
    _spend(session, made.challenge, now)
    if len(kept(session, account_id)) >= MOST:
        raise WrongPasskey("You have twenty passkeys. Remove one first.")
    try:
        proved = verify_registration_response(
            credential=made.credential,
            expected_challenge=made.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
        transports = _transports(made.credential)
    except _UNREADABLE as error:
        raise WrongPasskey from error
    if session.get(StaffPasskey, proved.credential_id) is not None:
        raise WrongPasskey("This passkey is known here already.")
    session.add(
        StaffPasskey(
            credential_id=proved.credential_id,
            account_id=account_id,
            public_key=proved.credential_public_key,
            sign_count=proved.sign_count,
            transports=transports,
            name=made.name,
        )
    )
    sign_in_events.note(session, account_id, "passkey-added")
    if second_factor.factors(session, account_id).recovery_codes:
        return []
    return second_factor.new_recovery_codes(session, account_id=account_id)


def _transports(credential: str) -> list[str]:
    said: Any = json.loads(credential)["response"].get("transports") or []
    known = {one.value for one in AuthenticatorTransport}
    return [one for one in said if one in known]


def remove(session: Session, *, account_id: UUID, credential_id: str) -> None:
    """It opens nothing any more. Raises NotYours."""
    try:
        number = base64url_to_bytes(credential_id)
    except ValueError as error:
        raise NotYours from error
    removed = session.execute(
        delete(StaffPasskey)
        .where(StaffPasskey.credential_id == number, StaffPasskey.account_id == account_id)
        .returning(StaffPasskey.credential_id)
    )
    if removed.first() is None:
        raise NotYours
    sign_in_events.note(session, account_id, "passkey-removed")
    second_factor.no_codes_alone(session, account_id)


# ---------------------------------------------------------------- proving it


def to_ask(session: Session, *, account_id: UUID | None, site: Site, challenge: bytes) -> str:
    """What the browser is asked for, as JSON. Without an account, any passkey of this site."""
    alone = account_id is None
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=[] if account_id is None else _described(kept(session, account_id)),
        user_verification=UserVerificationRequirement.REQUIRED
        if alone
        else UserVerificationRequirement.PREFERRED,
    )
    return str(options_to_json(options))


def prove(
    session: Session,
    *,
    account_id: UUID | None,
    answer: Answer,
    now: datetime,
) -> StaffAccount:
    """Whose passkey it is, proved now and not before. Raises WrongPasskey.

    With `account_id`, it has to be theirs; without, the device has to have made sure who they are.
    """
    try:
        sent = parse_authentication_credential_json(answer.credential)
    except _UNREADABLE as error:
        raise WrongPasskey from error
    row = session.get(StaffPasskey, sent.raw_id, with_for_update=True)
    if row is None or account_id not in (None, row.account_id):
        raise WrongPasskey
    _spend(session, answer.challenge, now)
    try:
        proved = verify_authentication_response(
            credential=sent,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.site.host,
            expected_origin=answer.site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=account_id is None,
        )
    except _UNREADABLE as error:
        raise WrongPasskey from error
    account = session.get_one(StaffAccount, row.account_id)
    named = sent.response.user_handle in (None, b"", account.id.bytes)
    if account.closed_at is not None or not named:
        raise WrongPasskey
    row.sign_count, row.used_at = proved.new_sign_count, now
    session.flush()
    return account


def _spend(session: Session, challenge: bytes, now: datetime) -> None:
    """A challenge is answered once; of two who send one answer at once, one is heard."""
    spend(session, challenge, until=now + CHALLENGE_LIFE, now=now)


def spend(session: Session, value: bytes, *, until: datetime, now: datetime) -> None:
    """Keep that this was used, for as long as it could be. Raises WrongPasskey if it was."""
    session.execute(delete(StaffSpent).where(StaffSpent.expires_at <= now))
    first = session.execute(
        insert(StaffSpent)
        .values(value_sha256=sha256(value).digest(), expires_at=until)
        .on_conflict_do_nothing()
        .returning(StaffSpent.value_sha256)
    )
    if first.first() is None:
        raise WrongPasskey
