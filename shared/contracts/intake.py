"""What intake tells the others."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.messaging.events import Event


@dataclass(frozen=True, kw_only=True)
class ScreeningCompleted(Event):
    """Somebody sent the form. The same event whatever they wrote, so that it tells nothing."""

    type: ClassVar[str] = "intake.response.completed.v1"

    response_id: UUID
    person_id: UUID
    contact_version: int


@dataclass(frozen=True, kw_only=True)
class ContactChanged(Event):
    """A person's name, address or wishes about contact changed; fetch that version anew."""

    type: ClassVar[str] = "intake.contact.changed.v1"

    person_id: UUID
    contact_version: int
