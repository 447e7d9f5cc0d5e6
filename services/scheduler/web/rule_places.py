"""The pages of locations and rooms: add, name, close, open again; and which room is where."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.errors import NoSuchRule, StaffRefused
from services.scheduler.operations import places
from services.scheduler.web import rule_words
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_forms import LocationForm, NewLocationForm, NewRoomForm, RoomForm
from services.scheduler.web.rule_pages import filled, is_owner, typed
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("rule_places", __name__, url_prefix="/staff/rules/places")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

Refusal = FormErrors | StaffRefused

_IN_ROOM = "{is_} still to come in it"


@pages.get("")
def everywhere() -> ResponseReturnValue:
    """Every location with its rooms, and forms for more."""
    return _page()


def _page(refusal: Refusal | None = None, place: int | None = None) -> ResponseReturnValue:
    """The list. `place`: the location whose form for a room is wrong; 0, that for a location."""
    with database().begin() as session:
        shown = filled(session, {}, MultiDict(), refusal, beside="name")
        html = render_template(
            "scheduler/rule_places.html",
            named_errors=rule_words.named_errors,
            houses=places.houses(session),
            shown=shown,
            place=place,
            errors={
                f"room-{place}" if place and name == "name" else name: said
                for name, said in shown.errors.items()
            },
            owner=is_owner(),
        )
    return make_response(html, shown.status)


def _back() -> ResponseReturnValue:
    return redirect(url_for(".everywhere"), HTTPStatus.SEE_OTHER)


@pages.post("")
def add() -> ResponseReturnValue:
    """One more location."""
    owner_decides()
    try:
        form = load(NewLocationForm(), request.form)
        with database().begin() as session:
            places.add_location(session, **form, by=hand())
    except (FormErrors, StaffRefused) as refusal:
        return _page(refusal, 0)
    flash("Added. Now name its rooms.")
    return _back()


@pages.post("/<int:location_id>/rooms")
def add_room(location_id: int) -> ResponseReturnValue:
    """One more room of a location."""
    owner_decides()
    try:
        form = load(NewRoomForm(), request.form)
        with database().begin() as session:
            places.add_room(session, location_id, **form, by=hand())
    except NoSuchRule:
        raise
    except (FormErrors, StaffRefused) as refusal:
        return _page(refusal, location_id)
    flash("Added. It is given from now on.")
    return _back()


# ---------------------------------------------------------------- one of them


@pages.get("/<int:location_id>")
def location(location_id: int) -> ResponseReturnValue:
    """One location, to be named or closed."""
    return _location_page(location_id)


@pages.post("/<int:location_id>")
def change(location_id: int) -> ResponseReturnValue:
    """Another name or address."""
    owner_decides()
    try:
        form = load(LocationForm(), request.form)
        with database().begin() as session:
            places.change_location(session, location_id, **form, by=hand())
    except (FormErrors, StaffRefused) as refusal:
        return _location_page(location_id, refusal)
    flash("Saved.")
    return _back()


def _location_page(location_id: int, refusal: Refusal | None = None) -> ResponseReturnValue:
    with database().begin() as session:
        one = places.location(session, location_id)
        facts = places.location_facts(one)
        shown = filled(
            session, facts, typed(facts), refusal, about=f"location:{one.id}", beside="name"
        )
        html = render_template(
            "scheduler/rule_place.html",
            named_errors=rule_words.named_errors,
            one=one,
            shown=shown,
            action=url_for(".change", location_id=one.id),
            end=_end(one.ended_at is not None, location_id=one.id),
            standing=rule_words.stands(
                places.standing(session, now=utcnow(), location_id=one.id), _IN_ROOM
            ),
            owner=is_owner(),
        )
    return make_response(html, shown.status)


@pages.get("/rooms/<int:room_id>")
def room(room_id: int) -> ResponseReturnValue:
    """One room, to be named, moved to another location, or closed."""
    return _room_page(room_id)


@pages.post("/rooms/<int:room_id>")
def change_room(room_id: int) -> ResponseReturnValue:
    """Another name, or another location."""
    owner_decides()
    try:
        form = load(RoomForm(), request.form)
        with database().begin() as session:
            if form["location_id"] not in {one.location.id for one in places.houses(session)}:
                raise FormErrors({"location_id": ["Choose a location."]}, request.form)
            places.change_room(session, room_id, **form, by=hand())
    except (FormErrors, StaffRefused) as refusal:
        return _room_page(room_id, refusal)
    flash("Saved.")
    return _back()


def _room_page(room_id: int, refusal: Refusal | None = None) -> ResponseReturnValue:
    with database().begin() as session:
        one = places.room(session, room_id)
        facts = places.room_facts(one)
        shown = filled(session, facts, typed(facts), refusal, about=f"room:{one.id}", beside="name")
        html = render_template(
            "scheduler/rule_place.html",
            named_errors=rule_words.named_errors,
            one=one,
            shown=shown,
            locations=_locations(session, one.location_id),
            action=url_for(".change_room", room_id=one.id),
            end=_end(one.ended_at is not None, room_id=one.id),
            standing=rule_words.stands(
                places.standing(session, now=utcnow(), room_id=one.id), _IN_ROOM
            ),
            owner=is_owner(),
        )
    return make_response(html, shown.status)


def _locations(session: Session, own: int) -> list[tuple[str, str]]:
    return [
        (str(house.location.id), house.location.name)
        for house in places.houses(session)
        if house.location.ended_at is None or house.location.id == own
    ]


def _end(closed: bool, **which: Any) -> str:
    """Where the button leads that closes it, or opens it again."""
    of = "location" if "location_id" in which else "room"
    return url_for(f".{'open' if closed else 'close'}_{of}", **which)


# ---------------------------------------------------------------- closing


@pages.post("/<int:location_id>/close")
def close_location(location_id: int) -> ResponseReturnValue:
    """Its rooms are given no more."""
    return _done(
        lambda session: places.close_location(session, location_id, by=hand(), now=utcnow()),
        "Closed.",
        location_id=location_id,
    )


@pages.post("/<int:location_id>/open")
def open_location(location_id: int) -> ResponseReturnValue:
    """Its rooms are given again."""
    return _done(
        lambda session: places.open_location(session, location_id, by=hand()), "Open again."
    )


@pages.post("/rooms/<int:room_id>/close")
def close_room(room_id: int) -> ResponseReturnValue:
    """It is given no more."""
    return _done(
        lambda session: places.close_room(session, room_id, by=hand(), now=utcnow()),
        "Closed.",
        room_id=room_id,
    )


@pages.post("/rooms/<int:room_id>/open")
def open_room(room_id: int) -> ResponseReturnValue:
    """It is given again."""
    return _done(lambda session: places.open_room(session, room_id, by=hand()), "Open again.")


def _done(act: Callable[[Session], Any], words: str, **which: int) -> ResponseReturnValue:
    """Do it once, and say who keeps a time there."""
    owner_decides()
    with database().begin() as session:
        act(session)
        count = places.standing(session, now=utcnow(), **which) if which else 0
    flash(f"{words} {rule_words.stands(count, _IN_ROOM)}")
    return _back()
