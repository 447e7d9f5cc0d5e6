"""Whatever is sent: a clear answer, nothing lost, and never "something went wrong here"."""

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_from_bytes
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from services.intake.models import QuestionnaireResponse
from shared.db import Database
from shared.web.audiences import audience_of
from shared.web.csrf import csrf_field
from tests.integration.intake.browsing import Browser, errors_in, form_in, heading_of
from tests.integration.intake.people import ALONE, NOW, START, sent
from tests.unit.intake.cases import screener

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
KEPT = {"name_used": "Rowan", "pronouns": "they"}


@pytest.fixture
def second_page(browser: Browser) -> Browser:
    """Somebody on the second page, who has written a name there before."""
    browser.open("/step/1")
    browser.send(START)
    browser.send(KEPT)
    browser.open("/step/2")
    return browser


def post(browser: Browser, body: bytes, kind: str = "application/x-www-form-urlencoded") -> Any:
    """Send these very bytes to the page that is open, with the token that belongs to it."""
    token = form_in(browser.page).values["csrf_token"][0]
    if kind == "application/x-www-form-urlencoded":
        body = f"csrf_token={token}&page=you&".encode() + body
    return browser.client.post("/step/2", data=body, content_type=kind)


def still_there(browser: Browser) -> dict[str, list[str]]:
    return form_in(browser.open("/step/2")).values


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"name_used=a%00b", {422}),
        (b"name_used=%ff%fe%80", {303, 422}),
        (b"name_used=%ed%a0%80", {303, 422}),
        (b"name_used=" + b"x" * 1_000_000, {422}),
        (b"contact_notes=" + b"%F0%9F%98%80" * 90_000, {422}),
        (b"&".join(b"f%d=1" % number for number in range(5_000)), {422}),
        (b"name_used=Rowan&" * 5_000, {303, 422}),
        (b"name_used=" + b"x" * 5_000_000, {413}),
        (b"=&=&&&==%", {303, 422}),
        (b"page=nowhere&name_used=Rowan", {303, 422}),
        (b"page=%00&name_used=Rowan", {303, 422}),
        (b"__class__=x&answers[0]=1&name_used[]=x", {422}),
        (b"later=%00&name_used=" + b"y" * 100_000, {303}),
    ],
    ids=str,
)
def test_bytes_that_no_page_of_ours_would_send_lose_nothing(
    second_page: Browser, body: bytes, statuses: set[int]
) -> None:
    answer = post(second_page, body)

    assert answer.status_code in statuses
    assert b"Something went wrong" not in answer.data
    if answer.status_code != 303:
        assert b"914-555-0132" in answer.data
    name = still_there(second_page)["name_used"][0]
    assert name == "Rowan" or answer.status_code in (303, 422)
    assert still_there(second_page)["csrf_token"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"name_used": "Rowan"}', "application/json"),
        (b"name_used=Rowan", "text/plain"),
        (b"--b\r\nno part at all", "multipart/form-data; boundary=b"),
        (b"\x00\xff" * 100, "multipart/form-data"),
        (b"", "application/x-www-form-urlencoded; charset=utf-16"),
        (
            b"".join(
                b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % number
                for number in range(1_500)
            )
            + b"--b--\r\n",
            "multipart/form-data; boundary=b",
        ),
        (b"x", "\x00"),
    ],
    ids=["json", "plain", "broken parts", "no boundary", "another charset", "1,500 parts", "NUL"],
)
def test_a_body_of_another_kind_is_refused_with_words(
    second_page: Browser, body: bytes, kind: str
) -> None:
    answer = second_page.client.post("/step/2", data=body, content_type=kind)

    assert answer.status_code in {303, 400, 413, 422}
    assert b"Something went wrong" not in answer.data
    assert still_there(second_page)["name_used"] == ["Rowan"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "draft=" + "x" * 6_000},
        # A zone that nobody knows breaks nothing (rule-20).
        {"Cookie": "draft=%00%ff; seed=\x7f; zone=Nowhere/%00; staff=a.b.c"},
        {"Cookie": "draft=\xff\xfe; zone=" + "%F0" * 500},
        {"Cookie": ";;;=;draft;=x;" + "a=b;" * 500},
        {"User-Agent": "x" * 60_000},
        {"Accept": "\xff" * 200, "Accept-Language": "*;q=nonsense", "Range": "bytes=9-1"},
        {"X-Forwarded-For": "not an address", "X-Forwarded-Proto": "gopher", "Host": "a b<c>"},
        {"If-None-Match": "W/" * 500, "If-Modified-Since": "yesterday"},
        {"Content-Length": "-5"},
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("path", ["/", "/step/1", "/next", "/erase", "/saved", "/staff/inquiries"])
def test_headers_and_cookies_that_are_garbage_break_no_page(
    app: Flask, path: str, headers: Mapping[str, str]
) -> None:
    answer = app.test_client(use_cookies=False).get(path, headers=dict(headers))

    assert answer.status_code < 500
    assert answer.status_code in {200, 303, 400}


@pytest.mark.parametrize("path", ["/b/", "/b/%00", "/b/%ff", "/b/" + "x" * 3_000, "/b/../step"])
def test_a_link_that_is_garbage_opens_nothing(browser: Browser, path: str) -> None:
    page = browser.open(path)

    assert page.status_code == 404
    assert "914-555-0132" in page.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/step/1", "/saved", "/erase", "/next"])
def test_a_wrong_method_is_told_so_kindly(second_page: Browser, path: str, method: str) -> None:
    answer = second_page.client.open(path, method=method)

    assert answer.status_code == 405
    assert "Nothing you wrote is lost" in answer.text
    assert still_there(second_page)["name_used"] == ["Rowan"]


def test_pressing_a_button_twice_is_pressing_it_once(second_page: Browser) -> None:
    first = second_page.page
    second_page.send(ALONE)
    came_to = second_page.page.request.path
    second_page.page = first

    second_page.send(ALONE)

    assert second_page.page.request.path == came_to


def test_the_older_of_two_tabs_may_send_its_page_and_loses_nothing(
    second_page: Browser,
) -> None:
    older = second_page.page
    for _ in range(3):
        second_page.send(ALONE)
    further = second_page.page.request.path
    second_page.page = older

    second_page.send({**ALONE, "name_used": "Rowan two"})

    assert second_page.page.request.path == "/step/3"
    assert still_there(second_page)["name_used"] == ["Rowan two"]
    assert second_page.open("/step").request.path == further


def test_an_older_tab_after_sending_leads_to_what_follows(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)
    older = browser.page
    browser.walk(ALONE)
    browser.page = older

    page = browser.send({**ALONE, "name_used": "Somebody else"})

    assert page.request.path == "/next"
    assert heading_of(page) == "Thank you for telling us about this"


def test_a_token_of_an_erased_form_opens_nothing(app: Flask, second_page: Browser) -> None:
    cookie = second_page.client.get_cookie("draft")
    assert cookie is not None
    second_page.open("/erase")
    second_page.send({})
    second_page.client.set_cookie("draft", cookie.value)

    page = second_page.open("/step/2")

    assert page.request.path == "/step/1"
    assert errors_in(page) == []


# ---------------------------------------------------------------- programs


@pytest.fixture
def program(app: Flask) -> Callable[..., TestResponse]:
    """Calls the API with a token of its own form."""
    client = app.test_client()
    started = client.post("/api/responses", json={"answers": {**START, "name_used": "Rowan"}})
    assert started.status_code == 201, started.text
    token = (started.json or {})["token"]

    def call(**request: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} | request.pop("headers", {})
        return client.open("/api/response", headers=headers, **request)

    return call


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answers": {"name_used": "a\x00b"}}, "answers.name_used"),
        ({"answers": {"name_used": "x" * 900_000}}, "answers.name_used"),
        ({"answers": {"name_used": 7}}, "answers.name_used"),
        ({"answers": {"name_used": ["a", {"b": None}]}}, "answers.name_used"),
        ({"answers": {"status": "completed"}}, "answers.status"),
        ({"answers": {"free_text_read": True}}, "answers.free_text_read"),
        ({"answers": {"call_safe": {"in": ["yes"]}, "phone": "212-555-0100"}}, "answers.call_safe"),
        ({"answers": {"age_group": 13.5}}, "answers.age_group"),
        ({"answers": []}, "answers"),
        ({"answers": None}, "answers"),
        ({"answers": {}, "furthest": 9}, "furthest"),
    ],
    ids=str,
)
def test_a_program_is_told_which_field_is_wrong_and_the_rest_is_kept(
    program: Callable[..., TestResponse], body: dict[str, Any], field: str
) -> None:
    answer = program(method="PATCH", json=body)

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert field in [row["field"] for row in (answer.json or {})["errors"]]
    assert (program(method="GET").json or {})["answers"]["residence_state"] == "NY"


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'{"answers": {"name_used": "\\ud800"}}', b"[" * 100_000, b"1" * 5_000,
     b'{"answers": {"a": 1e999}}', b'{"answers": NaN}', b"null"],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_a_body_that_is_no_document_is_refused_with_a_problem(
    program: Callable[..., TestResponse], body: bytes
) -> None:
    answer = program(method="PATCH", data=body, content_type="application/json")

    assert answer.status_code in {400, 422}
    assert answer.content_type == "application/problem+json"
    assert (program(method="GET").json or {})["answers"]["residence_state"] == "NY"


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer " + "x" * 5_000, "Basic eA==", "Bearer \xff", "\x01", ""]
)
def test_a_token_that_is_garbage_opens_no_form(
    program: Callable[..., TestResponse], authorization: str
) -> None:
    answer = program(method="GET", headers={"Authorization": authorization})

    assert answer.status_code in {401, 404}
    assert answer.content_type == "application/problem+json"


# ---------------------------------------------------------------- anything at all

NAMES = [
    *screener().items,
    *("page", "later", "reason", "note", "name", "csrf_token", "action", "state", "version"),
]
WEIRD = st.one_of(
    st.sampled_from(
        b" yes no 13_17 under_13 -1 1e400 2027-02-30 24:61 true null [] ../etc {{7*7}} %n '; --"
        b" \x00 \xed\xa0\x80 \xff 00000000-0000-0000-0000-000000000000".split(b" ")
    ),
    st.binary(max_size=24),
)
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), WEIRD), max_size=8)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def unsafe_rules(app: Flask, *audiences: str) -> list[Rule]:
    """Everything that can be done to intake from outside."""
    return sorted(
        (
            rule
            for rule in app.url_map.iter_rules()
            if UNSAFE & (rule.methods or set()) and audience_of(app, rule.endpoint) in audiences
        ),
        key=str,
    )


def address(rule: Rule, ids: list[str], draw: random.Random) -> str:
    values = {
        name: draw.choice([*ids, str(UUID(int=1))])
        if type(converter).__name__ == "UUIDConverter"
        else min(getattr(converter, "items", ["7"]))
        for name, converter in rule._converters.items()
    }
    built = rule.build(values)
    assert built
    return built[1]


def token_for(app: Flask, *browsers: Browser) -> str:
    """The token that every form carries, for browsers that are given the same seed."""
    for browser in browsers:
        browser.client.set_cookie("seed", "one-seed")
    with app.test_request_context(headers={"Cookie": "seed=one-seed"}):
        return str(csrf_field()).split('value="')[1].split('"')[0]


ANYTHING = settings(
    max_examples=3,  # each of them goes to every address
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@ANYTHING
@given(data=st.data())
def test_no_form_that_is_sent_breaks_a_page(
    app: Flask, intake_db: Database, signed_in: Callable[..., Browser], data: st.DataObject
) -> None:
    ids = [str(one) for one in sent(intake_db, ALONE, f"token-{uuid4()}", at=NOW)]
    visitor, staff = Browser(app), signed_in(app)
    visitor.open("/step/1")
    visitor.send(START)
    draw = data.draw(st.randoms(use_true_random=False))
    rules = unsafe_rules(app, "client", "staff")
    assert len(rules) > 10
    token = token_for(app, visitor, staff)

    for rule in rules:
        who = staff if "/staff/" in rule.rule else visitor
        pairs = [(name, quote_from_bytes(value)) for name, value in data.draw(FIELDS)]
        body = "&".join([f"csrf_token={token}", *(f"{name}={value}" for name, value in pairs)])
        answer = who.client.post(
            address(rule, ids, draw), data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code < 500, (rule, body)


@ANYTHING
@given(data=st.data())
def test_no_document_that_is_sent_breaks_the_api(
    app: Flask, intake_db: Database, signed_in: Callable[..., Browser], data: st.DataObject
) -> None:
    ids = [str(one) for one in sent(intake_db, ALONE, f"token-{uuid4()}", at=NOW)]
    staff = signed_in(app)
    draw = data.draw(st.randoms(use_true_random=False))
    started = app.test_client().post("/api/responses", json={"answers": START}).json or {}

    for rule in unsafe_rules(app, "api"):
        for method in UNSAFE & (rule.methods or set()):
            answer = staff.client.open(
                address(rule, ids, draw),
                method=method,
                json=data.draw(DOCUMENTS),
                headers={"Authorization": f"Bearer {started['token']}"},
            )
            assert answer.status_code < 500, rule


def test_the_database_holds_nothing_of_what_was_refused(
    second_page: Browser, intake_db: Database
) -> None:
    post(second_page, b"status=completed&furthest=99&booking_sha256=x&name_used=Rowan")

    with intake_db.begin() as session:
        row = session.query(QuestionnaireResponse).one()
        assert (row.status, row.furthest, row.booking_sha256) == ("in-progress", 1, None)
