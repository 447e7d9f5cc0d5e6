"""Sessions, and what happened to a sign-in, in plain words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url

from services.scheduler.operations.sign_in_events import SERVER
from services.scheduler.staff_models import (
    SignInEvent,
    StaffAccount,
    StaffPasskey,
    StaffSession,
)
from services.scheduler.web import words
from services.scheduler.web.doors import own_settings
from shared.zones import zone

HOW: Final = {
    "password": "with a password",
    "link": "with a link",
    "code": "with a password and a code",
    "recovery": "with a password and a recovery code",
    "passkey": "with a passkey",
    "password-passkey": "with a password and a passkey",
    "oidc": "by your sign-in service",
}

_WHAT: Final = {
    "app-set-up": "Code app set up",
    "app-removed": "Code app removed",
    "passkey-added": "Passkey added",
    "passkey-removed": "Passkey removed",
    "recovery-codes-made": "New recovery codes made",
    "recovery-code-used": "Recovery code used",
    "password-changed": "Password changed",
    "session-ended": "Another browser signed out",
    "others-ended": "All other browsers signed out",
    "second-step-reset": "Second step reset",
    "invitation-renewed": "New invitation link made",
    "invitation-withdrawn": "Invitation taken back",
    "oidc-linked": "Sign-in service connected",
}

NOW: Final = timedelta(minutes=2)


def at(moment: datetime, now: datetime) -> str:
    """By the practice's clock: "Wednesday, March 10, 10:30 am"; of today, the time alone."""
    here = zone(own_settings().practice.timezone)
    local = moment.astimezone(here)
    clock = words.clock(local)
    return (
        clock
        if local.date() == now.astimezone(here).date()
        else f"{words.day(local.date())}, {clock}"
    )


def session(one: StaffSession, *, now: datetime, here: bool) -> dict[str, Any]:
    """One browser: which, since when, by what, and when it was last used."""
    return {
        "id": one.id,
        "here": here,
        "device": one.device or "A browser",
        "how": HOW.get(one.how, ""),
        "since": at(one.created_at, now),
        "seen": "just now" if here or now - one.seen_at < NOW else at(one.seen_at, now),
    }


def passkey(one: StaffPasskey, *, now: datetime) -> dict[str, Any]:
    """One passkey: its name, since when, and when it was last of use."""
    return {
        "id": bytes_to_base64url(one.credential_id),
        "name": one.name,
        "since": at(one.created_at, now),
        "used": at(one.used_at, now) if one.used_at else None,
    }


def events(
    session: Session, found: Iterable[SignInEvent], *, now: datetime
) -> list[dict[str, Any]]:
    """What happened, when, and by whom if it was somebody else."""
    return [
        {
            "at": at(one.at, now),
            "what": _what(one.what),
            "by": _by(session, one),
            "reason": one.reason,
        }
        for one in found
    ]


def _what(what: str) -> str:
    kind, _, how = what.partition(":")
    return f"Signed in {HOW.get(how, '')}".rstrip() if kind == "signed-in" else _WHAT[kind]


def _by(session: Session, one: SignInEvent) -> str | None:
    if one.actor == str(one.account_id):
        return None
    if one.actor == SERVER:
        return "on the server"
    actor = session.get(StaffAccount, UUID(one.actor))
    return f"by {actor.name}" if actor else None
