"""What a browser is asked for a passkey: options in the page, the challenge signed in the form.

Nothing is kept when a page is shown: the challenge travels with the form, signed for five minutes,
and is spent when it is answered.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from services.scheduler.operations import passkeys
from services.scheduler.operations.passkeys import CHALLENGE_LIFE, Site
from services.scheduler.staff_models import StaffAccount
from services.scheduler.web.doors import own_settings

LONGEST: Final = 20_000


@dataclass(frozen=True)
class Asked:
    """What stands in the form: the options for the browser, and the signed challenge."""

    options: str
    challenge: str


def site() -> Site | None:
    """Our name, as the browser has to see it; None where no browser makes a passkey."""
    settings = own_settings()
    return Site.of(settings.public_url, name=settings.practice.neutral_sender)


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        own_settings().secret_key,
        salt=f"softstart.passkey:{purpose}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def _asked(purpose: str, options: Callable[[Site, bytes], str]) -> Asked | None:
    here = site()
    if here is None:
        return None
    challenge = secrets.token_bytes(32)
    return Asked(
        options(here, challenge), str(_signer(purpose).dumps(bytes_to_base64url(challenge)))
    )


def to_make(session: Session, account: StaffAccount) -> Asked | None:
    """A new passkey of this account."""
    return _asked(
        f"make:{account.id}",
        lambda here, challenge: passkeys.to_make(
            session, account=account, site=here, challenge=challenge
        ),
    )


def to_ask(session: Session, account_id: UUID | None) -> Asked | None:
    """A passkey of this account; without one, any."""
    return _asked(
        f"ask:{account_id}",
        lambda here, challenge: passkeys.to_ask(
            session, account_id=account_id, site=here, challenge=challenge
        ),
    )


def answered(purpose: str) -> tuple[str, bytes] | None:
    """The browser's answer and the challenge that it is to; None if we did not ask just now."""
    credential = request.form.get("credential", "")
    if not 0 < len(credential) <= LONGEST:
        return None
    try:
        text = _signer(purpose).loads(
            request.form.get("challenge", ""), max_age=int(CHALLENGE_LIFE.total_seconds())
        )
        return credential, base64url_to_bytes(text)
    except (BadSignature, ValueError):
        return None
