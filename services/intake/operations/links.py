"""The links that intake can write again at any time: no table holds a token, only its hash."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.settings import CommonSettings
from shared.tokens import derived_token
from shared.vocabulary import PREFIX


@dataclass(frozen=True, kw_only=True)
class Links:
    """Writes tokens, and the absolute addresses that messages carry (L07: none says anything)."""

    secret_key: str
    origin: str

    @classmethod
    def of(cls, settings: CommonSettings) -> Self:
        """With the settings of the service that is running."""
        return cls(secret_key=settings.secret_key, origin=settings.public_url)

    def personal_token(self, person_id: UUID, generation: int) -> str:
        """Opens one person's own page."""
        return derived_token(self.secret_key, "personal", person_id, generation)

    def invitation_token(self, invitation_id: UUID) -> str:
        """Opens a form, once."""
        return derived_token(self.secret_key, "invitation", invitation_id)

    def joint_token(self, permission_id: UUID) -> str:
        """Opens the calendar for a time together."""
        return derived_token(self.secret_key, "joint", permission_id)

    def personal(self, token: str) -> str:
        """The address of a person's own page."""
        return f"{self.origin}{PREFIX['intake']}/p/{token}"

    def invitation(self, invitation_id: UUID) -> str:
        """The address that an invited person opens."""
        return f"{self.origin}{PREFIX['intake']}/i/{self.invitation_token(invitation_id)}"
