"""Whom a clinician fits and what they give, by JSON: the same acts and rights as on the page."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any, Final

from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from services.scheduler.operations import fit as fitting
from services.scheduler.operations.fit import Fit
from services.scheduler.web.api_staff import PREFIX, NeedsAnotherLook
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_documents import (
    FitSchema,
    SharesSchema,
    fit_document,
    shares_document,
)
from services.scheduler.web.rule_forms import FitForm, SharesForm, shares
from services.scheduler.web.staff_documents import WhoseSchema
from services.scheduler.web.weeks import editable
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_api
from shared.web.openapi import SIGNED_IN

fit: Final = Blueprint("fit_api", __name__, url_prefix=PREFIX, description="Whom people fit.")
guard_api(fit, roles={Role.OWNER, Role.CLINICIAN})


class SetFitSchema(FitForm):
    """Whom a clinician fits; without one, oneself."""

    practitioner_id = fields.UUID(load_default=None)


class SetSharesSchema(SharesForm):
    """What a clinician gives; without one, oneself."""

    practitioner_id = fields.UUID(load_default=None)


@fit.get("/fit")
@fit.doc(security=SIGNED_IN)
@fit.arguments(WhoseSchema, location="query", unknown=RAISE)
@fit.response(HTTPStatus.OK, FitSchema)
def whom(asked: dict[str, Any]) -> dict[str, Any]:
    """Languages, ways of meeting, couples or not, and caps. Licenses are kept with the person."""
    with database().begin() as session:
        return fit_document(session, editable(session, asked["practitioner_id"]).practitioner_id)


@fit.put("/fit")
@fit.doc(security=SIGNED_IN)
@fit.arguments(SetFitSchema)
@fit.response(HTTPStatus.OK, FitSchema)
def set_fit(sent: dict[str, Any]) -> dict[str, Any]:
    """Let it count from now on. Everyone says it of themselves, the owner of anyone."""
    with database().begin() as session:
        number = editable(session, sent.pop("practitioner_id")).practitioner_id
        version = sent.pop("version")
        fitting.set_fit(session, number, version=version, fit=Fit(**sent), by=hand())
        return fit_document(session, number)


@fit.get("/shares")
@fit.doc(security=SIGNED_IN)
@fit.arguments(WhoseSchema, location="query", unknown=RAISE)
@fit.response(HTTPStatus.OK, SharesSchema)
def what(asked: dict[str, Any]) -> dict[str, Any]:
    """What somebody gives, with which share of the pool."""
    with database().begin() as session:
        return shares_document(session, editable(session, asked["practitioner_id"]).practitioner_id)


@fit.put("/shares")
@fit.doc(security=SIGNED_IN)
@fit.arguments(SetSharesSchema)
@fit.response(HTTPStatus.OK, SharesSchema)
def set_shares(sent: dict[str, Any]) -> dict[str, Any]:
    """Let these shares count, for the owner alone; a type that is not named stays."""
    owner_decides()
    with database().begin() as session:
        number = editable(session, sent["practitioner_id"]).practitioner_id
        standing = fitting.shares(session, number)
        unknown = {code: ["There is no such type."] for code in sent["shares"].keys() - standing}
        if unknown:
            raise NeedsAnotherLook({"shares": unknown})
        fitting.set_shares(
            session,
            number,
            version=sent["version"],
            wanted=shares(sent["shares"], standing),
            by=hand(),
        )
        return shares_document(session, number)
