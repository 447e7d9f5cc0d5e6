"""Who a signed-in member of staff is."""

from dataclasses import dataclass
from uuid import UUID

from shared.vocabulary import Role


@dataclass(frozen=True, kw_only=True)
class StaffIdentity:
    """One session of one member of staff, as the scheduler's accounts know it."""

    session_id: UUID
    account_id: UUID
    name: str
    role: Role
    second_factor: bool
    """Whether they have shown more than a password: only then is anything sealed shown."""
