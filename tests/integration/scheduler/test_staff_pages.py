"""The staff's pages: the way in, today, the week, hours and people."""

import re
from base64 import urlsafe_b64decode
from datetime import date, timedelta
from typing import Any
from zlib import decompress

import pytest
from sqlalchemy import select, update

from services.scheduler.app import first_run_link, new_owner_link
from services.scheduler.models import Availability, DateOverride, StaffAccount, StaffLink
from services.scheduler.operations import bookings, holds
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import service_token
from tests.integration.scheduler.world import (
    NEW_YORK,
    SERVICE_KEY,
    Visitor,
    a_clinician,
    an_invitation,
    local,
    words,
)

PASSWORD = "seven quiet herons at dusk"
OWNER = {
    "name": "Dana Whitlock",
    "email": "dana@harborlane.example",
    "password": PASSWORD,
    "credentials": "LMFT",
    "video_room": "",
}


def path(link: str | None) -> str:
    """The part of an address that the app itself sees."""
    assert link
    return link.split("/schedule", 1)[1]


@pytest.fixture
def door(visitor: Visitor, settings: Settings) -> str:
    return path(first_run_link(settings))


@pytest.fixture
def owner(visitor: Visitor, door: str) -> Visitor:
    """Dana, signed in."""
    answer = visitor.send(door, visitor.open(door), **OWNER)
    assert answer.status_code == 303
    return visitor


# ---------------------------------------------------------------- the way in


def test_the_first_run_link_makes_the_owner_and_signs_them_in(visitor, door, scheduler_db):
    assert "Make your account" in words(visitor.open(door))

    answer = visitor.send(door, visitor.open(door), **OWNER)

    assert (answer.status_code, answer.location) == (303, "/staff/hours")
    assert "Set your hours first" in words(visitor.open("/staff/hours"))
    with scheduler_db.begin() as session:
        account = session.scalars(select(StaffAccount)).one()
    assert account.role == "owner"
    assert (account.password_hash or "").startswith("$argon2id$")


def test_a_link_works_once_and_looking_does_not_use_it(visitor, app, door, settings):
    for _ in range(3):
        assert visitor.open(door).status_code == 200
    visitor.send(door, visitor.open(door), **OWNER)

    stranger = Visitor(app.test_client())
    assert stranger.open(door).status_code == 410
    assert stranger.send(door, **OWNER).status_code == 410
    assert first_run_link(settings) is None


def test_a_new_first_run_link_takes_the_place_of_the_old(visitor, door, settings):
    newer = path(first_run_link(settings))

    assert (visitor.open(door).status_code, visitor.open(newer).status_code) == (410, 200)


def test_a_link_that_has_run_out_does_not_work(visitor, door, scheduler_db):
    with scheduler_db.begin() as session:
        session.execute(update(StaffLink).values(expires_at=utcnow() - timedelta(seconds=1)))

    assert visitor.open(door).status_code == 410


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Write the name that clients will see."),
        ("email", "dana", "Write the whole address"),
        ("password", "short", "Use at least 15 characters."),
        ("password", "password password", "Others use this too."),
        ("video_room", "javascript:alert(1)", "beginning with https://"),
        ("name", "Dana\x00", "leave out the characters"),
    ],
)
def test_a_bad_field_is_said_beside_it_and_the_link_still_works(visitor, door, field, value, said):
    answer = visitor.send(door, visitor.open(door), **{**OWNER, field: value})

    assert answer.status_code == 422
    assert said in words(answer)
    assert PASSWORD not in answer.get_data(as_text=True)
    assert visitor.send(door, answer, **OWNER).status_code == 303


def test_signing_out_ends_the_session_everywhere(owner, app):
    page = owner.open("/staff/")
    cookie = owner.client.get_cookie("staff")
    assert page.status_code == 200
    assert cookie

    left = owner.send("/staff/sign-out", page)

    assert left.location == "/staff/sign-in"
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = app.test_client()
    thief.set_cookie("staff", cookie.value)
    session_id = re.search(r'"s":"([^"]+)"', unsigned(cookie.value))
    assert session_id
    pass_ = service_token(SERVICE_KEY, issuer="intake", audience="scheduler")
    answer = thief.get(
        f"/internal/staff-sessions/{session_id.group(1)}",
        headers={"Authorization": f"Bearer {pass_}"},
    )
    assert answer.status_code == 404


def unsigned(cookie: str) -> str:
    """What the cookie says, without looking at its signature."""
    packed = cookie.rsplit(".", 1)[0]
    text = packed.lstrip(".")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return (decompress(data) if packed.startswith(".") else data).decode()


def test_another_service_learns_whose_session_it_is(owner, app):
    cookie = owner.client.get_cookie("staff")
    assert cookie
    session_id = re.search(r'"s":"([^"]+)"', unsigned(cookie.value))
    assert session_id
    pass_ = service_token(SERVICE_KEY, issuer="intake", audience="scheduler")

    answer = app.test_client().get(
        f"/internal/staff-sessions/{session_id.group(1)}",
        headers={"Authorization": f"Bearer {pass_}"},
    )

    assert answer.get_json()["name"] == "Dana Whitlock"
    assert answer.get_json()["role"] == "owner"


def signing_in(visitor: Visitor, **changes: str) -> Any:
    form = {"email": OWNER["email"], "password": PASSWORD, **changes}
    return visitor.send("/staff/sign-in", visitor.open("/staff/sign-in"), **form)


def test_signing_in_leads_to_the_page_that_was_asked_for(owner, app):
    back = Visitor(app.test_client())
    asked = back.open("/staff/calendar")
    assert asked.location.startswith("/schedule/staff/sign-in?next=")

    answer = signing_in(back, next="/schedule/staff/calendar", email=" DANA@harborlane.example ")

    assert (answer.status_code, answer.location) == (303, "/schedule/staff/calendar")


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/\\example.org"])
def test_signing_in_leads_to_no_other_site(owner, app, elsewhere):
    answer = signing_in(Visitor(app.test_client()), next=elsewhere)

    assert answer.location == "/schedule/staff/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(owner, app):
    wrong = signing_in(Visitor(app.test_client()), password="seven quiet herons at dawn")
    unknown = signing_in(Visitor(app.test_client()), email="nobody@example.org")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert words(wrong) == words(unknown)


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(owner, app):
    stranger = Visitor(app.test_client())

    statuses = [signing_in(stranger, password="wrong " * 4).status_code for _ in range(6)]
    right = signing_in(stranger)

    assert statuses == [401] * 5 + [429]
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0


def test_whoever_runs_the_suite_can_print_a_link_that_signs_the_owner_in(owner, app, settings):
    link = path(new_owner_link(settings))
    browser = Visitor(app.test_client())

    page = browser.open(link)
    assert page.status_code == 200
    assert browser.open("/staff/").status_code == 303

    assert browser.send(link, page).status_code == 303
    assert browser.open("/staff/").status_code == 200
    assert browser.open(link).status_code == 410


def test_before_the_first_account_that_link_is_the_first_run_link(visitor, settings):
    assert path(new_owner_link(settings)).startswith("/staff/first-run/")


# ---------------------------------------------------------------- hours


def test_hours_are_kept_as_they_were_typed(owner, scheduler_db):
    page = owner.open("/staff/hours")
    form = {"from-1": ["09:00", "13:00", ""], "until-1": ["12:00", "00:00", ""]}

    answer = owner.send("/staff/hours", page, **form)

    assert answer.status_code == 303
    with scheduler_db.begin() as session:
        rows = session.scalars(select(Availability).order_by(Availability.starts)).all()
    assert [(f"{row.starts:%H:%M}", f"{row.ends:%H:%M}", row.overnight) for row in rows] == [
        ("09:00", "12:00", False),
        ("13:00", "00:00", True),
    ]
    assert "14 hours a week" in words(owner.open("/staff/hours"))


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (["09:00", "11:00"], ["12:00", "13:00"], "These hours overlap with the ones above."),
        (["14:00"], ["13:00"], "The end has to be later than the start."),
        (["09:00"], [""], "Write both times, or leave both blank."),
        (["nine"], ["ten"], "Write the times like this: 09:30."),
        (["09:00"], ["09:10"], "One visit takes 20 minutes; these hours are shorter."),
    ],
)
def test_hours_that_can_not_be_kept_come_back_with_what_to_do(
    owner, scheduler_db, starts, ends, said
):
    page = owner.open("/staff/hours")

    answer = owner.send("/staff/hours", page, **{"from-2": starts, "until-2": ends})

    assert answer.status_code == 422
    assert said in words(answer)
    for typed in (*starts, *ends):
        assert f'value="{typed}"' in answer.get_data(as_text=True)
    with scheduler_db.begin() as session:
        assert session.scalars(select(Availability)).all() == []


def test_one_more_row_is_asked_for_without_saving(owner, scheduler_db):
    page = owner.open("/staff/hours")

    more = owner.send("/staff/hours", page, **{"from-1": "09:00", "until-1": "12:00", "add": "1"})
    none = owner.send("/staff/hours", more, **{"from-1": "09:00", "until-1": "12:00", "clear": "1"})

    html = more.get_data(as_text=True)
    assert html.count('name="from-1"') == 2
    assert 'value="09:00"' in html
    assert none.get_data(as_text=True).count('name="from-1"') == 0
    with scheduler_db.begin() as session:
        assert session.scalars(select(Availability)).all() == []


def test_a_day_is_closed_and_opened_again(owner, scheduler_db):
    day = (utcnow().date() + timedelta(days=30)).isoformat()
    page = owner.open("/staff/hours")

    closed = owner.send("/staff/hours/days-off", page, day=day)
    assert closed.status_code == 303
    with scheduler_db.begin() as session:
        assert session.scalars(select(DateOverride.day)).all() == [date.fromisoformat(day)]

    opened = owner.send(f"/staff/hours/days-off/{day}/open", owner.open("/staff/hours"))
    assert opened.status_code == 303
    with scheduler_db.begin() as session:
        assert session.scalars(select(DateOverride.day)).all() == []


@pytest.mark.parametrize("day", ["", "soon", "9999-12-31"])
def test_a_day_that_is_none_is_refused_beside_the_field(owner, day):
    answer = owner.send("/staff/hours/days-off", owner.open("/staff/hours"), day=day)

    assert answer.status_code == 422


# ---------------------------------------------------------------- people


def colleague(owner: Visitor, app: Any) -> Visitor:
    """Marcus, added by Dana, signed in by his link."""
    page = owner.open("/staff/people/new")
    added = owner.send(
        "/staff/people/new", page, name="Marcus Oyelaran", email="marcus@harborlane.example"
    )
    link = re.search(r'value="([^"]+/staff/welcome/[^"]+)"', added.get_data(as_text=True))
    assert link
    browser = Visitor(app.test_client())
    welcome = path(link.group(1))
    answer = browser.send(welcome, browser.open(welcome), password="nine slow trains to Utica")
    assert answer.status_code == 303
    return browser


def test_a_new_clinician_chooses_a_password_by_a_link_and_sets_hours(owner, app):
    marcus = colleague(owner, app)

    page = marcus.open("/staff/hours")

    assert "Marcus Oyelaran" in words(page)
    assert "Marcus Oyelaran" in words(owner.open("/staff/people"))
    again = signing_in(
        Visitor(app.test_client()),
        email="marcus@harborlane.example",
        password="nine slow trains to Utica",
    )
    assert again.status_code == 303


def test_a_clinician_sets_own_hours_only_and_adds_nobody(owner, app):
    dana = re.search(r"who=([0-9a-f-]{36})", owner.open("/staff/hours").get_data(as_text=True))
    marcus = colleague(owner, app)
    assert dana

    assert marcus.open(f"/staff/hours?who={dana.group(1)}").status_code == 403
    page = marcus.open("/staff/hours")
    form = {"from-1": "09:00", "until-1": "12:00"}
    assert marcus.send(f"/staff/hours?who={dana.group(1)}", page, **form).status_code == 403
    assert marcus.open("/staff/people/new").status_code == 403
    assert marcus.send("/staff/people/new", page, name="X", email="x@y.example").status_code == 403


def test_an_address_that_somebody_uses_is_refused_beside_the_field(owner):
    page = owner.open("/staff/people/new")

    answer = owner.send("/staff/people/new", page, name="Dana Two", email=OWNER["email"].upper())

    assert answer.status_code == 422
    assert "Someone here uses that e-mail address already." in words(answer)


# ---------------------------------------------------------------- today and the week


def a_booking(database: Database, settings: Settings, **contact: Any) -> None:
    """Somebody comes to the first clinician at ten in two days."""
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)
    with database.begin() as session:
        bookings.book(
            session,
            invitation=an_invitation(session, **contact),
            wanted=Wanted(local(day, "10:00")),
            how="phone",
            timezone="America/New_York",
            settings=settings,
            now=utcnow(),
        )


def test_today_without_hours_says_what_to_do_first(owner):
    page = owner.open("/staff/")

    assert "Nobody can book yet." in words(page)
    assert "Nobody is booked today" in words(page)


def test_the_week_shows_the_person_at_the_hour_with_a_short_name(owner, settings, scheduler_db):
    with scheduler_db.begin() as session:
        who = a_clinician(session, "Ada Brandt")
    a_booking(scheduler_db, settings)
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)

    page = owner.open(f"/staff/calendar?who={who.id}&week={day}")

    assert "10:00 Rowan T., call" in words(page)
    assert "Ada Brandt, Eastern Time (New York)" in words(page)


def test_a_held_time_stands_in_the_week_without_a_name(owner, settings, scheduler_db):
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)
    with scheduler_db.begin() as session:
        who = a_clinician(session, "Ada Brandt")
    with scheduler_db.begin() as session:
        holds.hold(
            session,
            invitation=an_invitation(session),
            wanted=Wanted(local(day, "11:00")),
            settings=settings,
            now=utcnow(),
        )

    page = owner.open(f"/staff/calendar?who={who.id}&week={day}")

    assert "11:00 Held until" in words(page)
    assert "Rowan" not in words(page)


def test_today_shows_each_person_with_the_contact_plan_beside_the_name(
    owner, settings, scheduler_db
):
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt")
    a_booking(scheduler_db, settings)
    with scheduler_db.begin() as session:
        now = utcnow()
        session.connection().exec_driver_sql(
            "UPDATE appointment SET during = tstzrange(%s, %s)",
            (now + timedelta(seconds=1), now + timedelta(minutes=20)),
        )

    page = owner.open("/staff/?who=everyone")

    assert "Rowan Teller" in words(page)
    assert "Call is fine. First name only. No voice message, no texts. 914-555-0177" in words(page)
    assert "with Ada Brandt" in words(page)


@pytest.mark.parametrize(
    "query", ["week=x", "week=9999-12-31", "who=1", "who=00000000-0000-0000-0000-000000000000"]
)
def test_a_mistyped_calendar_address_still_shows_a_week(owner, query):
    assert owner.open(f"/staff/calendar?{query}").status_code == 200
