"""What the practice has decided about its form and its care, apart from the words of the form.

Kept as versions (`operations.practice`); staff change them in the console, and each change is a new
version with a name and a date.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

InviteMode = Literal["after_private_call", "immediate_when_clear"]
PrivateInformationPolicy = Literal["no_secrets", "limited_secrets"]


@dataclass(frozen=True, kw_only=True)
class SafetyTool:
    """Who stands behind the questions about self-harm: without all three they are not asked (N8).

    `owner` answers for the questions, `threshold` says what counts as positive, `reviewer` reads
    every positive answer, in the practice's own words.
    """

    owner: str
    threshold: str
    reviewer: str

    @property
    def complete(self) -> bool:
        """Whether all three are named."""
        return all(words.strip() for words in (self.owner, self.threshold, self.reviewer))


@dataclass(frozen=True, kw_only=True)
class PracticeSettings:
    """The practice's decisions. Every default is the careful one."""

    safety_tool: SafetyTool | None = None
    """None: the self-harm questions are off, and no page promises a follow-up (L36)."""

    partner_invite_mode: InviteMode = "after_private_call"
    partner_invite_reason: str = ""
    """Why the less private mode was chosen; required for it."""
    invite_expires_days: int = 14
    invite_reminder_day: int = 5
    """The day of the one reminder to an invited partner; 0 turns it off."""
    private_information_policy: PrivateInformationPolicy = "no_secrets"
    """Which of the two written policies both partners sign before a joint session (L12)."""

    licensed_states: tuple[str, ...] | None = None
    """Where the practice holds licences; None: as the host's settings say (L43)."""

    roster: tuple[UUID, ...] = ()
    """Staff accounts in the order in which an alert is passed on; empty: every clinician."""
    urgent_minutes: int = 30
    """To acknowledge an urgent task; then it goes to the next person (L35)."""
    same_day_minutes: int = 240
    routine_business_days: int = 2

    privacy_notice_version: str = ""
    privacy_notice_date: date | None = None
    """Of the practice's Notice of Privacy Practices (L28, L29)."""

    embed_origins: tuple[str, ...] = ()
    """Other sites that may show our card in a frame, as exact origins; none by default."""

    record_years: int = 7
    """How long a client's record is kept after the last entry; a minor's from the 18th birthday."""
    inquiry_days: int = 90
    """How long somebody is kept who never became a client (L48)."""

    @property
    def asks_about_self_harm(self) -> bool:
        """Whether the questions about self-harm are asked, and a follow-up is promised (L36)."""
        return self.safety_tool is not None and self.safety_tool.complete

    def as_document(self) -> dict[str, Any]:
        """For JSON."""
        document = asdict(self)
        if self.licensed_states is not None:
            document["licensed_states"] = list(self.licensed_states)
        document["embed_origins"] = list(self.embed_origins)
        document["roster"] = [str(account) for account in self.roster]
        notice = self.privacy_notice_date
        document["privacy_notice_date"] = notice.isoformat() if notice else None
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `as_document`; a setting that is newer than the document has its default.

        Raises KeyError, TypeError, ValueError for anything else.
        """
        known = {field.name for field in fields(cls)}
        found = {name: value for name, value in document.items() if name in known}
        if found.get("safety_tool") is not None:
            found["safety_tool"] = SafetyTool(**found["safety_tool"])
        if found.get("licensed_states") is not None:
            found["licensed_states"] = tuple(found["licensed_states"])
        found["embed_origins"] = tuple(found.get("embed_origins", ()))
        found["roster"] = tuple(UUID(account) for account in found.get("roster", ()))
        if found.get("privacy_notice_date"):
            found["privacy_notice_date"] = date.fromisoformat(found["privacy_notice_date"])
        return cls(**found)

    def with_changes(self, **changes: Any) -> Self:
        """The same but for these."""
        return replace(self, **changes)
