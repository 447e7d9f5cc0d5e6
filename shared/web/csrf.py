"""No other site can send a form in our visitors' name (ASVS 3.5.1).

A random `seed` cookie per browser, and in each form an HMAC of it: the same for as long as the
browser keeps the cookie, so that a page has the same bytes each time it is asked for. On top of
that, what browsers say about where a request comes from is believed when it is bad news.
"""

import hashlib
import hmac
import secrets
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, g, make_response, render_template, request
from markupsafe import Markup

from shared.web.audience_names import CLIENT, WITHOUT_COOKIES
from shared.web.context import floor, settings
from shared.web.problems import Refusal

FIELD: Final = "csrf_token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SentFromElsewhere(Refusal):
    """The browser says that another site sent this."""

    status = HTTPStatus.FORBIDDEN
    title = "That was sent from another site"


class FormTooOld(Refusal):
    """The form's token doesn't belong to this browser (any more)."""

    status = HTTPStatus.BAD_REQUEST
    title = "Please send it again"


def cookie_name(name: str) -> str:
    """The cookie's name, bound to this host and to TLS where there is TLS (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if settings().secure else name


def _seed() -> str:
    """This browser's seed, made now if it has none yet."""
    seed: str = request.cookies.get(cookie_name("seed"), "") or g.get("new_seed", "")
    if not seed:
        seed = g.new_seed = secrets.token_urlsafe(24)
    return seed


def _token(seed: str) -> str:
    # The key that all services share: the sign-out button on one service's page speaks to another.
    key = hashlib.sha256(b"softstart.csrf:" + settings().service_key.encode()).digest()
    return hmac.new(key, seed.encode(), hashlib.sha256).hexdigest()


def csrf_field() -> Markup:
    """The hidden field that every form with an unsafe method carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, _token(_seed()))


def from_elsewhere() -> bool:
    """Whether the browser says that another site's page has sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    # "null" is what our own pages send: they have no referrer, so the browser hides the origin too.
    if origin is None or origin == "null":
        return False
    return origin not in {settings().public_url, f"{request.scheme}://{request.host}"}


def _token_fits() -> bool:
    seed = request.cookies.get(cookie_name("seed"), "")
    given = request.form.get(FIELD, "")
    return bool(seed) and hmac.compare_digest(_token(seed).encode(), given.encode())


def refuse_forged() -> Response | None:
    """Stop what no page of ours has sent. Raises SentFromElsewhere, FormTooOld."""
    audience = floor().audiences.get(request.blueprint or "")
    if request.method in SAFE_METHODS or request.endpoint is None or audience in WITHOUT_COOKIES:
        return None
    if from_elsewhere():
        raise SentFromElsewhere("Nothing was changed. Please open the page here and try again.")
    if _token_fits():
        return None
    if audience == CLIENT and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return _offer_again()
    raise FormTooOld(
        "This form was open for a while. Please open the page again and send it once more."
    )


def _offer_again() -> Response:
    """The same form once more, with everything in it and a token that fits.

    Only for what the browser swears comes from our own page: else this page would be a way to
    have a visitor confirm a stranger's form.
    """
    given = [(name, value) for name, value in request.form.items(multi=True) if name != FIELD]
    return make_response(render_template("ui/again.html", given=given), HTTPStatus.BAD_REQUEST)


def _keep_seed(response: Response) -> Response:
    if "new_seed" in g:
        response.set_cookie(
            cookie_name("seed"),
            g.new_seed,
            httponly=True,
            samesite="Lax",
            secure=settings().secure,
            path="/",
        )
    return response


def init_csrf(app: Flask) -> None:
    """Guard every unsafe request of every blueprint that isn't named in WITHOUT_COOKIES."""
    app.before_request(refuse_forged)
    app.after_request(_keep_seed)
    app.jinja_env.globals["csrf_field"] = csrf_field
