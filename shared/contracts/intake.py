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


@dataclass(frozen=True, kw_only=True)
class CommunicationRequested(Event):
    """Something neutral is to be sent to a person. What, intake tells whoever asks by the id."""

    type: ClassVar[str] = "intake.communication.requested.v1"

    communication_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(Event):
    """A task waits for a member of staff. Every inquiry has one, so that this tells nothing."""

    type: ClassVar[str] = "intake.task.assigned.v1"

    assignment_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class JointPermissionEnded(Event):
    """Two people may not meet by these permissions any more. Why, nobody is told.

    `permission_ids` are those of one release: one that is given later is another.
    """

    type: ClassVar[str] = "intake.joint.ended.v1"

    couple_id: UUID
    permission_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PersonErased(Event):
    """A person's record was erased: destroy the key of every copy, and send nothing more."""

    type: ClassVar[str] = "intake.person.erased.v1"

    person_id: UUID
