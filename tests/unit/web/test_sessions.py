"""The staff session: how long it lasts, who ends it, and what a stranger sees instead."""

from datetime import timedelta
from http.cookies import SimpleCookie
from uuid import UUID

import pytest

from shared.clock import utcnow
from shared.peers import PeerUnavailable
from shared.vocabulary import Role
from shared.web.audiences import current_staff, staff_page
from shared.web.identity import StaffIdentity
from tests.unit.web.floor import DANA, make_app, sign_in

MINUTES = timedelta(minutes=1)


def test_a_stranger_is_sent_to_the_door_and_from_there_back():
    answer = make_app().test_client().get("/staff/")

    assert answer.status_code == 303
    assert answer.location == "/schedule/staff/sign-in?next=%2Fstaff%2F"


def test_a_stranger_s_form_is_not_kept_for_whoever_signs_in_next():
    client = make_app().test_client()
    client.set_cookie("seed", "s")
    token = _csrf_token(client)

    answer = client.post("/staff/", data={"csrf_token": token})

    assert answer.location == "/schedule/staff/sign-in"


def test_a_door_is_open_to_strangers():
    assert make_app().test_client().get("/staff/sign-in").text == "door"


def test_a_session_in_use_slides_on():
    client = make_app().test_client()
    now = utcnow()
    sign_in(client, started=now - timedelta(hours=11), seen=now - 14 * MINUTES)

    answer = client.get("/staff/")

    assert answer.status_code == 200
    assert "staff=" in answer.headers["Set-Cookie"]


def test_a_session_left_alone_for_fifteen_minutes_is_over():
    client = make_app().test_client()
    sign_in(client, started=utcnow() - 15 * MINUTES - timedelta(seconds=1))

    answer = client.get("/staff/")

    assert answer.location == "/schedule/staff/sign-in?away=1&next=%2Fstaff%2F"
    assert SimpleCookie(answer.headers["Set-Cookie"])["staff"].value == ""


def test_a_session_ends_after_twelve_hours_however_busy():
    client = make_app().test_client()
    now = utcnow()
    sign_in(client, started=now - timedelta(hours=12, seconds=1), seen=now)

    assert client.get("/staff/").status_code == 303


def test_the_scheduler_is_asked_again_after_a_minute():
    asked: list[UUID] = []

    def confirm(session_id: UUID) -> StaffIdentity:
        asked.append(session_id)
        return DANA

    client = make_app(confirm=confirm).test_client()
    now = utcnow()
    sign_in(client, started=now, confirmed=now - timedelta(seconds=30))
    client.get("/staff/")
    before = list(asked)
    sign_in(client, started=now, confirmed=now - timedelta(seconds=61))
    client.get("/staff/")
    client.get("/staff/")

    assert (before, asked) == ([], [DANA.session_id])


def test_a_session_ended_in_the_scheduler_ends_everywhere():
    client = make_app(confirm=lambda _: None).test_client()
    sign_in(client, started=utcnow(), confirmed=utcnow() - 2 * MINUTES)

    assert client.get("/staff/").status_code == 303


def test_who_can_not_be_confirmed_stays_outside():
    def confirm(_: UUID) -> StaffIdentity:
        raise PeerUnavailable("scheduler can't be reached")

    client = make_app(confirm=confirm).test_client()
    sign_in(client, started=utcnow(), confirmed=utcnow() - 2 * MINUTES)

    answer = client.get("/staff/")

    assert answer.status_code == 503
    assert "Dana Whitlock" not in answer.text


def test_a_role_taken_away_is_gone_within_a_minute():
    client = make_app(confirm=lambda _: DANA).test_client()  # the scheduler says: clinician
    was_owner = StaffIdentity(**{**DANA.__dict__, "role": Role.OWNER})
    now = utcnow()
    sign_in(client, started=now, identity=was_owner)
    before = client.get("/staff/owner/").status_code
    sign_in(client, started=now, confirmed=now - timedelta(seconds=61), identity=was_owner)

    assert (before, client.get("/staff/owner/").status_code) == (200, 403)


def test_a_cookie_that_we_did_not_sign_opens_nothing():
    client = make_app().test_client()
    other = make_app(service_key="another-key-another-key-another-key").test_client()
    sign_in(other, started=utcnow())
    forged = other.get_cookie("staff")
    assert forged is not None
    client.set_cookie("staff", forged.value)

    assert client.get("/staff/").status_code == 303


def test_the_cookie_is_bound_to_host_and_tls_where_there_is_tls():
    client = make_app(public_url="https://harborlane.example").test_client()
    sign_in(client, started=utcnow())

    cookie = client.get("/staff/", base_url="https://localhost").headers["Set-Cookie"]

    assert cookie.startswith("__Host-staff=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("asked_for", "led_to"),
    [
        ("/begin/staff/inquiries", "/begin/staff/inquiries"),
        ("/notify/staff/messages", "/notify/staff/messages"),
        (None, "/schedule/staff/"),
        ("https://elsewhere.example/schedule/staff/", "/schedule/staff/"),
        ("//elsewhere.example/begin/staff/", "/schedule/staff/"),
        ("/begin/staff/\\elsewhere.example", "/schedule/staff/"),
        ("/begin/staff/\r\nSet-Cookie: a=b", "/schedule/staff/"),
        ("/begin/step/1", "/schedule/staff/"),
    ],
)
def test_sign_in_leads_only_to_our_own_staff_pages(asked_for: str | None, led_to: str):
    with make_app().test_request_context():
        assert staff_page(asked_for) == led_to


def test_nobody_is_the_current_staff_on_a_page_for_everyone():
    with make_app().test_request_context("/page"), pytest.raises(LookupError):
        current_staff()


def _csrf_token(client) -> str:
    page = client.get("/page").text
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]
