"""The staff's JSON API: setting up a code app, as on the page "Your sign-in"."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any, Final

from flask import Response, after_this_request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from services.scheduler.domain.errors import WrongCode
from services.scheduler.operations import own_sign_in
from services.scheduler.schemas import Strict
from services.scheduler.web.api_staff import PREFIX, NeedsAnotherLook
from services.scheduler.web.staff_door import identity_of
from services.scheduler.web.your_sign_in import address_for_app, new_setup, secret_in
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import EVERY_ROLE, current_staff, guard_api
from shared.web.openapi import SIGNED_IN
from shared.web.problems import Unauthorized
from shared.web.sessions import issue_staff_session, session_of_request

sign_in = Blueprint(
    "sign_in_api", __name__, url_prefix=PREFIX, description="The second step of one's own sign-in."
)
guard_api(sign_in, roles=EVERY_ROLE, sealed=False)

_SETUP: Final = {"description": "Ours, signed: it comes back with the first code, unchanged."}


class SetupSchema(Schema):
    """What a new app needs. Nothing is kept yet."""

    setup = fields.String(metadata=_SETUP)
    secret = fields.String(metadata={"description": "Base 32, as an app takes it when typed."})
    link = fields.String(metadata={"description": "otpauth://, as an app reads it from a square."})


class FirstCodeSchema(Strict):
    """A first code of the new app."""

    setup = fields.String(required=True, validate=validate.Length(max=1000), metadata=_SETUP)
    code = fields.String(required=True, validate=validate.Length(max=60))


class CodesSchema(Schema):
    """Shown once. Empty when those of before still stand."""

    recovery_codes = fields.List(fields.String())


@sign_in.post("/second-factor/new")
@sign_in.doc(security=SIGNED_IN)
@sign_in.response(HTTPStatus.OK, SetupSchema)
def begin() -> dict[str, Any]:
    """A secret for a new app. Only its first code puts it to use."""
    setup = new_setup()
    secret = secret_in(setup)
    assert secret is not None
    return {"setup": setup, "secret": secret, "link": address_for_app(secret)}


@sign_in.put("/second-factor")
@sign_in.doc(security=SIGNED_IN)
@sign_in.arguments(FirstCodeSchema)
@sign_in.response(HTTPStatus.OK, CodesSchema)
def keep(sent: dict[str, Any]) -> dict[str, Any]:
    """Put the app to use. It takes the place of one before, and all other sessions end."""
    begun = session_of_request()
    if begun is None or not begun.fresh(utcnow()):
        raise Unauthorized("Please sign in once more first.")
    secret = secret_in(sent["setup"])
    if secret is None:
        raise NeedsAnotherLook({"setup": ["This is not ours, or too old. Begin anew."]})
    try:
        with database().begin() as session:
            anew = own_sign_in.set_up_app(
                session,
                was=current_staff().session_id,
                account_id=current_staff().account_id,
                secret=secret,
                typed=sent["code"],
                now=utcnow(),
            )
    except WrongCode as wrong:
        raise NeedsAnotherLook({"code": [str(wrong)]}) from wrong
    who = identity_of(anew.session)

    @after_this_request
    def remember(response: Response) -> Response:
        issue_staff_session(response, who, utcnow())
        return response

    return {"recovery_codes": anew.codes}
