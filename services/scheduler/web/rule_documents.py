"""What programs of the staff get of the rules, and which version of them it is."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from services.scheduler.models import AppointmentType
from services.scheduler.operations import appointment_types, couple_rules, fit, places
from services.scheduler.operations.places import House
from services.scheduler.operations.rule_changes import version_of
from services.scheduler.practice_models import Location, PracticeRules, Room, TimeOff
from services.scheduler.schemas import Strict
from services.scheduler.web.rule_forms import TypeValues, seen_version
from shared.clock import utcnow


def _version() -> fields.String:
    return fields.String(metadata={"description": "Send it along with a change of these values."})


def _standing() -> fields.Integer:
    return fields.Integer(
        metadata={"description": "Appointments still to come: they stand, whatever was changed."}
    )


class TypeSchema(TypeValues):
    """A type of appointment. `standing`: appointments of it that are still to come."""

    code = fields.String()
    for_two = fields.Boolean()
    ended = fields.Boolean()
    standing = _standing()
    version = _version()


class TypesSchema(Schema):
    """All types, those that have ended among them."""

    types = fields.List(fields.Nested(TypeSchema))


def type_document(session: Session, one: AppointmentType) -> dict[str, Any]:
    """A type as TypeSchema says it."""
    facts = appointment_types.facts(one)
    return {
        **facts,
        "code": one.code,
        "for_two": one.for_two,
        "ended": one.ended_at is not None,
        "standing": appointment_types.standing(session, one, now=utcnow()),
        "version": version_of(facts),
    }


class RoomSchema(Schema):
    """A room of a location. `standing`: appointments in it that are still to come."""

    id = fields.Integer()
    name = fields.String()
    location_id = fields.Integer()
    closed = fields.Boolean()
    standing = _standing()
    version = _version()


class LocationSchema(Schema):
    """A house, its address and its rooms."""

    id = fields.Integer()
    name = fields.String()
    address = fields.String()
    closed = fields.Boolean()
    rooms = fields.List(fields.Nested(RoomSchema))
    version = _version()


class LocationsSchema(Schema):
    """All locations, closed ones among them."""

    locations = fields.List(fields.Nested(LocationSchema))


def room_document(session: Session, one: Room) -> dict[str, Any]:
    """A room as RoomSchema says it."""
    facts = places.room_facts(one)
    return {
        **facts,
        "id": one.id,
        "closed": one.ended_at is not None,
        "standing": places.standing(session, now=utcnow(), room_id=one.id),
        "version": version_of(facts),
    }


def house_document(session: Session, house: House) -> dict[str, Any]:
    """A location as LocationSchema says it."""
    facts = places.location_facts(house.location)
    return {
        **facts,
        "id": house.location.id,
        "closed": house.location.ended_at is not None,
        "rooms": [room_document(session, one) for one in house.rooms],
        "version": version_of(facts),
    }


def location_document(session: Session, one: Location) -> dict[str, Any]:
    """The same, of a row that was just changed."""
    (house,) = [found for found in places.houses(session) if found.location.id == one.id]
    return house_document(session, house)


class HolidaysSchema(Schema):
    """The region whose holidays are kept, and those on which the practice is open all the same."""

    region = fields.String(allow_none=True)
    worked = fields.List(fields.String())
    names = fields.List(
        fields.String(), metadata={"description": "What the holidays of the region are called."}
    )
    outside = fields.Integer(
        metadata={"description": "Appointments that lie outside of all hours now; they stand."}
    )
    version = _version()


def holidays_document(row: PracticeRules, names: list[str], outside: int) -> dict[str, Any]:
    """The holidays as HolidaysSchema says them."""
    from_row = {"region": row.holidays, "worked": sorted(row.worked)}
    return {**from_row, "names": names, "outside": outside, "version": version_of(from_row)}


class CouplesSchema(Schema):
    """The rule for two people who have a time together."""

    move_needs_both = fields.Boolean(
        metadata={"description": "Both have to agree to move it; else either may. Either cancels."}
    )
    version = _version()


class SetCouplesSchema(Strict):
    """Whether moving a time for two takes both; a program has to say it, as a box has not."""

    move_needs_both = fields.Boolean(required=True)
    version = seen_version()


def couples_document(row: PracticeRules) -> dict[str, Any]:
    """The rule for two as CouplesSchema says it."""
    facts = couple_rules.facts(row)
    return {**facts, "version": version_of(facts)}


class ClosureSchema(Schema):
    """Whole local days on which the practice is closed."""

    id = fields.Integer()
    first_day = fields.Date()
    last_day = fields.Date()
    reason = fields.String()


class NewClosureSchema(ClosureSchema):
    """The same, with how many appointments lie outside of the hours now."""

    outside = fields.Integer()


class ClosuresSchema(Schema):
    """From today on, in order."""

    closures = fields.List(fields.Nested(ClosureSchema))


def closure_document(row: TimeOff) -> dict[str, Any]:
    """Closed days as ClosureSchema says them."""
    return {
        "id": row.id,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "reason": row.reason,
    }


class FitSchema(Schema):
    """Whom a clinician fits, and how many they take."""

    practitioner_id = fields.UUID()
    languages = fields.List(fields.String(), metadata={"description": "ISO 639 codes."})
    meets = fields.List(fields.String(), metadata={"description": "remote, in-person, or both."})
    sees_couples = fields.Boolean()
    cap_per_day = fields.Integer(allow_none=True)
    cap_per_week = fields.Integer(allow_none=True)
    version = _version()


class SharesSchema(Schema):
    """The share of the pool that a clinician has of each type, by its code; 0: not given."""

    practitioner_id = fields.UUID()
    shares = fields.Dict(keys=fields.String(), values=fields.Integer())
    standing = fields.Integer(
        metadata={"description": "Appointments to come of types that are given no more."}
    )
    version = _version()


def fit_document(session: Session, practitioner_id: UUID) -> dict[str, Any]:
    """What stands of a clinician's fit."""
    facts = fit.fit_of(session, practitioner_id)._asdict()
    return {"practitioner_id": practitioner_id, **facts, "version": version_of(facts)}


def shares_document(session: Session, practitioner_id: UUID) -> dict[str, Any]:
    """What stands of a clinician's shares."""
    facts = fit.share_facts(fit.shares(session, practitioner_id))
    return {
        "practitioner_id": practitioner_id,
        "shares": facts,
        "standing": fit.standing_ungiven(session, practitioner_id, now=utcnow()),
        "version": version_of(facts),
    }


class RuleChangeSchema(Schema):
    """What somebody changed: only what differs, lengths in minutes; a new rule has no `before`."""

    at = fields.AwareDateTime(format="iso")
    about = fields.String(metadata={"example": "type:private-call"})
    actor = fields.String(metadata={"description": "staff:<account>"})
    before = fields.Dict(keys=fields.String())
    after = fields.Dict(keys=fields.String())


class RuleChangesSchema(Schema):
    """The latest first."""

    changes = fields.List(fields.Nested(RuleChangeSchema))
