"""Two people side by side, for programs of clinicians. Each reading is recorded for both."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.intake.operations import couples, inquiries
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_api
from shared.web.openapi import SIGNED_IN
from shared.web.problems import NotFound

api = Blueprint(
    "pair_api",
    __name__,
    url_prefix="/api/staff/inquiries",
    description="Two people side by side, for clinicians",
)
guard_api(api, roles={Role.OWNER, Role.CLINICIAN})


class PairSchema(Schema):
    """What the pair table says. Written to neither person's record."""

    pair_track = fields.String()
    rule = fields.String(metadata={"description": "P01 to P08, or unmatched."})
    joint_booking = fields.String(
        metadata={"description": "blocked, clinician_release or after_private_calls"}
    )
    a_track = fields.String()
    b_track = fields.String(allow_none=True)
    a_public_key = fields.String()
    b_public_key = fields.String(allow_none=True)
    a_update = fields.String(metadata={"description": "none, joint_not_set or joint_ready"})
    b_update = fields.String()
    pair_pattern = fields.String()
    pair_suggestions = fields.List(fields.String())
    reminder_to_b = fields.Boolean()
    a = fields.Dict(metadata={"description": "The first person's own decision, by the form."})
    b = fields.Dict(allow_none=True)
    a_id = fields.UUID(metadata={"description": "The first person's inquiry."})
    b_id = fields.UUID(allow_none=True)
    b_status = fields.String()
    day = fields.Integer(metadata={"description": "Of the invitation, counted from its sending."})


@api.get("/<uuid:response_id>/pair")
@api.doc(security=SIGNED_IN)
@api.response(200, PairSchema)
def pair(response_id: UUID) -> dict[str, Any]:
    """The two, whichever of them is asked for. That it was read is recorded for both."""
    who = reader()
    with database().begin() as session:
        if inquiries.find(session, response_id=response_id, reader=who) is None:
            raise NotFound("There is no such inquiry.")
        found = couples.read(session, response_id=response_id, reader=who, now=utcnow())
    if found is None:
        raise NotFound("Nobody was invited here.")
    document = found.decision.as_document()
    for side in ("a", "b"):
        if document[side] is not None:
            # What it went by may be sealed, and is opened with a reason of its own.
            document[side].pop("used")
    return document | {
        "a_id": found.a.id,
        "b_id": found.b.id if found.b else None,
        "b_status": found.status,
        "day": found.day,
    }
