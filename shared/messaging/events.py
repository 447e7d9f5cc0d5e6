"""Events as frozen dataclasses, and the CloudEvents 1.0 envelope that carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self, get_type_hints
from uuid import UUID

import marshmallow
from marshmallow import fields as wire

from shared.vocabulary import SERVICES, Service

Envelope = dict[str, Any]

_WIRE: dict[Any, type[wire.Field[Any]]] = {
    UUID: wire.UUID,
    int: wire.Integer,
    str: wire.String,
    datetime: wire.AwareDateTime,
}


class BadEvent(ValueError):
    """An envelope that is not one of ours."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, in the past tense. Subclasses name their `type`."""

    type: ClassVar[str]

    @classmethod
    def source(cls) -> Service:
        """The service that says it: the first word of the type."""
        first = cls.type.split(".", 1)[0]
        return next(service for service in SERVICES if service == first)

    @classmethod
    @cache
    def schema(cls) -> marshmallow.Schema:
        """The event's data on the wire. Fields added later by a newer sender are ignored."""
        hints = get_type_hints(cls)
        described: dict[str, wire.Field[Any]] = {}
        for field in fields(cls):
            hint = hints[field.name]
            described[field.name] = (
                wire.List(wire.UUID(), required=True)
                if hint == tuple[UUID, ...]
                else _WIRE[hint](required=True)
            )
        made = marshmallow.Schema.from_dict(described, name=f"{cls.__name__}Schema")
        return made(unknown=marshmallow.EXCLUDE)

    def envelope(
        self, *, event_id: UUID, at: datetime | None = None, traceparent: str | None = None
    ) -> Envelope:
        """This event as a CloudEvents 1.0 document, ready for JSON.

        `at`: when it was said; None where the outbox puts it down, by the database's clock.
        """
        document: Envelope = {
            "specversion": "1.0",
            "id": str(event_id),
            "source": f"/softstart/{self.source()}",
            "type": self.type,
            "datacontenttype": "application/json",
            "data": self.schema().dump(self),
        }
        if at:
            document["time"] = at.isoformat()
        if traceparent:
            document["traceparent"] = traceparent
        return document

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Any]) -> Self:
        """Read the data back. Raises BadEvent."""
        try:
            data = cls.schema().load(envelope["data"])
        except (marshmallow.ValidationError, KeyError, TypeError) as error:
            raise BadEvent(f"{cls.type}: {error}") from error
        assert isinstance(data, dict)
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
