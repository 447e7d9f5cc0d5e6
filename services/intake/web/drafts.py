"""The cookie that opens a draft: 256 random bits, of which the database knows only the hash.

It ends with the browser's session, unless its owner chose to finish later: someone else may sit
down at the same screen tomorrow.
"""

from datetime import timedelta
from typing import Final

from flask import Response, request
from sqlalchemy.orm import Session

from services.intake.operations import responses
from services.intake.operations.forms import Form
from shared.web import settings

COOKIE: Final = "draft"


def cookie_name() -> str:
    """The cookie's name; over TLS one that a page without TLS can't set (RFC 6265bis, 4.1.3.1)."""
    return f"__Secure-{COOKIE}" if settings().secure else COOKIE


def current(session: Session, *, for_change: bool = False) -> Form | None:
    """The form that this browser has begun or sent, or None."""
    token = request.cookies.get(cookie_name())
    return responses.find(session, token=token, for_change=for_change) if token else None


def remember(response: Response, token: str, *, kept_for: timedelta | None = None) -> None:
    """Give the browser the token: for this session, or for so long."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=kept_for,
        path=request.script_root or "/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )


def forget(response: Response) -> None:
    """Take the token back."""
    response.delete_cookie(
        cookie_name(),
        path=request.script_root or "/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )
