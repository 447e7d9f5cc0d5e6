"""Who of the staff looks, or acts: what every verb of theirs is told."""

from dataclasses import dataclass
from uuid import UUID

from shared.vocabulary import Role


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A signed-in member of staff."""

    account_id: UUID
    name: str
    role: Role

    @property
    def clinical(self) -> bool:
        """Whether this role may see what was answered and decided (L01)."""
        return self.role in (Role.OWNER, Role.CLINICIAN)
