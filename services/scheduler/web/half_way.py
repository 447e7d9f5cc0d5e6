"""Between the first and the second step: a signed cookie of five minutes names who is half in.

No session stands yet, and nothing is open: all that the cookie allows is to show a second thing.
"""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from services.scheduler.operations.staff import HalfWay
from services.scheduler.web.doors import own_settings
from shared.web.csrf import cookie_name

LIFE: Final = timedelta(minutes=5)
_COOKIE: Final = "halfway"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        own_settings().secret_key,
        salt="softstart.half-way",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def remember(response: Response, half: HalfWay, next_page: str | None) -> None:
    """Write who is half in, and where they were going, into the browser."""
    kept = {"a": str(half.account_id), "h": half.how, "n": next_page}
    response.set_cookie(
        cookie_name(_COOKIE),
        str(_serializer().dumps(kept)),
        max_age=LIFE,
        httponly=True,
        samesite="Lax",
        secure=own_settings().secure,
        path="/",
    )


def who() -> tuple[HalfWay, str | None] | None:
    """Who is half in, and where they were going; None for nobody, or after five minutes."""
    cookie = request.cookies.get(cookie_name(_COOKIE), "")
    try:
        kept = _serializer().loads(cookie, max_age=int(LIFE.total_seconds()))
        return HalfWay(account_id=UUID(kept["a"]), how=str(kept["h"])), kept["n"]
    except (BadSignature, KeyError, TypeError, ValueError):
        return None


def forget(response: Response) -> None:
    """They are in, or begin again."""
    response.delete_cookie(
        cookie_name(_COOKIE),
        path="/",
        secure=own_settings().secure,
        httponly=True,
        samesite="Lax",
    )
