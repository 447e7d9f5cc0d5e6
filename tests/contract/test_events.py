"""Every event against its frozen JSON Schema, and the topology against what is really bound."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.messaging.events import BadEvent, Event
from shared.messaging.routes import ROUTES

FROZEN = Path(__file__).parent / "events"
PERSON = UUID("6f1c1a52-6c1e-4a63-9a5b-6a3f2f1f0a01")
AT = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)

JSON_TYPES: dict[str, dict[str, Any]] = {
    "UUID": {"type": "string", "format": "uuid"},
    "Integer": {"type": "integer"},
    "AwareDateTime": {"type": "string", "format": "date-time"},
    "List": {"type": "array", "items": {"type": "string", "format": "uuid"}},
}


def described(event: type[Event]) -> dict[str, Any]:
    """The event's data as a JSON Schema."""
    fields = event.schema().fields
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event.type,
        "type": "object",
        "properties": {name: JSON_TYPES[type(f).__name__] for name, f in sorted(fields.items())},
        "required": sorted(name for name, f in fields.items() if f.required),
    }


def example(event: type[Event]) -> Event:
    values = {
        "UUID": PERSON,
        "Integer": 3,
        "AwareDateTime": AT,
        "List": (PERSON,),
    }
    return event(**{n: values[type(f).__name__] for n, f in event.schema().fields.items()})


@pytest.mark.parametrize("event", ROUTES, ids=lambda event: event.type)
def test_an_event_is_what_its_frozen_schema_says(event: type[Event]) -> None:
    frozen = json.loads((FROZEN / f"{event.type}.json").read_text())

    assert described(event) == frozen, "within v1 only optional fields may be added"


@pytest.mark.parametrize("event", ROUTES, ids=lambda event: event.type)
def test_l03_an_event_carries_ids_and_times_only(event: type[Event]) -> None:
    kinds = {type(field).__name__ for field in event.schema().fields.values()}

    assert kinds <= {"UUID", "Integer", "AwareDateTime", "List"}


@pytest.mark.parametrize("event", ROUTES, ids=lambda event: event.type)
def test_an_event_survives_its_envelope(event: type[Event]) -> None:
    said = example(event)

    envelope = json.loads(json.dumps(said.envelope(event_id=PERSON, at=AT)))

    assert envelope["specversion"] == "1.0"
    assert envelope["type"] == event.type
    assert event.from_envelope(envelope) == said


@pytest.mark.parametrize("event", ROUTES, ids=lambda event: event.type)
def test_a_newer_senders_extra_field_is_ignored_and_a_missing_one_refused(
    event: type[Event],
) -> None:
    envelope = example(event).envelope(event_id=PERSON, at=AT)
    newer = envelope | {"data": envelope["data"] | {"added_later": "x"}}

    assert event.from_envelope(newer) == example(event)
    with pytest.raises(BadEvent):
        event.from_envelope(envelope | {"data": {}})
    with pytest.raises(BadEvent):
        event.from_envelope({"type": event.type})


def test_no_frozen_schema_is_left_without_its_event() -> None:
    assert {path.stem for path in FROZEN.glob("*.json")} == {event.type for event in ROUTES}
