"""How a service that keeps no accounts learns whose staff session it is: it asks the scheduler."""

from uuid import UUID

from shared.peers import Peer, PeerRefused
from shared.vocabulary import Role
from shared.web.context import ConfirmSession
from shared.web.identity import StaffIdentity


def ask_scheduler(scheduler: Peer) -> ConfirmSession:
    """A `confirm_session` for `init_app`: None for a session that ended. Raises PeerUnavailable."""

    def confirm(session_id: UUID) -> StaffIdentity | None:
        try:
            known = scheduler.get(f"/internal/staff-sessions/{session_id}")
        except PeerRefused:
            return None
        return StaffIdentity(
            session_id=session_id,
            account_id=UUID(known["account_id"]),
            name=known["name"],
            role=Role(known["role"]),
            second_factor=known.get("second_factor") is True,
        )

    return confirm
