"""Who works here, by JSON API: the same list, and the same way to add someone, as on the page."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any, Final

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.scheduler.domain.errors import AddressTaken
from services.scheduler.operations import directory, staff
from services.scheduler.operations.staff import NewColleague
from services.scheduler.schemas import ColleagueForm
from services.scheduler.staff_models import StaffAccount
from services.scheduler.web.api_staff import PREFIX, NeedsAnotherLook
from services.scheduler.web.doors import own_settings
from services.scheduler.web.staff_documents import named
from services.scheduler.web.weeks import owners_only
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, public_link
from shared.web.audiences import guard_api
from shared.web.openapi import SIGNED_IN

people: Final = Blueprint("people_api", __name__, url_prefix=PREFIX, description="Who works here.")
guard_api(people, roles={Role.OWNER, Role.CLINICIAN})


class NewColleagueSchema(ColleagueForm):
    """Somebody new, and whether they see clients (`clinician`) or not (`front_desk`)."""

    name = named()


class ColleagueSchema(Schema):
    """Someone who works here."""

    account_id = fields.UUID()
    name = fields.String()
    role = fields.String()
    practitioner_id = fields.UUID(
        allow_none=True, metadata={"description": "Null when they see no clients."}
    )
    signed_up = fields.Boolean(metadata={"description": "Whether they have chosen a password."})


class AddedSchema(ColleagueSchema):
    """Somebody new, with the link that they need to get in."""

    welcome_url = fields.String(
        metadata={"description": "Give it to them yourself: it works once, and is kept nowhere."}
    )


class ColleaguesSchema(Schema):
    """Everyone, the owner first."""

    people = fields.List(fields.Nested(ColleagueSchema))


@people.get("/people")
@people.doc(security=SIGNED_IN)
@people.response(HTTPStatus.OK, ColleaguesSchema)
def everyone() -> dict[str, Any]:
    """Who works here."""
    with database().begin() as session:
        return {"people": [_document(one) for one in directory.everyone(session)]}


@people.post("/people")
@people.doc(security=SIGNED_IN)
@people.arguments(NewColleagueSchema)
@people.response(HTTPStatus.CREATED, AddedSchema)
def add(sent: dict[str, Any]) -> dict[str, Any]:
    """Add someone, for the owner alone; the link at which they choose a password is shown once."""
    owners_only()
    role = sent.pop("role")
    try:
        with database().begin() as session:
            account, token = staff.add_colleague(
                session,
                role=role,
                person=NewColleague(**sent),
                settings=own_settings(),
                now=utcnow(),
            )
            return _document(account) | {
                "welcome_url": public_link("scheduler", f"/staff/welcome/{token}")
            }
    except AddressTaken as taken:
        raise NeedsAnotherLook({"email": [str(taken)]}) from taken


def _document(account: StaffAccount) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "name": account.name,
        "role": account.role,
        "practitioner_id": account.practitioner_id,
        "signed_up": bool(account.password_hash or account.oidc_subject),
    }
