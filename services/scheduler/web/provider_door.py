"""The way in by the practice's own sign-in service: there, and back with its word.

Both ways are links, as the protocol has them. The way there writes nothing but a cookie; the way
back is taken only in the browser that went there, with the state that it was sent with, and once.
"""

import hashlib
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import structlog
from flask import Blueprint, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from services.scheduler.domain.errors import NotInvited, WrongPasskey
from services.scheduler.operations import by_provider, passkeys
from services.scheduler.providers.openid import Asking, Known, OpenIdProvider, ProviderFailed
from services.scheduler.web.doors import own_settings
from services.scheduler.web.staff_door import arrived, device
from shared.clock import utcnow
from shared.web import database, kept
from shared.web.audiences import guard_staff
from shared.web.csrf import cookie_name
from shared.web.problems import NotFound

log = structlog.get_logger(__name__)

pages = Blueprint("provider", __name__, url_prefix="/staff/sign-in/provider")
guard_staff(pages, doors={"go", "back"}, sealed=False)

LIFE: Final = timedelta(minutes=10)
_COOKIE: Final = "provider"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        own_settings().secret_key,
        salt="softstart.provider",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def _provider() -> OpenIdProvider:
    found = kept("provider")
    if not isinstance(found, OpenIdProvider):
        raise NotFound
    return found


def _refused(why: str) -> Response:
    flash(why)
    response = redirect(url_for("door.sign_in", again=1), HTTPStatus.SEE_OTHER)
    make_response(response).delete_cookie(cookie_name(_COOKIE), path="/")
    return response


@pages.get("")
def go() -> ResponseReturnValue:
    """To the service, with a state, a nonce and a PKCE challenge of this browser's own."""
    asking = Asking(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
    )
    try:
        address = _provider().address(asking, again="again" in request.args)
    except ProviderFailed as failure:
        log.warning("provider.failed", why=str(failure))
        return _refused("The sign-in service does not answer. Try again in a moment.")
    response = make_response(redirect(address, HTTPStatus.SEE_OTHER))
    sent = {
        "s": asking.state,
        "n": asking.nonce,
        "v": asking.verifier,
        "to": request.args.get("next"),
    }
    response.set_cookie(
        cookie_name(_COOKIE),
        str(_serializer().dumps(sent)),
        max_age=LIFE,
        httponly=True,
        samesite="Lax",
        secure=own_settings().secure,
        path="/",
    )
    return response


def _sent() -> tuple[Asking, str | None] | None:
    """What this browser went there with, if it comes back with that state in time."""
    try:
        was = _serializer().loads(
            request.cookies.get(cookie_name(_COOKIE), ""), max_age=int(LIFE.total_seconds())
        )
    except BadSignature:
        return None
    if not secrets.compare_digest(was["s"].encode(), request.args.get("state", "").encode()):
        return None
    return Asking(state=was["s"], nonce=was["n"], verifier=was["v"]), was["to"]


@pages.get("/back")
def back() -> ResponseReturnValue:
    """With its word: in, on to the second step, or why not."""
    provider, sent = _provider(), _sent()
    if sent is None:
        return _refused("That took too long, or began in another browser. Try once more.")
    asking, next_page = sent
    if "code" not in request.args:
        return _refused("The sign-in service did not let you in.")
    try:
        with database().begin() as session:
            until = utcnow() + LIFE
            passkeys.spend(session, asking.state.encode(), until=until, now=utcnow())
        return _with(provider.known(request.args["code"], asking), next_page)
    except WrongPasskey:
        return _refused("That was used already. Try once more.")
    except ProviderFailed as failure:
        log.warning("provider.failed", why=str(failure))
        return _refused("The sign-in service did not let you in. Try once more.")


def _with(known: Known, next_page: str | None) -> Response:
    settings = own_settings().openid
    assert settings is not None
    try:
        with database().begin() as session:
            found = by_provider.sign_in(
                session,
                subject=known.subject,
                email=known.email,
                proved=settings.second_factor == "theirs" and known.by_several,
                device=device(),
                now=utcnow(),
            )
    except NotInvited as refusal:
        log.info("provider.not_invited")
        return _refused(str(refusal))
    response = arrived(found, next_page)
    make_response(response).delete_cookie(cookie_name(_COOKIE), path="/")
    return response
