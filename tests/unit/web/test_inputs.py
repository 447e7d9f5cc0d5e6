"""Text that PostgreSQL can't store never reaches it: a refusal beside the field, never a 500."""

import pytest

from tests.unit.web.floor import make_app

TOKEN = {"Authorization": "Bearer t"}


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "a\\udfffb"])
def test_a_json_text_that_can_not_be_stored_is_refused_beside_its_field(text: str):
    answer = (
        make_app()
        .test_client()
        .post(
            "/api/echo",
            data='{"answers": [{"name": "TEXT"}], "ok": "\\ud83c\\udf31"}'.replace("TEXT", text),
            content_type="application/json",
            headers=TOKEN,
        )
    )

    assert answer.status_code == 422
    assert answer.json is not None
    assert [row["pointer"] for row in answer.json["errors"]] == ["#/answers/0/name"]


def test_a_key_that_can_not_be_stored_is_refused_too():
    answer = (
        make_app()
        .test_client()
        .post("/api/echo", data='{"a\\u0000": 1}', content_type="application/json", headers=TOKEN)
    )

    assert answer.status_code == 422


def test_a_pair_of_surrogates_is_a_letter_like_any_other():
    answer = (
        make_app()
        .test_client()
        .post(
            "/api/echo",
            data='{"a": "\\ud83c\\udf31"}',
            content_type="application/json",
            headers=TOKEN,
        )
    )

    assert answer.json == {"token": "t", "body": {"a": "🌱"}}


@pytest.mark.parametrize("body", ["{", '{"a": ' + "9" * 5000 + "}", "[" * 100_000, "\x00"])
def test_a_body_that_no_parser_can_read_is_a_bad_request(body: str):
    answer = (
        make_app()
        .test_client()
        .post("/api/echo", data=body, content_type="application/json", headers=TOKEN)
    )

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["/t/a%00b", "/page?day=%00", "/page?%00=1"])
def test_no_address_of_ours_holds_a_nul(path: str):
    assert make_app().test_client().get(path).status_code == 404
