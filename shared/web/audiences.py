"""Who may ask: one guard per audience, attached once to a whole blueprint.

    pages = Blueprint("staff", __name__, url_prefix="/staff")
    guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

The audience decides everything that follows from it: cookies or tokens, pages or problems, CSRF.
"""

from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, Response, g, make_response, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from shared.clock import utcnow
from shared.tokens import BadServiceToken, check_service_token
from shared.vocabulary import ANSWERED_BY, SERVICES, Role, Service
from shared.web.audience_names import API, CLIENT, HOOKS, INTERNAL, PUBLIC, STAFF
from shared.web.context import floor, page_link, service_name, settings
from shared.web.csrf import SAFE_METHODS, SentFromElsewhere, from_elsewhere
from shared.web.identity import StaffIdentity
from shared.web.inputs import refuse_unwritable_json
from shared.web.problems import NotForYourRole, Refusal, Unauthorized
from shared.web.sessions import (
    StaffSession,
    clear_staff_session,
    issue_staff_session,
    session_of_request,
    set_session,
    writes_session,
)

log = structlog.get_logger(__name__)

EVERY_ROLE: Final = frozenset(Role)


class NotJson(Refusal):
    """An API was sent something else than JSON (which a form on another site could do, too)."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "Please send JSON"


class SecondFactorNeeded(Refusal):
    """Signed in by a password alone, and this may show what is sealed."""

    status = HTTPStatus.FORBIDDEN
    title = "A second step is needed"
    type_ = "urn:softstart:problem:second-factor-needed"


def _belongs_to(blueprint: Blueprint, audience: str, *, doors: Collection[str] = ()) -> None:
    """Note for whom the blueprint is, in every app that it is registered with."""

    def note(state: BlueprintSetupState) -> None:
        if not isinstance(state.app, Flask):
            raise TypeError("Audiences belong to blueprints of a Flask app.")
        name = f"{state.name_prefix}.{state.name}".lstrip(".")
        laid = floor(state.app)
        laid.audiences[name] = audience
        laid.doors.update(f"{name}.{door}" for door in doors)

    blueprint.record(note)


def audience_of(app: Flask, endpoint: str) -> str | None:
    """For whom the view behind an endpoint is; None means that nobody guards it."""
    return floor(app).audiences.get(endpoint.rpartition(".")[0])


# ---------------------------------------------------------------- people


def guard_public(blueprint: Blueprint) -> None:
    """Stylesheets, health: open, and without anything of anybody's."""
    _belongs_to(blueprint, PUBLIC)


def guard_client(blueprint: Blueprint) -> None:
    """Pages for clients: open, or opened by a token in the address that the view looks up.

    Forms are checked for forgery (`shared.web.csrf`), as everywhere that a cookie could speak.
    """
    _belongs_to(blueprint, CLIENT)


def guard_staff(
    blueprint: Blueprint,
    *,
    roles: Collection[Role] = EVERY_ROLE,
    doors: Collection[str] = (),
    sealed: bool = True,
) -> None:
    """Pages for signed-in staff with one of `roles`.

    `doors` names the view functions of this blueprint that must be open before one has signed in.
    `sealed`: they may show something of people, so only a second factor opens them; the others
    are for setting up.
    """
    _belongs_to(blueprint, STAFF, doors=doors)

    @blueprint.before_request
    def check() -> ResponseReturnValue | None:
        if request.endpoint in floor().doors:
            _meet(present_staff())
            return None
        session = present_staff()
        if session is None:
            return _to_the_door()
        session = _asked_again(session) if sealed else session
        _meet(session)
        _require_role(session.identity, roles)
        return _to_the_second_step() if sealed and _lacks_it(session) else None

    blueprint.after_request(_slide)


def present_staff() -> StaffSession | None:
    """The session of who is signed in now: signed, not left alone, and not ended in the meantime.

    Raises PeerUnavailable when the scheduler can't be asked: who can't be confirmed stays outside.
    """
    now = utcnow()
    session = session_of_request()
    if session is None or session.over(now):
        return None
    if session.unconfirmed(now):
        identity = floor().confirm_session(session.identity.session_id)
        if identity is None:
            return None
        session = session.confirmed(identity, now)
    return session.seen(now)


def _lacks_it(session: StaffSession) -> bool:
    """Whether a second factor is asked of everybody here, and this session has shown none."""
    return settings().second_factor == "required" and not session.identity.second_factor


def _asked_again(session: StaffSession) -> StaffSession:
    """The same session; one that lacks a second step, as the scheduler knows it at this moment."""
    if not _lacks_it(session):
        return session
    identity = floor().confirm_session(session.identity.session_id)
    return session if identity is None else session.confirmed(identity, utcnow())


def current_staff() -> StaffIdentity:
    """Who is signed in. Only behind a staff guard; LookupError anywhere else."""
    session = g.get("staff_session")
    if not isinstance(session, StaffSession):
        raise LookupError(  # noqa: TRY004 - not a wrong type: nobody is there
            "Nobody is signed in, or this view has no staff guard."
        )
    return session.identity


def _meet(session: StaffSession | None) -> None:
    if session is not None:
        g.staff_session = session
        g.staff = session.identity


def _require_role(identity: StaffIdentity, roles: Collection[Role]) -> None:
    if identity.role not in roles:
        log.info(
            "staff.role_refused", account_id=str(identity.account_id), role=identity.role.value
        )
        raise NotForYourRole("If you think it should be, please ask the owner of the practice.")


def _to_the_door() -> Response:
    """To the sign-in page, and from there back to what was asked for."""
    query = {}
    if session_of_request() is not None:
        query["away"] = "1"
    if request.method == "GET":  # a form is not kept for whoever signs in next
        query["next"] = request.script_root + request.path
    door = page_link("scheduler", "/staff/sign-in")
    response = make_response(redirect(f"{door}?{urlencode(query)}" if query else door, 303))
    clear_staff_session(response)
    return response


def _to_the_second_step() -> Response:
    """To where it is set up, and from there back to what was asked for."""
    page = page_link("scheduler", "/staff/your-sign-in")
    query = {"needed": "1"}
    if request.method == "GET":
        query["next"] = request.script_root + request.path
    return make_response(redirect(f"{page}?{urlencode(query)}", 303))


def staff_page(asked_for: str | None) -> str:
    """Where to go after sign-in: the page asked for if it is one of the staff's here, else Today.

    Never another site's address, whatever the query says (ASVS 1.3.6: open redirects).
    """
    known = [page_link(service, "/staff/") for service in SERVICES]
    fair = (
        asked_for is not None
        and asked_for.isascii()
        and asked_for.isprintable()
        and "\\" not in asked_for
    )
    if fair and asked_for is not None and any(asked_for.startswith(page) for page in known):
        return asked_for
    return page_link("scheduler", "/staff/")


def _slide(response: Response) -> Response:
    """Move the 15 minutes on, unless the view has just ended or begun a session itself."""
    session = g.get("staff_session")
    if isinstance(session, StaffSession) and not writes_session(response):
        set_session(response, session)
    return response


# ---------------------------------------------------------------- programs


def guard_api(
    blueprint: Blueprint, *, roles: Collection[Role] | None = None, sealed: bool = True
) -> None:
    """A JSON API. Whoever asks shows a Bearer token that the view looks up (`bearer`).

    With `roles`, it is for signed-in staff instead: the cookie speaks, so the request must come
    from our own pages, and unless `sealed` is false from somebody with a second factor. Bodies
    are JSON, and no text in them is one that PostgreSQL can't store.
    """
    _belongs_to(blueprint, API)

    @blueprint.before_request
    def check() -> None:
        if roles is not None:
            _require_signed_in(roles, sealed=sealed)
        if request.method not in SAFE_METHODS:
            _require_json()
        refuse_unwritable_json()

    if roles is not None:
        blueprint.after_request(_slide)


def _require_signed_in(roles: Collection[Role], *, sealed: bool) -> None:
    if request.method not in SAFE_METHODS and from_elsewhere():
        raise SentFromElsewhere("Nothing was changed.")
    session = present_staff()
    if session is None:
        raise Unauthorized("Please sign in.")
    session = _asked_again(session) if sealed else session
    _meet(session)
    _require_role(session.identity, roles)
    if sealed and _lacks_it(session):
        raise SecondFactorNeeded("Set up a second step for your sign-in first.")


def _require_json() -> None:
    chunked = "Transfer-Encoding" in request.headers
    if (request.content_length or chunked) and not request.is_json:
        raise NotJson("The body of this request has to be application/json.")


def bearer() -> str:
    """The token that the request shows (RFC 6750, 2.1). Raises Unauthorized if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the token as 'Authorization: Bearer ...'.")
    return token.strip()


def guard_internal(blueprint: Blueprint) -> None:
    """For the other services only: a service token that is meant for this service (ASVS 9.2.3)."""
    _belongs_to(blueprint, INTERNAL)

    @blueprint.before_request
    def check() -> None:
        try:
            g.issuer = check_service_token(
                settings().service_key, bearer(), audience=service_name()
            )
        except BadServiceToken as error:
            log.warning("internal.refused", rule=str(request.url_rule))
            raise Unauthorized("This token opens nothing here.") from error
        refuse_unwritable_json()

    @blueprint.after_request
    def sign(answer: Response) -> Response:
        """So that a stranger's 404 is not taken for this service's no (see `shared.peers`)."""
        answer.headers[ANSWERED_BY] = service_name()
        return answer


def asking_service() -> Service:
    """Which service asks. Only behind an internal guard."""
    issuer: Service = g.issuer
    return issuer


def guard_hooks(blueprint: Blueprint, check: Callable[[], None]) -> None:
    """For an outside party that signs what it sends; `check` raises a Refusal when it did not."""
    _belongs_to(blueprint, HOOKS)
    blueprint.before_request(check)


__all__ = [
    "StaffIdentity",
    "asking_service",
    "audience_of",
    "bearer",
    "clear_staff_session",
    "current_staff",
    "guard_api",
    "guard_client",
    "guard_hooks",
    "guard_internal",
    "guard_public",
    "guard_staff",
    "issue_staff_session",
    "present_staff",
    "staff_page",
]
