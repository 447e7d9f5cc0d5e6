"""The rules of booking by JSON: the same acts, rights and sentences as on the pages.

Each document has a version. Whoever sends a change says which one they saw; was it changed since,
the answer is 409 and nothing is written over.
"""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from flask import Response, make_response
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.scheduler.domain import public_holidays
from services.scheduler.domain.errors import (
    BadStretch,
    NameTaken,
    StaffRefused,
    UnknownHoliday,
    UnknownRegion,
)
from services.scheduler.models import AppointmentType
from services.scheduler.operations import (
    appointment_types,
    closures,
    couple_rules,
    out_of_hours,
    places,
    rule_changes,
)
from services.scheduler.practice_models import Location, PracticeRules, Room
from services.scheduler.web.api_staff import PREFIX, NeedsAnotherLook
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_documents import (
    ClosuresSchema,
    CouplesSchema,
    HolidaysSchema,
    LocationSchema,
    LocationsSchema,
    NewClosureSchema,
    RoomSchema,
    RuleChangesSchema,
    SetCouplesSchema,
    TypeSchema,
    TypesSchema,
    closure_document,
    couples_document,
    holidays_document,
    house_document,
    location_document,
    room_document,
    type_document,
)
from services.scheduler.web.rule_forms import (
    HolidaysForm,
    LocationForm,
    NewLocationForm,
    NewRoomForm,
    NewTypeForm,
    RoomForm,
    TypeForm,
)
from services.scheduler.web.rule_pages import practice_zone
from services.scheduler.web.staff_forms import DaysOffForm
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_api
from shared.web.openapi import SIGNED_IN

rules: Final = Blueprint(
    "rules_api", __name__, url_prefix=PREFIX, description="What can be booked, where, when not."
)
guard_api(rules, roles={Role.OWNER, Role.CLINICIAN})

LATEST: Final = 100
_FIELDS: Final[dict[type[StaffRefused], str]] = {
    UnknownRegion: "region",
    UnknownHoliday: "worked",
    BadStretch: "last_day",
}


@contextmanager
def _deciding(name: str = "name") -> Iterator[Session]:
    """The owner's transaction; a refusal that is about one field names it. `name`: of names."""
    owner_decides()
    try:
        with database().begin() as session:
            yield session
    except NameTaken as refusal:
        raise NeedsAnotherLook({name: [str(refusal)]}) from refusal
    except (UnknownRegion, UnknownHoliday, BadStretch) as refusal:
        raise NeedsAnotherLook({_FIELDS[type(refusal)]: [str(refusal)]}) from refusal


# ---------------------------------------------------------------- types of appointment


@rules.get("/appointment-types")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, TypesSchema)
def types() -> dict[str, Any]:
    """What can be booked, and the rules of each."""
    with database().begin() as session:
        return {"types": [type_document(session, one) for one in appointment_types.every(session)]}


@rules.post("/appointment-types")
@rules.doc(security=SIGNED_IN)
@rules.arguments(NewTypeForm)
@rules.response(HTTPStatus.CREATED, TypeSchema)
def add_type(sent: dict[str, Any]) -> dict[str, Any]:
    """One more type, which everyone gives unless they are said not to."""
    with _deciding("title") as session:
        return type_document(session, appointment_types.add(session, values=sent, by=hand()))


@rules.get("/appointment-types/<code>")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, TypeSchema)
def appointment_type(code: str) -> dict[str, Any]:
    """One of them."""
    with database().begin() as session:
        return type_document(session, appointment_types.find(session, code))


@rules.put("/appointment-types/<code>")
@rules.doc(security=SIGNED_IN)
@rules.arguments(TypeForm)
@rules.response(HTTPStatus.OK, TypeSchema)
def change_type(sent: dict[str, Any], code: str) -> dict[str, Any]:
    """Let these values stand, all of them. What is booked stays as it is."""
    with _deciding("title") as session:
        version = sent.pop("version")
        one = appointment_types.change(session, code, version=version, values=sent, by=hand())
        return type_document(session, one)


@rules.post("/appointment-types/<code>/end")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, TypeSchema)
def end_type(code: str) -> dict[str, Any]:
    """Offer it no more. It is never deleted."""
    with _deciding("title") as session:
        one: AppointmentType = appointment_types.end(session, code, by=hand(), now=utcnow())
        return type_document(session, one)


@rules.post("/appointment-types/<code>/begin")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, TypeSchema)
def begin_type(code: str) -> dict[str, Any]:
    """Offer it again."""
    with _deciding("title") as session:
        return type_document(session, appointment_types.begin_again(session, code, by=hand()))


# ---------------------------------------------------------------- locations and rooms


@rules.get("/locations")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, LocationsSchema)
def locations() -> dict[str, Any]:
    """Where people meet, and which rooms there are."""
    with database().begin() as session:
        return {"locations": [house_document(session, one) for one in places.houses(session)]}


@rules.post("/locations")
@rules.doc(security=SIGNED_IN)
@rules.arguments(NewLocationForm)
@rules.response(HTTPStatus.CREATED, LocationSchema)
def add_location(sent: dict[str, Any]) -> dict[str, Any]:
    """One more location, without rooms yet."""
    with _deciding() as session:
        return location_document(session, places.add_location(session, **sent, by=hand()))


@rules.put("/locations/<int:location_id>")
@rules.doc(security=SIGNED_IN)
@rules.arguments(LocationForm)
@rules.response(HTTPStatus.OK, LocationSchema)
def change_location(sent: dict[str, Any], location_id: int) -> dict[str, Any]:
    """Another name or address."""
    with _deciding() as session:
        one = places.change_location(session, location_id, **sent, by=hand())
        return location_document(session, one)


@rules.post("/locations/<int:location_id>/close")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, LocationSchema)
def close_location(location_id: int) -> dict[str, Any]:
    """Its rooms are given no more."""
    with _deciding() as session:
        one: Location = places.close_location(session, location_id, by=hand(), now=utcnow())
        return location_document(session, one)


@rules.post("/locations/<int:location_id>/open")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, LocationSchema)
def open_location(location_id: int) -> dict[str, Any]:
    """Its rooms are given again."""
    with _deciding() as session:
        return location_document(session, places.open_location(session, location_id, by=hand()))


@rules.post("/locations/<int:location_id>/rooms")
@rules.doc(security=SIGNED_IN)
@rules.arguments(NewRoomForm)
@rules.response(HTTPStatus.CREATED, RoomSchema)
def add_room(sent: dict[str, Any], location_id: int) -> dict[str, Any]:
    """One more room."""
    with _deciding() as session:
        return room_document(session, places.add_room(session, location_id, **sent, by=hand()))


@rules.put("/rooms/<int:room_id>")
@rules.doc(security=SIGNED_IN)
@rules.arguments(RoomForm)
@rules.response(HTTPStatus.OK, RoomSchema)
def change_room(sent: dict[str, Any], room_id: int) -> dict[str, Any]:
    """Another name, or another location that it belongs to."""
    with _deciding() as session:
        if sent["location_id"] not in {one.location.id for one in places.houses(session)}:
            raise NeedsAnotherLook({"location_id": ["Choose a location."]})
        return room_document(session, places.change_room(session, room_id, **sent, by=hand()))


@rules.post("/rooms/<int:room_id>/close")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, RoomSchema)
def close_room(room_id: int) -> dict[str, Any]:
    """It is given no more."""
    with _deciding() as session:
        one: Room = places.close_room(session, room_id, by=hand(), now=utcnow())
        return room_document(session, one)


@rules.post("/rooms/<int:room_id>/open")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, RoomSchema)
def open_room(room_id: int) -> dict[str, Any]:
    """It is given again."""
    with _deciding() as session:
        return room_document(session, places.open_room(session, room_id, by=hand()))


# ---------------------------------------------------------------- holidays and closures


@rules.get("/holidays")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, HolidaysSchema)
def holidays() -> dict[str, Any]:
    """Whose public holidays are kept."""
    with database().begin() as session:
        return _holidays(session, closures.rules(session))


def _holidays(session: Session, row: PracticeRules) -> dict[str, Any]:
    now = utcnow()
    names = public_holidays.names(row.holidays, now.year)
    return holidays_document(row, names, out_of_hours.count(session, now=now))


@rules.put("/holidays")
@rules.doc(security=SIGNED_IN)
@rules.arguments(HolidaysForm)
@rules.response(HTTPStatus.OK, HolidaysSchema)
def set_holidays(sent: dict[str, Any]) -> dict[str, Any]:
    """Close on the holidays of a region, but for those that are worked; no region: on none."""
    with _deciding() as session:
        today = utcnow().astimezone(practice_zone()).date()
        row = closures.set_holidays(session, **sent, today=today, by=hand())
        return _holidays(session, row)


@rules.get("/closures")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, ClosuresSchema)
def closed_days() -> dict[str, Any]:
    """The practice's own closed days that are not over."""
    today = utcnow().astimezone(practice_zone()).date()
    with database().begin() as session:
        found = closures.closed_days(session, since=today)
        return {"closures": [closure_document(one) for one in found]}


@rules.post("/closures")
@rules.doc(security=SIGNED_IN)
@rules.arguments(DaysOffForm)
@rules.response(HTTPStatus.CREATED, NewClosureSchema)
def close(sent: dict[str, Any]) -> dict[str, Any]:
    """Close the practice on whole local days. Sent twice, they are closed once."""
    with _deciding() as session:
        row = closures.close(
            session,
            first=sent["first_day"],
            last=sent["last_day"],
            reason=sent["reason"] or "",
            today=utcnow().astimezone(practice_zone()).date(),
            by=hand(),
        )
        return {**closure_document(row), "outside": out_of_hours.count(session, now=utcnow())}


@rules.delete("/closures/<int:closure_id>")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.NO_CONTENT)
def open_again(closure_id: int) -> Response:
    """These are usual days again; so they stay, however often it is asked."""
    with _deciding() as session:
        closures.open_again(session, closure_id, by=hand())
    return make_response("", HTTPStatus.NO_CONTENT)


# ---------------------------------------------------------------- two people


@rules.get("/couples")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, CouplesSchema)
def couples() -> dict[str, Any]:
    """Who of two people may change what (N7)."""
    with database().begin() as session:
        return couples_document(closures.rules(session))


@rules.put("/couples")
@rules.doc(security=SIGNED_IN)
@rules.arguments(SetCouplesSchema)
@rules.response(HTTPStatus.OK, CouplesSchema)
def set_couples(sent: dict[str, Any]) -> dict[str, Any]:
    """Let it count from the next move on. What is being asked for already stays asked for."""
    with _deciding() as session:
        return couples_document(couple_rules.set_rule(session, **sent, by=hand()))


# ---------------------------------------------------------------- what was changed


@rules.get("/rule-changes")
@rules.doc(security=SIGNED_IN)
@rules.response(HTTPStatus.OK, RuleChangesSchema)
def changes() -> dict[str, Any]:
    """Who changed which rule, from what to what; nothing of it is ever changed."""
    with database().begin() as session:
        return {"changes": list(rule_changes.latest(session, count=LATEST))}
