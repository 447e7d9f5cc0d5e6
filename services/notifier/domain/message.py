"""The words for messages: by which channel, of which kind, for which purpose."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from shared.vocabulary import Channel

HOUR = timedelta(hours=1)


class Kind(StrEnum):
    """Which words a message uses: one folder of templates each."""

    CONFIRMATION = "confirmation"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    UPDATE = "update"
    RESUME = "resume"
    INVITATION = "invitation"
    OFFER = "offer"
    QUESTION = "question"
    STAFF_NOTE = "staff-note"
    STAFF_TASK = "staff-task"
    STAFF_REPLY = "staff-reply"
    STAFF_CALENDAR = "staff-calendar"
    STAFF_CALL = "staff-call"
    STAFF_TEST = "staff-test"


NEWS = frozenset({Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELLED})
"""Kinds that tell of something that has just happened, as against a reminder of what was told."""

LINK_NOTES = frozenset({Kind.UPDATE, Kind.RESUME, Kind.INVITATION})
"""Kinds that carry a link and nothing else; which one it was is nobody's business but theirs."""

ASKED_FOR = LINK_NOTES | {Kind.OFFER}
"""Kinds that another service asks for by an id, and has to confirm. Their link is a key."""

TO_STAFF = frozenset(
    {
        *(Kind.STAFF_NOTE, Kind.STAFF_TASK, Kind.STAFF_REPLY),
        *(Kind.STAFF_CALENDAR, Kind.STAFF_CALL, Kind.STAFF_TEST),
    }
)
"""Kinds that go to the practice's own people."""

PROMPT = NEWS | ASKED_FOR | {Kind.STAFF_TASK, Kind.STAFF_TEST, Kind.QUESTION}
"""Kinds that never wait behind a flood of reminders."""


def reminder_purpose(lead: timedelta) -> str:
    """Name the reminder that goes out `lead` before the start: "reminder-24h", "reminder-90m".

    Raises ValueError unless `lead` is a positive whole number of minutes: the
    name is part of the key that keeps a reminder from being planned twice.
    """
    minutes, rest = divmod(lead, timedelta(minutes=1))
    if rest or minutes <= 0:
        raise ValueError(f"A reminder's lead must be whole minutes, not {lead}.")
    return f"reminder-{minutes // 60}h" if minutes % 60 == 0 else f"reminder-{minutes}m"


def lead_of(purpose: str) -> timedelta | None:
    """Read the lead back out of a reminder's purpose; None for every other purpose."""
    kind, _, lead = purpose.rpartition("-")
    if kind != Kind.REMINDER:
        return None
    amount = int(lead[:-1])
    return timedelta(hours=amount) if lead.endswith("h") else timedelta(minutes=amount)


def kind_of(purpose: str) -> Kind:
    """Tell which words a purpose uses. Raises ValueError for a purpose nobody knows."""
    return Kind.REMINDER if lead_of(purpose) is not None else Kind(purpose)


def title_of(purpose: str) -> str:
    """Name a purpose the way staff say it."""
    lead = lead_of(purpose)
    if lead is None:
        return _TITLES[Kind(purpose)]
    if lead % HOUR:
        return f"Reminder, {lead // timedelta(minutes=1)} minutes before"
    hours = lead // HOUR
    return f"Reminder, {hours} hour{'' if hours == 1 else 's'} before"


_TITLES = {
    Kind.CONFIRMATION: "Time booked",
    Kind.MOVED: "Time moved",
    Kind.CANCELLED: "Time cancelled",
    # One title for all three: a list that named them would tell who was asked to join whom.
    Kind.UPDATE: "A note with a link",
    Kind.RESUME: "A note with a link",
    Kind.INVITATION: "A note with a link",
    Kind.OFFER: "A time that has become free",
    Kind.QUESTION: "Whether they agree to texts",
    Kind.STAFF_NOTE: "Something to read",
    Kind.STAFF_TASK: "A task",
    Kind.STAFF_REPLY: "A reply to read",
    Kind.STAFF_CALENDAR: "Something about a time",
    Kind.STAFF_CALL: "Somebody to call",
    Kind.STAFF_TEST: "A test",
}


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """A message as a provider gets it; an SMS has no subject, html or calendar.

    `message_id` is the same for every try of the message: whoever can tell a
    repeat by it, will.
    """

    message_id: str
    channel: Channel
    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    calendar: str = field(default="", repr=False)
    calendar_method: Literal["REQUEST", "CANCEL"] | None = None
    one_click: str = field(default="", repr=False)
    """Where a mail program asks for no more of these (RFC 8058); empty for what has to be sent."""
