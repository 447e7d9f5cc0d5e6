"""The staff session: a signed cookie that slides for 15 minutes and ends after 12 hours.

The cookie says whose session it is; whether that is still true, the scheduler is asked once a
minute, so that a session ended there ends everywhere (ASVS 7.3.1, 7.3.2, 7.4.1).
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from flask import Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from shared.vocabulary import Role
from shared.web.context import settings
from shared.web.csrf import cookie_name
from shared.web.identity import StaffIdentity

IDLE: Final = timedelta(minutes=15)
ABSOLUTE: Final = timedelta(hours=12)
CONFIRM_EVERY: Final = timedelta(seconds=60)
FRESH: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    """What the cookie holds."""

    identity: StaffIdentity
    started_at: datetime
    seen_at: datetime
    confirmed_at: datetime

    def over(self, now: datetime) -> bool:
        """Whether it was left alone too long, or has lasted long enough."""
        return now - self.seen_at > IDLE or now - self.started_at > ABSOLUTE

    def fresh(self, now: datetime) -> bool:
        """Whether they proved themselves in the last ten minutes (ASVS 7.5.1)."""
        return now - self.started_at <= FRESH

    def unconfirmed(self, now: datetime) -> bool:
        """Whether it is time to ask the scheduler again."""
        return now - self.confirmed_at >= CONFIRM_EVERY

    def seen(self, now: datetime) -> Self:
        """The same session, used just now."""
        return replace(self, seen_at=now)

    def confirmed(self, identity: StaffIdentity, now: datetime) -> Self:
        """The same session, as the scheduler knows it now: a name or role may have changed."""
        return replace(self, identity=identity, confirmed_at=now)

    def to_json(self) -> dict[str, Any]:
        """Short keys: the cookie travels with every request."""
        who = self.identity
        return {
            "s": str(who.session_id),
            "a": str(who.account_id),
            "n": who.name,
            "r": who.role.value,
            "f": who.second_factor,
            "b": self.started_at.timestamp(),
            "i": self.seen_at.timestamp(),
            "c": self.confirmed_at.timestamp(),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The inverse of `to_json`. Raises KeyError, ValueError for anything else."""
        identity = StaffIdentity(
            session_id=UUID(kept["s"]),
            account_id=UUID(kept["a"]),
            name=kept["n"],
            role=Role(kept["r"]),
            second_factor=kept.get("f") is True,
        )
        return cls(
            identity=identity,
            started_at=datetime.fromtimestamp(kept["b"], UTC),
            seen_at=datetime.fromtimestamp(kept["i"], UTC),
            confirmed_at=datetime.fromtimestamp(kept["c"], UTC),
        )


def _serializer() -> URLSafeSerializer:
    # The key that all services share: the scheduler signs, the others verify.
    return URLSafeSerializer(
        settings().service_key,
        salt="softstart.staff-session",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def session_of_request() -> StaffSession | None:
    """The session in this request's cookie, over or not; None if there is none that we signed."""
    cookie = request.cookies.get(cookie_name("staff"))
    if not cookie:
        return None
    try:
        return StaffSession.from_json(_serializer().loads(cookie))
    except (BadSignature, KeyError, TypeError, ValueError):
        return None


def set_session(response: Response, session: StaffSession) -> None:
    """Write the session into the browser."""
    response.set_cookie(
        cookie_name("staff"),
        str(_serializer().dumps(session.to_json())),
        httponly=True,
        samesite="Lax",
        secure=settings().secure,
        path="/",
    )


def writes_session(response: Response) -> bool:
    """Whether the view itself has begun or ended a session with this answer."""
    written = response.headers.getlist("Set-Cookie")
    return any(cookie.startswith(cookie_name("staff") + "=") for cookie in written)


def issue_staff_session(response: Response, identity: StaffIdentity, now: datetime) -> None:
    """Begin a session in this browser: after sign-in, with a fresh session id (ASVS 7.2.4)."""
    set_session(
        response, StaffSession(identity=identity, started_at=now, seen_at=now, confirmed_at=now)
    )


def clear_staff_session(response: Response) -> None:
    """End the session in this browser; ending it in the scheduler's table is the caller's."""
    response.delete_cookie(
        cookie_name("staff"), path="/", secure=settings().secure, httponly=True, samesite="Lax"
    )
