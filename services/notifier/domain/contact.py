"""How a person may be reached: only where they left an address, called it safe, and agreed.

Intake decides what is permitted; "not sure" has become "no" before it gets here.
"""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.vocabulary import Channel

# Intake has checked what was typed; this keeps line breaks and blanks out of headers all the same,
# and other scripts, which few mail servers take before the @ (RFC 6531).
_EMAIL: Final = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One version of a person's wishes, as intake's internal API gives it."""

    person_id: UUID
    version: int
    name: str
    email: str | None
    phone: str | None
    email_permitted: bool
    sms_permitted: bool
    call_permitted: bool
    voicemail_permitted: bool
    locale: str
    timezone: str | None

    def address(self, channel: Channel) -> str | None:
        """The address for a channel, or None where nothing may, or can, be sent by it."""
        if channel is Channel.EMAIL:
            return _of_form(_EMAIL, self.email) if self.email_permitted else None
        return _of_form(_PHONE, self.phone) if self.sms_permitted else None

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels by which something may be sent."""
        return frozenset(channel for channel in Channel if self.address(channel))

    @property
    def shown_phone(self) -> str:
        """The number as people write it here, where it may be called; else nothing."""
        if not self.call_permitted or not self.phone:
            return ""
        american = self.phone.startswith("+1") and len(self.phone) == 12
        digits = self.phone[2:]
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}" if american else self.phone

    @classmethod
    def unknown(cls, person_id: UUID, *, version: int) -> "Contact":
        """Someone whom intake does not know any more: nothing may be sent."""
        return cls(
            person_id=person_id,
            version=version,
            name="",
            email=None,
            phone=None,
            email_permitted=False,
            sms_permitted=False,
            call_permitted=False,
            voicemail_permitted=False,
            locale="en",
            timezone=None,
        )


def _of_form(form: re.Pattern[str], address: str | None) -> str | None:
    return address if address and form.fullmatch(address) else None
