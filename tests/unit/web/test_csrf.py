"""No other site can send a form in our visitors' name, and nobody loses what they wrote to that."""

import re

from flask.testing import FlaskClient

from shared.clock import utcnow
from tests.unit.web.floor import make_app, sign_in

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def token_on(client: FlaskClient, path: str = "/page") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def test_a_form_of_ours_gets_through():
    client = make_app().test_client()

    answer = client.post("/page", data={"csrf_token": token_on(client), "name": "Rowan"})

    assert 'value="Rowan"' in answer.text


def test_a_form_without_the_token_does_not():
    client = make_app().test_client()
    token_on(client)

    assert client.post("/page", data={"name": "Rowan"}).status_code == 400


def test_another_browser_s_token_does_not_fit():
    client, other = make_app().test_client(), make_app().test_client()
    token_on(client)

    assert client.post("/page", data={"csrf_token": token_on(other)}).status_code == 400


def test_a_page_has_the_same_bytes_each_time_it_is_asked_for():
    client = make_app().test_client()
    client.get("/page")

    assert client.get("/page").data == client.get("/page").data


def test_what_another_site_sends_is_refused_even_with_the_token():
    client = make_app().test_client()
    data = {"csrf_token": token_on(client)}

    by_fetch = client.post("/page", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    by_sibling = client.post("/page", data=data, headers={"Sec-Fetch-Site": "same-site"})
    by_origin = client.post("/page", data=data, headers={"Origin": "https://elsewhere.example"})

    assert [a.status_code for a in (by_fetch, by_sibling, by_origin)] == [403, 403, 403]


def test_our_own_pages_hide_their_origin_and_still_get_through():
    """With `Referrer-Policy: no-referrer` a browser sends `Origin: null` with our own forms."""
    client = make_app().test_client()
    data = {"csrf_token": token_on(client)}

    assert client.post("/page", data=data, headers={"Origin": "null"}).status_code == 200
    assert (
        client.post("/page", data=data, headers={"Origin": "http://localhost"}).status_code == 200
    )


def test_the_configured_origin_counts_as_ours_behind_a_gateway():
    client = make_app(public_url="https://harborlane.example").test_client()
    page = client.get("/page", base_url="https://10.0.0.3").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]

    answer = client.post(
        "/page",
        base_url="https://10.0.0.3",
        data={"csrf_token": token},
        headers={"Origin": "https://harborlane.example"},
    )

    assert answer.status_code == 200


def test_a_client_whose_form_is_too_old_gets_it_back_with_everything_in_it():
    client = make_app().test_client()

    answer = client.post(
        "/page", data={"csrf_token": "old", "name": 'Rowan "R" <b>'}, headers=SAME_SITE
    )

    assert answer.status_code == 400
    assert "Please send it again" in answer.text
    assert 'name="name" value="Rowan &#34;R&#34; &lt;b&gt;"' in answer.text
    assert answer.text.count('name="csrf_token"') == 1
    token = answer.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert client.post("/page", data={"csrf_token": token, "name": "R"}).status_code == 200


def test_a_stranger_s_form_is_not_offered_to_be_sent_again():
    client = make_app().test_client()

    answer = client.post("/page", data={"name": "Mallory"})

    assert answer.status_code == 400
    assert "Mallory" not in answer.text


def test_staff_forms_are_never_echoed():
    client = make_app().test_client()
    sign_in(client, started=utcnow())

    answer = client.post("/staff/", data={"password": "correct horse"}, headers=SAME_SITE)

    assert answer.status_code == 400
    assert "correct horse" not in answer.text


def test_reading_needs_no_token():
    assert (
        make_app().test_client().get("/page", headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 200
    )


def test_the_seed_is_out_of_reach_for_scripts():
    cookie = make_app().test_client().get("/page").headers["Set-Cookie"]

    assert cookie.startswith("seed=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_one_service_s_form_may_speak_to_another():
    """The lock button on every service's pages posts to the scheduler."""
    intake = make_app("intake", secret_key="a-secret-of-intake-alone-long-enough").test_client()
    scheduler = make_app("scheduler").test_client()
    token = token_on(intake)
    seed = intake.get_cookie("seed")
    assert seed is not None
    scheduler.set_cookie("seed", seed.value)

    assert scheduler.post("/page", data={"csrf_token": token}).status_code == 200
