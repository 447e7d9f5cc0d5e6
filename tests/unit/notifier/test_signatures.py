"""The carriers' own published signatures, and ones that must not pass."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifier.domain.signatures import sinch_signed, twilio_signed

CASES = Path(__file__).parents[2] / "cases" / "carrier_signatures.json"
KNOWN: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = KNOWN["twilio"]["vectors"]
SINCH: list[dict[str, Any]] = KNOWN["sinch"]["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_f19_a_signature_is_judged_as_published(vector: dict[str, Any]):
    pairs = vector.get("params_list") or vector.get("params", {}).items()
    fields = [(name, value) for name, value in pairs]

    signed = twilio_signed(vector["auth_token"], vector["url"], fields, vector["signature"])

    assert signed is vector["valid"]


def test_no_signature_at_all_is_none():
    assert not twilio_signed("token", "https://example.org/hook", [], "")


def test_a_signature_in_strange_characters_is_refused_and_breaks_nothing():
    assert not twilio_signed("token", "https://example.org/hook", [("a", "ä")], "ünsigned")


def judged(vector: dict[str, Any], *, later: timedelta = timedelta(0)) -> bool:
    signed_at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    return sinch_signed(
        vector["secret"],
        vector["body"].encode(),
        nonce=vector["nonce"],
        timestamp=vector["timestamp"],
        signature=vector["signature"],
        now=signed_at + later,
    )


@pytest.mark.parametrize("vector", SINCH, ids=[vector["name"] for vector in SINCH])
def test_f19_a_sinch_signature_is_judged_as_published(vector: dict[str, Any]):
    assert judged(vector) is vector["valid"]


def test_f19_a_good_signature_of_more_than_five_minutes_ago_is_a_copy():
    five = timedelta(minutes=5)

    assert judged(SINCH[0], later=five)
    assert judged(SINCH[0], later=-five)
    assert not judged(SINCH[0], later=five + timedelta(seconds=1))
    assert not judged(SINCH[0], later=-five - timedelta(seconds=1))


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "9" * 40, "١٦٣٤٥٧٩٣٥٣"])
def test_f19_a_time_that_is_none_is_refused_and_breaks_nothing(timestamp: str):
    signed = sinch_signed(
        "secret", b"{}", nonce="", timestamp=timestamp, signature="x", now=datetime.now(UTC)
    )

    assert not signed
