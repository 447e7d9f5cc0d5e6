"""What intake asks the scheduler: who works here, who is signed in, and what is booked."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from shared.peers import Peer, PeerRefused, PeerUnavailable
from shared.settings import CommonSettings
from shared.vocabulary import Role

logger = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 60.0
# After a failure: long enough that a page doesn't wait for a silent scheduler each time.
SILENT_SECONDS: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Practitioner:
    """Someone the practice page introduces."""

    name: str
    credentials: str
    states: tuple[str, ...]
    about: str
    initials: str


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """Somebody who may sign in."""

    account_id: UUID
    name: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """An appointment, as far as the inquiry page shows it. Times are aware, in UTC."""

    status: str
    start: datetime
    practitioner: str
    how: str | None


class Scheduler:
    """The scheduler, as seen from intake. Safe to share between threads."""

    def __init__(self, settings: CommonSettings) -> None:
        self._peer = Peer(settings, audience="scheduler", issuer="intake")
        self._lock = threading.Lock()
        self._people: tuple[Practitioner, ...] = ()
        self._good_until = 0.0
        self._staff: tuple[StaffMember, ...] | None = None
        self._staff_good_until = 0.0

    def practitioners(self) -> tuple[Practitioner, ...]:
        """Who works here, at most a minute old; nobody when the scheduler never answered."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._people, seconds = self._ask_for_people()
                self._good_until = time.monotonic() + seconds
            return self._people

    def _ask_for_people(self) -> tuple[tuple[Practitioner, ...], float]:
        try:
            found = self._peer.get("/internal/practitioners")
        except (PeerUnavailable, PeerRefused) as error:
            logger.warning("practitioners unknown", kind=type(error).__name__)
            return self._people, SILENT_SECONDS
        return tuple(_practitioner(person) for person in found), FRESH_SECONDS

    def staff(self) -> tuple[StaffMember, ...] | None:
        """Who may sign in, the owner first, some seconds old; None if the scheduler never said."""
        with self._lock:
            if time.monotonic() >= self._staff_good_until:
                self._staff = self._ask_for_staff()
                self._staff_good_until = time.monotonic() + SILENT_SECONDS
            return self._staff

    def _ask_for_staff(self) -> tuple[StaffMember, ...] | None:
        try:
            found = self._peer.get("/internal/staff")
        except (PeerUnavailable, PeerRefused) as error:
            logger.warning("staff unknown", kind=type(error).__name__)
            return self._staff
        return tuple(
            StaffMember(
                account_id=UUID(one["account_id"]), name=one["name"], role=Role(one["role"])
            )
            for one in found
        )

    def appointments(self, person_id: UUID) -> tuple[Appointment, ...] | None:
        """The person's appointments, soonest first, or None when the scheduler does not answer."""
        try:
            found = self._peer.get(f"/internal/people/{person_id}/appointments")
        except (PeerUnavailable, PeerRefused) as error:
            logger.warning("appointments unknown", kind=type(error).__name__)
            return None
        return tuple(sorted(map(_appointment, found), key=lambda each: each.start))


def _practitioner(found: Mapping[str, Any]) -> Practitioner:
    return Practitioner(
        name=found["name"],
        credentials=found["credentials"],
        states=tuple(found["states"]),
        about=found["about"],
        initials=found["initials"],
    )


def _appointment(found: Mapping[str, Any]) -> Appointment:
    return Appointment(
        status=found["status"],
        start=datetime.fromisoformat(found["start"]),
        practitioner=found["practitioner_name"],
        how=found.get("how"),
    )
