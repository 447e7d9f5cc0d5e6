"""Who gets in where: programs with tokens, staff with sessions, the other services with passes."""

from shared.clock import utcnow
from shared.web.audiences import audience_of
from tests.unit.web.floor import make_app, pass_for, sign_in


def test_every_view_has_the_audience_of_its_blueprint():
    app = make_app()

    assert audience_of(app, "client.page") == "client"
    assert audience_of(app, "staff.today") == "staff"
    assert audience_of(app, "api.echo") == "api"
    assert audience_of(app, "internal.who") == "internal"
    assert audience_of(app, "hooks.said") == "hooks"
    assert audience_of(app, "ui.static") == "public"
    assert audience_of(app, "nobody") is None


def test_an_api_hands_the_bearer_token_to_the_view():
    answer = make_app().test_client().get("/api/echo", headers={"Authorization": "Bearer abc"})

    assert answer.json == {"token": "abc", "body": None}


def test_an_api_without_a_token_says_how_to_send_one():
    answer = make_app().test_client().get("/api/echo")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"


def test_an_api_takes_no_form_that_another_site_could_send():
    answer = make_app().test_client().post("/api/echo", data={"a": "b"})

    assert answer.status_code == 415


def test_the_staff_s_api_knows_them_by_their_cookie():
    client = make_app().test_client()
    stranger = client.get("/api/staff/log")
    sign_in(client, started=utcnow())

    assert stranger.status_code == 401
    assert client.get("/api/staff/log").json == {"who": "Dana Whitlock"}


def test_the_staff_s_api_takes_no_order_from_another_site():
    client = make_app().test_client()
    sign_in(client, started=utcnow())

    ours = client.post("/api/staff/log", json={}, headers={"Sec-Fetch-Site": "same-origin"})
    theirs = client.post("/api/staff/log", json={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (ours.status_code, theirs.status_code) == (200, 403)


def test_an_internal_view_opens_to_a_pass_for_this_service():
    answer = make_app("intake").test_client().get("/internal/who", headers=pass_for("intake"))

    assert answer.json == {"issuer": "notifier"}


def test_a_pass_for_another_service_opens_nothing():
    answer = make_app("intake").test_client().get("/internal/who", headers=pass_for("scheduler"))

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_an_internal_view_does_not_know_staff():
    client = make_app().test_client()
    sign_in(client, started=utcnow())

    assert client.get("/internal/who").status_code == 401


def test_a_hook_without_its_signature_is_refused():
    client = make_app().test_client()

    assert client.post("/hooks/said").status_code == 403
    assert client.post("/hooks/said", headers={"X-Signature": "good"}).status_code == 204
