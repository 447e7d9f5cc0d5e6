"""The web floor behind a real server and over a real database."""

from collections.abc import Callable, Iterator

import requests
from flask import Flask

from shared.db import Database
from tests.unit.web.floor import make_app

Serve = Callable[[Flask], str]


def test_ready_means_that_the_database_answers(serve: Serve, scheduler_db: Database):
    answer = requests.get(serve(make_app(database=scheduler_db)) + "/readyz", timeout=5)

    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_without_a_database_the_process_is_up_and_not_ready(serve: Serve):
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    origin = serve(make_app(database=nowhere))

    assert requests.get(origin + "/healthz", timeout=5).status_code == 200
    assert requests.get(origin + "/readyz", timeout=15).status_code == 503


def test_a_body_that_is_too_large_is_answered_and_not_cut_off(serve: Serve):
    origin = serve(make_app())

    answer = requests.post(origin + "/api/echo", json={"a": "x" * (1024 * 1024)}, timeout=10)

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_in_chunks_is_read_and_held_to_the_same_limit(serve: Serve):
    def chunks(count: int) -> Iterator[bytes]:
        yield b'{"name": "'
        yield from [b"x" * 65536] * count
        yield b'"}'

    address = serve(make_app()) + "/api/echo"
    headers = {"Authorization": "Bearer t", "Content-Type": "application/json"}

    small = requests.post(address, data=chunks(1), headers=headers, timeout=10)
    large = requests.post(address, data=chunks(17), headers=headers, timeout=10)

    assert len(small.json()["body"]["name"]) == 65536
    assert large.status_code in {400, 413}


def test_a_broken_body_is_a_problem_and_not_a_crash(serve: Serve):
    origin = serve(make_app())
    for body in (b"{", b"\xff\xfe", b"[" * 100_000, b'"\xed\xa0\x80"'):
        answer = requests.post(
            origin + "/api/echo",
            data=body,
            headers={"Content-Type": "application/json", "Authorization": "Bearer t"},
            timeout=10,
        )
        assert answer.status_code < 500, body[:4]


def test_a_head_request_has_a_head_and_no_body(serve: Serve):
    answer = requests.head(serve(make_app()) + "/page", timeout=5)

    assert answer.status_code == 200
    assert answer.text == ""
    assert "Content-Security-Policy" in answer.headers
