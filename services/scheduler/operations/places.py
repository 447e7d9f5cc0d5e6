"""Locations and their rooms: added, named, closed, opened again; never deleted.

Who is booked in a room that closes keeps it: only people move people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import NameTaken, NoSuchRule
from services.scheduler.models import Appointment
from services.scheduler.operations import rule_changes
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.practice_models import Location, Room
from shared.vocabulary import LIVE_STATUSES

Closable = TypeVar("Closable", Location, Room)

_NO_LOCATION: Final = "There is a location of that name already."
_NO_ROOM: Final = "This location has a room of that name already."


@dataclass(frozen=True)
class House:
    """A location and its rooms, closed ones among them, by name."""

    location: Location
    rooms: Sequence[Room]


def houses(session: Session) -> list[House]:
    """Every location, open ones first."""
    locations = session.scalars(
        select(Location).order_by(Location.ended_at.is_not(None), Location.name)
    ).all()
    rooms = session.scalars(select(Room).order_by(Room.ended_at.is_not(None), Room.name)).all()
    return [House(one, [room for room in rooms if room.location_id == one.id]) for one in locations]


def location(session: Session, location_id: int) -> Location:
    """One of them. Raises NoSuchRule."""
    return _found(session.get(Location, location_id))


def room(session: Session, room_id: int) -> Room:
    """One room. Raises NoSuchRule."""
    return _found(session.get(Room, room_id))


def _found(row: Closable | None) -> Closable:
    if row is None:
        raise NoSuchRule
    return row


def _locked(session: Session, model: type[Closable], number: int) -> Closable:
    """The row as it is now, ours until the commit; what points to it is not kept waiting."""
    return _found(
        session.get(model, number, with_for_update={"key_share": True}, populate_existing=True)
    )


def location_facts(one: Location) -> Facts:
    """What a location's form shows."""
    return {"name": one.name, "address": one.address}


def room_facts(one: Room) -> Facts:
    """What a room's form shows: its name, and the location that it belongs to."""
    return {"name": one.name, "location_id": one.location_id}


def add_location(session: Session, *, name: str, address: str, by: Hand) -> Location:
    """One more location, without rooms yet. Raises NameTaken."""
    one = Location(name=name, address=address)
    _keep(session, one, _NO_LOCATION)
    rule_changes.record(session, f"location:{one.id}", {}, location_facts(one), by=by)
    return one


def change_location(
    session: Session, location_id: int, *, version: str, name: str, address: str, by: Hand
) -> Location:
    """Another name or address. Raises NoSuchRule, ChangedMeanwhile, NameTaken."""
    one = _locked(session, Location, location_id)
    before = location_facts(one)
    rule_changes.refuse_stale(before, version)
    one.name, one.address = name, address
    _keep(session, one, _NO_LOCATION)
    rule_changes.record(session, f"location:{one.id}", before, location_facts(one), by=by)
    return one


def add_room(session: Session, location_id: int, *, name: str, by: Hand) -> Room:
    """One more room. Raises NoSuchRule, NameTaken."""
    one = Room(location_id=location(session, location_id).id, name=name)
    _keep(session, one, _NO_ROOM)
    rule_changes.record(session, f"room:{one.id}", {}, room_facts(one), by=by)
    return one


def change_room(
    session: Session, room_id: int, *, version: str, name: str, location_id: int, by: Hand
) -> Room:
    """Another name, or another location. Raises NoSuchRule, ChangedMeanwhile, NameTaken."""
    one = _locked(session, Room, room_id)
    before = room_facts(one)
    rule_changes.refuse_stale(before, version)
    one.name, one.location_id = name, location(session, location_id).id
    _keep(session, one, _NO_ROOM)
    rule_changes.record(session, f"room:{one.id}", before, room_facts(one), by=by)
    return one


def _keep(session: Session, row: Location | Room, sentence: str) -> None:
    """Flush, with the constraint's last word on names. Raises NameTaken; the rest stays usable."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise NameTaken(sentence) from error


def close_location(session: Session, location_id: int, *, by: Hand, now: datetime) -> Location:
    """No room of it is given any more. Closed already, nothing happens."""
    return _set_end(session, _locked(session, Location, location_id), now, by)


def open_location(session: Session, location_id: int, *, by: Hand) -> Location:
    """Its rooms are given again."""
    return _set_end(session, _locked(session, Location, location_id), None, by)


def close_room(session: Session, room_id: int, *, by: Hand, now: datetime) -> Room:
    """It is given to nobody any more. Closed already, nothing happens."""
    return _set_end(session, _locked(session, Room, room_id), now, by)


def open_room(session: Session, room_id: int, *, by: Hand) -> Room:
    """It is given again."""
    return _set_end(session, _locked(session, Room, room_id), None, by)


def _set_end(session: Session, one: Closable, at: datetime | None, by: Hand) -> Closable:
    closed = one.ended_at is not None
    if closed != (at is not None):
        one.ended_at = at
        about = f"{'location' if isinstance(one, Location) else 'room'}:{one.id}"
        rule_changes.record(session, about, {"closed": closed}, {"closed": not closed}, by=by)
    return one


def standing(
    session: Session, *, now: datetime, location_id: int | None = None, room_id: int | None = None
) -> int:
    """How many appointments are still to come in a room, or in any of a location's."""
    query = select(func.count()).where(
        Appointment.room_id == Room.id,
        Appointment.status.in_(LIVE_STATUSES),
        func.lower(Appointment.during) > now,
    )
    if room_id is not None:
        query = query.where(Room.id == room_id)
    if location_id is not None:
        query = query.where(Room.location_id == location_id)
    return session.scalar(query) or 0
