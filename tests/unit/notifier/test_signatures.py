"""Twilio's own published signatures, and ones that must not pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.notifier.domain.signatures import twilio_signed

CASES = Path(__file__).parents[2] / "cases" / "twilio_signatures.json"
VECTORS: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))["twilio"]["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_signature_is_judged_as_published_f19(vector: dict[str, Any]):
    pairs = vector.get("params_list") or vector.get("params", {}).items()
    fields = [(name, value) for name, value in pairs]

    signed = twilio_signed(vector["auth_token"], vector["url"], fields, vector["signature"])

    assert signed is vector["valid"]


def test_no_signature_at_all_is_none():
    assert not twilio_signed("token", "https://example.org/hook", [], "")


def test_a_signature_in_strange_characters_is_refused_and_breaks_nothing():
    assert not twilio_signed("token", "https://example.org/hook", [("a", "ä")], "ünsigned")
