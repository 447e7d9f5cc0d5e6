"""Choosing a time, as a browser without scripts sees it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import func, update

from services.scheduler.models import Appointment, AppointmentType
from shared.clock import utcnow
from shared.tokens import new_token
from tests.integration.scheduler.browsing import booked, day_in, held
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    an_invitation,
    events,
    hours,
    live_rows,
    local,
    slot_values,
    token_of,
    words,
)


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

    book = visitor.send(f"/t/{token}/book", check, start=value, how="phone", location="NY")
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


def test_a_type_that_has_ended_leads_back_to_the_form_or_the_phone(visitor, token, scheduler_db):
    with scheduler_db.begin() as session:
        session.execute(update(AppointmentType).values(ended_at=utcnow()))

    page = visitor.open(f"/t/{token}")

    assert page.status_code == 200
    assert "We no longer offer this kind of appointment" in words(page)
    assert "Call 914-555-0132 Back to the form" in words(page)
    assert "No free times" not in words(page)
    assert "Tell me when a time opens" not in words(page)
    assert "minutes, by phone" not in words(page)


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

    answer = visitor.send(f"/t/{token}/book", check, start=value, location="NY")

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

    answers = [
        visitor.send(f"/t/{token}/book", check, start=value, how="phone", location="NY")
        for _ in range(2)
    ]

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(live_rows(scheduler_db)) == 1


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


def test_nothing_about_a_person_stands_in_an_address_or_a_log_line(visitor, token, capfd, settings):
    own = booked(visitor, token)
    visitor.open(own)

    said = "".join(capfd.readouterr())

    for canary in ("Rowan", "Teller", "rowan@example.org", "9145550177", "914-555-0177", token):
        assert canary not in said
        assert canary not in own.replace(token, "") if canary != token else True


def test_the_page_shows_its_times_in_the_persons_zone(visitor, token):
    page = visitor.open(f"/t/{token}?day={day_in(1)}")

    first = local(utcnow().astimezone(NEW_YORK).date() + timedelta(weeks=1), "09:00")
    assert slot_values(page)[0].startswith(f"{first:%Y-%m-%dT%H:%MZ}")
    assert "9:00 am" in words(page)


def test_the_soonest_times_are_links_that_choose_them_and_hold_nothing(
    visitor, token, scheduler_db
):
    page = visitor.open(f"/t/{token}")
    links = soonest_of(page)
    assert len(links) == 3
    first = slot_values(page)[0]
    assert [part.split("/")[0] for part in slot_values(page)[:3]] == [
        unquote(parse_qs(urlsplit(link).query)["at"][0]) for link in links
    ]

    chosen = visitor.open(links[0])

    assert f'value="{first}" checked' in chosen.get_data(as_text=True)
    assert "checked" not in page.get_data(as_text=True)
    assert live_rows(scheduler_db) == []
    sent = visitor.send(f"/t/{token}/hold", chosen, start=first, anyone="true")
    assert (sent.status_code, sent.location) == (303, f"/t/{token}/check")


def test_the_soonest_times_are_those_of_the_clinician_who_is_asked_for(
    visitor, token, scheduler_db
):
    with scheduler_db.begin() as session:
        late = a_clinician(session, "Ada Obi", weekly=hours(("16:00", "16:40")))

    links = soonest_of(visitor.open(f"/t/{token}?with={late.id}"))
    chosen = visitor.open(links[0])

    assert all(f"with={late.id}" in link for link in links)
    (checked,) = re.findall(r'value="([^"]+)" checked', chosen.get_data(as_text=True))
    assert checked.endswith(str(late.id))


@pytest.mark.parametrize(
    "at", ["", "soon", "2020-01-01T09:00Z", "9999-12-31T23:59Z", "0001-01-01T00:00Z"]
)
def test_a_soonest_time_that_has_gone_or_never_was_chooses_nothing(visitor, token, at):
    page = visitor.open(f"/t/{token}?at={at}")

    assert page.status_code == 200
    assert "checked" not in page.get_data(as_text=True)


def soonest_of(page: Any) -> list[str]:
    """The links under the heading "Soonest"."""
    part = re.search(r'<nav class="soonest.*?</nav>', page.get_data(as_text=True), re.DOTALL)
    assert part
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', part[0])]
