"""What the scheduler asks intake: whether a link may book, and how a person may be reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from shared.peers import Peer, PeerRefused


@dataclass(frozen=True, kw_only=True)
class Joint:
    """The time is for two people: who the other is, and by what the two are known together."""

    couple_id: UUID
    partner_id: UUID


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Intake's word that whoever holds the token may book one appointment of that type."""

    permission_id: UUID
    person_id: UUID
    contact_version: int
    contact: Mapping[str, Any]
    appointment_type: str
    timezone: str | None
    joint: Joint | None = None
    unproven: bool = False
    """One of a flood: the time is theirs only once they have answered a message (P26)."""


class Intake:
    """Intake's internal API. Every method may raise PeerUnavailable: ask again later."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def permission(self, token_sha256: bytes) -> Permission | None:
        """What the token permits, or None when intake has given nobody that token."""
        try:
            answer = self._peer.post(
                "/internal/booking-permissions", {"token_sha256": token_sha256.hex()}
            )
        except PeerRefused as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return Permission(
            permission_id=UUID(answer["permission_id"]),
            person_id=UUID(answer["person_id"]),
            contact_version=int(answer["contact_version"]),
            contact=answer["contact"],
            appointment_type=answer["appointment_type"],
            timezone=answer.get("timezone"),
            joint=_joint(answer.get("joint")),
            unproven=bool(answer.get("unproven", False)),
        )

    def contact(self, person_id: UUID) -> tuple[int, Mapping[str, Any]]:
        """(version, contact document) of a person. Raises PeerRefused for one it doesn't know."""
        answer = self._peer.get(f"/internal/contacts/{person_id}")
        return int(answer["version"]), answer


def _joint(answer: Mapping[str, Any] | None) -> Joint | None:
    if answer is None:
        return None
    return Joint(couple_id=UUID(answer["couple_id"]), partner_id=UUID(answer["partner_id"]))
