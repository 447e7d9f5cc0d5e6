"""A person's pages, as a browser without scripts sees them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import func, text, update

from services.scheduler.app import create_app
from services.scheduler.models import Appointment, Base
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import new_token
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    a_contact,
    an_invitation,
    events,
    live_rows,
    local,
    slot_values,
    token_of,
    words,
)


@pytest.fixture
def token(scheduler_db: Database) -> str:
    """Someone who may book with Dana, every day from nine to five."""
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana")
        return token_of(an_invitation(session).id)


def day_in(weeks: int) -> str:
    return (utcnow().astimezone(NEW_YORK).date() + timedelta(weeks=weeks)).isoformat()


def held(visitor: Visitor, token: str, number: int = 0) -> str:
    """Choose a time next week and hold it; returns what the form sent."""
    page = visitor.open(f"/t/{token}?day={day_in(1)}")
    value = slot_values(page)[number]
    assert visitor.send(f"/t/{token}/hold", page, start=value).status_code == 303
    return value


def booked(visitor: Visitor, token: str, number: int = 0) -> str:
    """The whole way; returns the path of the person's own page."""
    value = held(visitor, token, number)
    check = visitor.open(f"/t/{token}/check")
    answer = visitor.send(f"/t/{token}/book", check, start=value, how="phone")
    assert answer.status_code == 303
    path: str = answer.location
    return path


def test_a_person_chooses_checks_and_books_without_a_script(visitor, token, scheduler_db):
    choose = visitor.open(f"/t/{token}")
    assert "Choose a time for your call" in words(choose)
    assert "Eastern Time (New York)" in words(choose)

    value = slot_values(choose)[0]
    hold = visitor.send(f"/t/{token}/hold", choose, start=value, anyone="true")
    assert (hold.status_code, hold.location) == (303, f"/t/{token}/check")

    check = visitor.open(hold.location)
    assert "Is this right?" in words(check)
    assert "Call 914-555-0177, first name only, no voice message" in words(check)

    book = visitor.send(f"/t/{token}/book", check, start=value, how="phone")
    assert book.status_code == 303
    ticket = visitor.open(book.location)
    assert "Your time is booked" in words(ticket)
    assert "Dana Whitlock will call 914-555-0177" in words(ticket)
    assert "We will not leave a voice message, and we will not text." in words(ticket)
    assert events(scheduler_db) == ["appointment.booked.v1"]


def test_the_first_booking_link_asks_intake_once_and_never_again(visitor, intake, scheduler_db):
    with scheduler_db.begin() as session:
        a_clinician(session)
    token = intake.permits()

    first = visitor.open(f"/t/{token}")
    intake.silent = True
    again = visitor.open(f"/t/{token}")

    assert (first.status_code, again.status_code) == (200, 200)
    assert intake.asked == ["/internal/booking-permissions"]


def test_a_link_that_nobody_knows_is_not_found(visitor, intake, scheduler_db):
    answers = [visitor.open(f"/t/{link}") for link in (new_token(), "short", "x" * 43)]
    manage = visitor.open(f"/m/{new_token()}")

    assert {answer.status_code for answer in [*answers, manage]} == {404}
    assert len({words(answer) for answer in [*answers, manage]}) == 1


def test_a_new_link_waits_for_intake_when_intake_is_silent(visitor, intake, scheduler_db):
    intake.silent = True

    answer = visitor.open(f"/t/{intake.permits()}")

    assert answer.status_code == 503
    assert "914-555-0132" in words(answer)


def test_someone_who_tries_link_after_link_has_to_wait(visitor, intake, scheduler_db):
    statuses = [visitor.open(f"/t/{new_token()}").status_code for _ in range(31)]

    assert statuses == [404] * 30 + [429]


def test_without_any_hours_the_page_says_what_to_do(visitor, scheduler_db):
    with scheduler_db.begin() as session:
        token = token_of(an_invitation(session).id)

    page = visitor.open(f"/t/{token}")

    assert page.status_code == 200
    assert "No free times just now" in words(page)
    assert "914-555-0132" in words(page)


def test_a_day_without_free_times_says_so(visitor, token):
    page = visitor.open(f"/t/{token}?day={day_in(30)}")

    assert page.status_code == 200
    assert "No free times on" in words(page)


@pytest.mark.parametrize(
    "query", ["day=tomorrow", "day=9999-12-31", "day=0001-01-01", "from=x", "with=nobody", "with="]
)
def test_a_mistyped_address_still_shows_times(visitor, token, query):
    page = visitor.open(f"/t/{token}?{query}")

    assert page.status_code == 200
    assert slot_values(page)


def test_p3_a_taken_time_is_answered_with_what_is_still_free(visitor, app, token, scheduler_db):
    with scheduler_db.begin() as session:
        rival = token_of(an_invitation(session).id)
    page = visitor.open(f"/t/{token}?day={day_in(1)}")
    value = slot_values(page)[0]
    held(Visitor(app.test_client()), rival)

    answer = visitor.send(f"/t/{token}/hold", page, start=value)

    assert answer.status_code == 409
    assert "Someone took that time a moment ago. These are still free." in words(answer)
    assert value not in slot_values(answer)
    assert slot_values(answer)


def test_no_time_chosen_is_said_beside_the_times(visitor, token):
    page = visitor.open(f"/t/{token}")

    answer = visitor.send(f"/t/{token}/hold", page)

    assert answer.status_code == 422
    assert "Choose a time." in words(answer)
    assert slot_values(answer)


@pytest.mark.parametrize("value", ["", "now", "2027-03-10T15:30Z", "2027-03-10T15:30Z/x", "9" * 99])
def test_a_time_that_is_no_time_is_refused_kindly(visitor, token, value):
    page = visitor.open(f"/t/{token}")

    assert visitor.send(f"/t/{token}/hold", page, start=value).status_code == 422


def test_how_to_talk_has_to_be_said(visitor, token):
    value = held(visitor, token)
    check = visitor.open(f"/t/{token}/check")

    answer = visitor.send(f"/t/{token}/book", check, start=value)

    assert answer.status_code == 422
    assert "Say how you would like to talk." in words(answer)


def test_p3_a_hold_that_ran_out_costs_the_time_only(visitor, token, scheduler_db):
    held(visitor, token)
    with scheduler_db.begin() as session:
        session.execute(update(Appointment).values(hold_until=func.clock_timestamp()))

    answer = visitor.open(f"/t/{token}/check")
    again = visitor.open(answer.location)

    assert answer.status_code == 303
    assert "The time we were holding has run out. Your answers are kept." in words(again)
    assert slot_values(again)


def test_a_booking_sent_twice_leads_to_the_same_page(visitor, token, scheduler_db):
    value = held(visitor, token)
    check = visitor.open(f"/t/{token}/check")

    answers = [visitor.send(f"/t/{token}/book", check, start=value, how="phone") for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(live_rows(scheduler_db)) == 1


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


def test_p16_a_moved_time_keeps_its_uid_and_raises_its_sequence(visitor, token):
    own = booked(visitor, token)
    before = Calendar.from_ical(visitor.open(f"{own}/appointment.ics").data).walk("VEVENT")[0]

    page = visitor.open(f"{own}/times?day={day_in(2)}")
    answer = visitor.send(f"{own}/move", page, start=slot_values(page)[0])

    after = Calendar.from_ical(visitor.open(f"{own}/appointment.ics").data).walk("VEVENT")[0]
    assert (answer.status_code, answer.location) == (303, own)
    assert after["uid"] == before["uid"]
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
    again = visitor.send(f"{own}/book", check, start=value, how="video")

    assert again.location not in (None, own)
    assert "by video" in words(visitor.open(again.location))
    assert "Your time is cancelled" in words(visitor.open(own))
    assert len(live_rows(scheduler_db)) == 1


def test_p22_too_close_to_the_time_the_page_asks_to_call_and_nothing_changes(
    visitor, token, scheduler_db
):
    own = booked(visitor, token)
    with scheduler_db.begin() as session:
        soon = utcnow() + timedelta(hours=23)
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": soon, "b": soon + timedelta(minutes=20)},
        )

    manage = visitor.open(f"{own}/change")
    cancel = visitor.send(f"{own}/cancel", visitor.open(f"/t/{token}/zone"))
    page = visitor.open(f"{own}/times?day={day_in(2)}")
    move = visitor.send(f"{own}/move", page, start=slot_values(page)[0])

    assert "please call" in words(manage)
    assert "Yes, cancel it" not in words(manage)
    assert (cancel.status_code, move.status_code) == (409, 409)
    assert "Please call us" in words(cancel)
    assert live_rows(scheduler_db)[0].sequence == 0


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


def test_p15_a_person_chooses_the_zone_in_which_times_are_shown(visitor, token):
    form = visitor.open(f"/t/{token}/zone")
    answer = visitor.send(f"/t/{token}/zone", form, timezone="Asia/Kolkata")

    page = visitor.open(answer.location)

    assert "India Standard Time (Kolkata)" in words(page) or "India" in words(page)
    assert "7:30 pm" in words(visitor.open(f"/t/{token}?day={day_in(1)}"))


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus_Mons", "EST", "../../etc/passwd", "Europe/Berlin ", "x" * 5000]
)
def test_a_zone_that_is_none_is_refused_beside_the_field(visitor, token, name):
    form = visitor.open(f"/t/{token}/zone")

    answer = visitor.send(f"/t/{token}/zone", form, timezone=name)

    assert answer.status_code == 422
    assert "Choose a time zone from the list." in words(answer)


@pytest.mark.parametrize(
    "cookie", ["Europe%2FBerlin", "Nowhere%2FAtAll", "%00", "%ff%fe", "x" * 4000]
)
def test_a_browsers_zone_is_believed_only_if_it_is_one(visitor, token, cookie):
    visitor.client.set_cookie("zone", cookie)

    page = visitor.open(f"/t/{token}")

    assert page.status_code == 200
    assert ("Berlin" in words(page)) == cookie.startswith("Europe")


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


def test_p21_one_persons_link_never_changes_anothers_time(visitor, app, token, scheduler_db):
    with scheduler_db.begin() as session:
        other = token_of(an_invitation(session).id)
    own = booked(visitor, token)
    theirs = booked(Visitor(app.test_client()), other, 1)
    before = tables(scheduler_db)["appointment"]

    for made_up in (uuid4(), own.removeprefix("/m/")[:-1] + "A", theirs[3:-1]):
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


def test_nothing_about_a_person_stands_in_an_address_or_a_log_line(visitor, token, capfd, settings):
    own = booked(visitor, token)
    visitor.open(own)

    said = "".join(capfd.readouterr())

    for canary in ("Rowan", "Teller", "rowan@example.org", "9145550177", "914-555-0177", token):
        assert canary not in said
        assert canary not in own.replace(token, "") if canary != token else True


def test_a_second_app_with_the_same_secret_writes_the_same_link(visitor, token, settings):
    own = booked(visitor, token)

    other = Visitor(create_app(settings).test_client())

    assert other.open(own).status_code == 200


def test_the_page_shows_its_times_in_the_persons_zone(visitor, token):
    page = visitor.open(f"/t/{token}?day={day_in(1)}")

    first = local(utcnow().astimezone(NEW_YORK).date() + timedelta(weeks=1), "09:00")
    assert slot_values(page)[0].startswith(f"{first:%Y-%m-%dT%H:%MZ}")
    assert "9:00 am" in words(page)
