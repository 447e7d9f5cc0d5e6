"""What people may try by a program: requests as they go over the wire, some of them with a key."""

from typing import Final

from services.scheduler.models import Participant
from services.scheduler.operations.participants import manage_token
from tests.integration.scheduler.world import token_of
from tests.statemachine.choosing import Choosing, Made

PROGRAM_KINDS: Final = ("send book", "send book", "send hold", "send move", "send cancel")


class IntentsOfPrograms(Choosing):
    """For one person alone: about two, intake would have to be asked."""

    def _send_book(self, a: int, b: int) -> Made:
        return self._sent("/api/appointments", a, b, {"location": "NY", "how": "phone"})

    def _send_hold(self, a: int, b: int) -> Made:
        return self._sent("/api/holds", a, b, {})

    def _sent(self, path: str, a: int, b: int, more: dict[str, str]) -> Made:
        found = self._pick(
            "SELECT id FROM invitation WHERE couple_id IS NULL AND given_by IS NULL ORDER BY id", a
        )
        wanted = self._wanted(found[0], b) if found else None
        if found is None or wanted is None:
            return None
        body = {"start": wanted["start"], "practitioner_id": wanted.get("who"), **more}
        key = f"key-{b}" if b % 2 else None
        return "send", {"path": path, "token": token_of(found[0]), "body": body, "key": key}

    def _send_move(self, a: int, b: int) -> Made:
        found = self._pick(
            "SELECT p.id, a.invitation_id FROM live_appointment a"
            " JOIN participant p ON p.appointment_id = a.id WHERE a.couple_id IS NULL"
            " AND a.invitation_id IS NOT NULL ORDER BY p.id",
            a,
        )
        wanted = self._wanted(found[1], b) if found else None
        if found is None or wanted is None:
            return None
        body = {"start": wanted["start"], "practitioner_id": wanted.get("who"), "location": "NY"}
        return self._by_own_link("/api/appointment/move", found[0], b, body)

    def _send_cancel(self, a: int, b: int) -> Made:
        found = self._pick(
            "SELECT p.id FROM participant p JOIN appointment a ON a.id = p.appointment_id"
            " WHERE a.couple_id IS NULL ORDER BY p.id",
            a,
        )
        return found and self._by_own_link("/api/appointment/cancel", found[0], b, None)

    def _by_own_link(self, path: str, number: int, b: int, body: object) -> Made:
        with self.practice.database.begin() as session:
            token = manage_token(self.practice.settings, session.get_one(Participant, number))
        key = f"key-{b}" if b % 2 else None
        return "send", {"path": path, "token": token, "body": body, "key": key}
