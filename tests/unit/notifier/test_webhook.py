"""Standard Webhooks: signatures as published, and the schedule of its tries."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifier.domain.webhook import (
    MOST_TRIES,
    Reply,
    judge,
    new_secret,
    signature,
    signed_headers,
    wait_after,
)

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "webhook_signatures.json").read_text(encoding="utf-8")
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_our_signature_is_the_published_one(vector: dict[str, Any]):
    ours = signature(
        vector["secret"],
        message_id=vector["id"],
        timestamp=vector["timestamp"],
        body=vector["body"].encode(),
    )

    assert (ours in vector["signature"].split()) == vector["valid"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_a_secret_that_is_none_signs_nothing(secret: str):
    with pytest.raises(ValueError, match=r"(?i)secret|base64|padding"):
        signature(secret, message_id="m", timestamp=1, body=b"")


def test_while_a_secret_is_exchanged_both_sign():
    new, old = new_secret(), new_secret()
    headers = signed_headers([new, old], message_id="m", timestamp=1, body=b"{}")

    assert headers["webhook-signature"].split() == [
        signature(each, message_id="m", timestamp=1, body=b"{}") for each in (new, old)
    ]
    assert new != old


def test_it_is_tried_for_three_days_and_no_longer():
    waits = [wait_after(tries, jitter=0) for tries in range(1, MOST_TRIES)]

    assert waits == [
        *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
        *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
    ]
    assert timedelta(hours=75) < sum(waits, timedelta(0)) < timedelta(hours=76)
    assert wait_after(2, jitter=1) == timedelta(minutes=6)
    assert wait_after(2, jitter=-1) == timedelta(minutes=4)
    assert wait_after(1, jitter=0, retry_after=timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        *((status, Reply.TAKEN) for status in (200, 202, 204)),
        *((status, Reply.FAILED) for status in (301, 307, 400, 401, 404, 429, 500, 502, 504)),
        (410, Reply.GONE),
    ],
)
def test_only_two_hundreds_are_taken_and_only_gone_is_for_ever(status: int, reply: Reply):
    assert judge(status) is reply
