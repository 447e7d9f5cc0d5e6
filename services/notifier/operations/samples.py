"""Made-up occasions, one for each slot: what a preview shows, and what the lint measures."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.errand import FreeTime
from services.notifier.domain.message import TO_STAFF, Kind
from services.notifier.domain.words import Slot
from services.notifier.operations.rendering import Occasion
from shared.vocabulary import PREFIX, Channel

START: Final = datetime(2026, 9, 23, 17, 30, tzinfo=UTC)
"""A Wednesday in September: no day is longer in words, in English or in Spanish."""
_END: Final = START + timedelta(minutes=50)
_ZONE: Final = "America/Los_Angeles"
_TOKEN: Final = "k" * 43
_CHOICES: Final = PREFIX["notifier"] + f"/p/{UUID(int=1)}/{_TOKEN}"


def sample(slot: Slot, *, public_url: str, sender_address: str, zone: str = _ZONE) -> Occasion:
    """Somebody of that language who is told something of that kind."""
    about_time = slot.kind in {Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELLED, Kind.REMINDER}
    offered, told_at = slot.kind is Kind.OFFER, START - timedelta(days=5)
    own, staff = PREFIX["scheduler"] + f"/m/{_TOKEN}", PREFIX["intake"] + "/staff/inquiries"
    link = public_url + (staff if slot.kind in TO_STAFF else own)
    return Occasion(
        message_id=UUID(int=1),
        purpose="reminder-48h" if slot.kind is Kind.REMINDER else slot.kind,
        channel=slot.channel,
        to="rowan@example.org" if slot.channel is Channel.EMAIL else "+19145550119",
        locale=slot.locale,
        link=link,
        announced_at=told_at,
        not_after=None if about_time else told_at + timedelta(hours=3 if offered else 14 * 24),
        time=FreeTime(start=START, end=_END, timezone=zone) if offered else None,
        details=_details(link, sender_address, zone) if about_time else None,
        choices="" if slot.kind in TO_STAFF else public_url + _CHOICES,
    )


def _details(link: str, sender_address: str, zone: str) -> AppointmentDetails:
    return AppointmentDetails(
        appointment_id=UUID(int=1),
        sequence=1,
        status="booked",
        start=START,
        end=_END,
        timezone=zone,
        uid=f"{UUID(int=1)}@{sender_address.rpartition('@')[2]}",
        manage_url=link,
        practitioner_name="Priya Raman",
        how="video",
    )
