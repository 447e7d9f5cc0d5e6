"""A person's own page: what is true now, move, cancel, and nobody else's hand on it."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

from flask import Flask
from icalendar import Calendar
from sqlalchemy import text

from services.scheduler.app import create_app
from services.scheduler.models import Base
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.browsing import booked, day_in, held
from tests.integration.scheduler.world import (
    Visitor,
    a_clinician,
    a_contact,
    an_invitation,
    live_rows,
    slot_values,
    token_of,
    words,
)


def test_p20_the_booking_link_leads_to_what_was_booked(visitor, token):
    own = booked(visitor, token)

    for path in (f"/t/{token}", f"/t/{token}?day={day_in(1)}"):
        answer = visitor.open(path)
        assert (answer.status_code, answer.location) == (303, own)
    check = visitor.open(f"/t/{token}/check")
    assert check.status_code == 303


def test_p16_p19_the_calendar_file_says_appointment_and_nothing_else(visitor, token):
    own = booked(visitor, token)

    answer = visitor.open(f"{own}/appointment.ics")

    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    (event,) = calendar.walk("VEVENT")
    assert (calendar["method"], event["summary"], event["class"]) == (
        "PUBLISH",
        "Appointment",
        "PRIVATE",
    )
    assert "DESCRIPTION" not in event
    for canary in (b"Rowan", b"Teller", b"Dana", b"rowan@example.org", b"0177"):
        assert canary not in answer.data


def test_p16_fault_6_a_moved_time_keeps_its_uid_and_raises_its_sequence(visitor, token):
    own = booked(visitor, token)
    before = Calendar.from_ical(visitor.open(f"{own}/appointment.ics").data).walk("VEVENT")[0]

    page = visitor.open(f"{own}/times?day={day_in(2)}")
    answer = visitor.send(f"{own}/move", page, start=slot_values(page)[0], location="NY")

    after = Calendar.from_ical(visitor.open(f"{own}/appointment.ics").data).walk("VEVENT")[0]
    assert (answer.status_code, answer.location) == (303, own)
    assert after["uid"] == before["uid"]
    assert (
        UUID(before["uid"].split("@")[0]).version == 4
    )  # no row's number, equal in every practice
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["dtstart"].dt > before["dtstart"].dt


def test_a_move_offers_the_same_clinician_first_and_not_the_present_time(
    visitor, token, scheduler_db
):
    with scheduler_db.begin() as session:
        a_clinician(session, "Marcus Oyelaran")
    own = booked(visitor, token)

    page = visitor.open(f"{own}/times?day={day_in(1)}")

    start = live_rows(scheduler_db)[0].starts_at
    mine = {value.split("/")[1] for value in slot_values(page)}
    assert len(mine) == 1
    assert f"{start:%Y-%m-%dT%H:%MZ}" not in "".join(slot_values(page))


def test_a_cancelled_time_shows_as_cancelled_and_can_be_booked_anew(visitor, token, scheduler_db):
    own = booked(visitor, token)
    manage = visitor.open(f"{own}/change")
    assert "Yes, cancel it" in words(manage)

    answer = visitor.send(f"{own}/cancel", manage)
    gone = visitor.open(answer.location)
    assert "Your time is cancelled" in words(gone)
    assert b"METHOD:CANCEL" in visitor.open(f"{own}/appointment.ics").data

    page = visitor.open(f"{own}/times?day={day_in(2)}")
    value = slot_values(page)[0]
    check = visitor.open(visitor.send(f"{own}/hold", page, start=value).location)
    again = visitor.send(f"{own}/book", check, start=value, how="video", location="NY")

    assert again.location not in (None, own)
    assert "by video" in words(visitor.open(again.location))
    assert "Your time is cancelled" in words(visitor.open(own))
    assert len(live_rows(scheduler_db)) == 1


def test_p23_what_is_cancelled_is_moved_by_no_page_and_no_program(app, owner, token, scheduler_db):
    """Neither by the person who had it nor by staff: it stays where it was, and nobody is told."""
    person = Visitor(app.test_client())
    own = booked(person, token)
    page = person.open(f"{own}/times?day={day_in(2)}")
    value = slot_values(page)[0]
    start, who = value.split("/")
    (row,) = live_rows(scheduler_db)
    staff_move = f"/staff/appointments/{row.id}/move"
    staff_page = owner.open(f"{staff_move}?day={day_in(2)}")
    person.send(f"{own}/cancel", person.open(f"{own}/change"))
    before = tables(scheduler_db)
    bearer = {"Authorization": f"Bearer {own.removeprefix('/m/')}"}
    sent = {"start": start, "practitioner_id": who}

    answers = [
        person.send(f"{own}/move", page, start=value, location="NY"),
        person.client.post(
            "/api/appointment/move", headers=bearer, json={**sent, "location": "NY"}
        ),
        owner.send(staff_move, staff_page, start=value, reason="Asked by phone"),
        owner.client.post(
            f"/api/staff/appointments/{row.id}/move", json={**sent, "reason": "Asked by phone"}
        ),
    ]

    assert [one.status_code for one in answers] == [409] * 4
    assert tables(scheduler_db) == before


def test_p22_too_close_to_the_time_the_page_explains_and_nothing_changes(
    visitor, token, scheduler_db
):
    own = booked(visitor, token)
    with scheduler_db.begin() as session:
        soon = utcnow() + timedelta(minutes=90)
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": soon, "b": soon + timedelta(minutes=20)},
        )

    manage = visitor.open(f"{own}/change")
    cancel = visitor.send(f"{own}/cancel", visitor.open(f"/t/{token}/zone"))
    times = visitor.open(f"{own}/times?day={day_in(2)}")
    free = slot_values(visitor.open(f"/t/{a_permission(scheduler_db)}?day={day_in(2)}"))[0]
    move = visitor.send(f"{own}/move", manage, start=free, location="NY")

    assert "It is too close to the time to change it here. Send us your wish, or call." in words(
        manage
    )
    assert (times.status_code, times.location) == (303, f"{own}/change")
    assert "Yes, cancel it" not in words(manage)
    assert (cancel.status_code, move.status_code) == (409, 409)
    assert "Send us your wish, or call" in words(cancel)
    assert live_rows(scheduler_db)[0].sequence == 0


def a_permission(database: Database) -> str:
    with database.begin() as session:
        return token_of(an_invitation(session).id)


def test_a_time_that_is_over_says_so(visitor, token, scheduler_db):
    own = booked(visitor, token)
    with scheduler_db.begin() as session:
        past = utcnow() - timedelta(hours=2)
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": past, "b": past + timedelta(minutes=20)},
        )

    assert "This time is over" in words(visitor.open(own))
    assert "This time is over" in words(visitor.open(f"{own}/change"))


def test_someone_who_may_not_be_called_is_asked_to_call(visitor, scheduler_db):
    with scheduler_db.begin() as session:
        a_clinician(session)
        contact = a_contact(phone=None, channels={"email": True, "call": False})
        token = token_of(an_invitation(session, **contact).id)

    ticket = visitor.open(booked(visitor, token))

    assert "please call us at 914-555-0132 and ask for Dana Whitlock" in words(ticket)
    assert "will call" not in words(ticket)


def tables(database: Database) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table of ours, but for the counters of tries."""
    with database.begin() as session:
        return {
            table.name: sorted(tuple(map(str, row)) for row in session.execute(table.select()))
            for table in Base.metadata.sorted_tables
            if table.name != "throttle"
        }


def addresses(app: Flask, known: str) -> list[str]:
    """Each route of the app, with `known` wherever it wants a value."""
    return [re.sub(r"<[^>]+>", known, rule.rule) for rule in app.url_map.iter_rules()]


def test_p20_opening_any_address_with_get_or_head_changes_nothing(
    visitor, app, token, scheduler_db
):
    """P20: a mail scanner opens every link there is, once a time is held and once it is booked."""
    with scheduler_db.begin() as session:
        other = token_of(an_invitation(session).id)
    held(Visitor(app.test_client()), other)
    own = booked(visitor, token).removeprefix("/m/")
    before = tables(scheduler_db)

    for known in (token, own, other):
        for path in addresses(app, known):
            visitor.client.get(path)
            visitor.client.head(path)

    assert tables(scheduler_db) == before


def test_p21_a_booking_token_opens_no_appointment_and_a_manage_token_no_booking(visitor, token):
    own = booked(visitor, token).removeprefix("/m/")

    assert visitor.open(f"/m/{token}").status_code == 404
    assert visitor.open(f"/t/{own}").status_code == 404


def test_p21_fault_4_one_persons_link_never_changes_anothers_time(
    visitor, app, token, scheduler_db
):
    with scheduler_db.begin() as session:
        other = token_of(an_invitation(session).id)
    own = booked(visitor, token)
    theirs = booked(Visitor(app.test_client()), other, 1)
    before = tables(scheduler_db)["appointment"]

    for made_up in (uuid4(), own.removeprefix("/m/")[::-1], theirs[3:-1]):
        page = visitor.open(own)
        form = visitor.open(f"{own}/change")
        assert page.status_code == form.status_code == 200
        assert visitor.send(f"/m/{made_up}/cancel", form).status_code == 404
        assert visitor.send(f"/m/{made_up}/move", form, start="x").status_code in (404, 422)

    assert tables(scheduler_db)["appointment"] == before


def test_another_site_can_not_send_a_form_in_somebodys_name(visitor, token, scheduler_db):
    own = booked(visitor, token)

    answer = visitor.client.post(f"{own}/cancel", headers={"Sec-Fetch-Site": "cross-site"})
    bare = visitor.client.post(f"{own}/cancel")

    assert (answer.status_code, bare.status_code) == (403, 400)
    assert live_rows(scheduler_db)[0].status == "booked"


def test_a_second_app_with_the_same_secret_writes_the_same_link(visitor, token, settings):
    own = booked(visitor, token)

    other = Visitor(create_app(settings).test_client())

    assert other.open(own).status_code == 200
