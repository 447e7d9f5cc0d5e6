"""Which messages an appointment deserves, when each is due, and until when each is of use."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from services.notifier.domain.message import HOUR, TO_STAFF, Kind, reminder_purpose
from shared.quiet_hours import next_open
from shared.vocabulary import Channel

NEWS_STAYS_NEWS = timedelta(hours=24)
"""How long a confirmation or a move is worth telling (delivery.md, `not_after`)."""

LAST_MINUTE = timedelta(minutes=5)
"""How long a time taken in the last minute before it is worth telling, though it has begun."""

NOTE_STAYS_NEWS = timedelta(hours=72)
"""How long a note to the practice is worth sending; what it points at waits anyway."""

JUST_NOW = timedelta(minutes=30)
"""How long after the person's own act an answer to it may still come at night."""


@dataclass(frozen=True, kw_only=True)
class ReminderPlan:
    """How long before the start each channel reminds.

    Texts remind twice, so that with the confirmation a person gets at most one
    text a day and three a week (L24); an e-mail more costs nobody a night.
    """

    leads: Mapping[Channel, tuple[timedelta, ...]]
    gap: timedelta = HOUR
    """A reminder sooner than this after the confirmation would only repeat it."""


_LEAD: Final = re.compile(r"(\d{1,4})([hm])")
LONGEST_LEAD: Final = timedelta(days=14)


def read_leads(text: str) -> tuple[timedelta, ...]:
    """Read "48h, 24h, 90m", the longest first. Raises ValueError with a sentence to show."""
    found = set()
    for one in (part.strip() for part in text.split(",")):
        match = _LEAD.fullmatch(one)
        if match is None:
            raise ValueError(f"{one!r} is not a time like 24h or 90m.")
        amount = int(match[1])
        lead = timedelta(hours=amount) if match[2] == "h" else timedelta(minutes=amount)
        if not timedelta(0) < lead <= LONGEST_LEAD:
            raise ValueError(f"{one} is not between a minute and 14 days.")
        found.add(lead)
    return tuple(sorted(found, reverse=True))


def written_leads(leads: Iterable[timedelta]) -> str:
    """Write leads the way they are read: "48h, 24h, 90m"."""
    return ", ".join(reminder_purpose(lead).removeprefix("reminder-") for lead in leads)


@dataclass(frozen=True, kw_only=True)
class PlannedMessage:
    """One message to be: both times aware UTC, never sent before the one or after the other.

    Without a channel it is never sent: a row that tells staff that nothing may be.
    """

    purpose: str
    channel: Channel | None
    due_at: datetime
    not_after: datetime


def messages_for(
    *,
    news: Mapping[Channel, Kind],
    starts_at: datetime,
    announced_at: datetime,
    zone: tzinfo,
    plan: ReminderPlan,
    now: datetime,
) -> Iterator[PlannedMessage]:
    """Yield what a booked appointment deserves on each permitted channel of one person.

    `news` says for each channel how the time is told: `confirmation` to someone
    who has heard nothing yet, `moved` to someone who has. `announced_at` is when
    the appointment took this time; planning again later changes nothing of it.
    """
    for channel, kind in news.items():
        yield from _told(kind, channel, starts_at, announced_at, now)
        for lead in plan.leads.get(channel, ()):
            yield from _reminder(lead, channel, starts_at, announced_at + plan.gap, zone, now)


def cancellation_notices(
    *, channels: frozenset[Channel], starts_at: datetime, announced_at: datetime, now: datetime
) -> Iterator[PlannedMessage]:
    """Yield a notice for each channel that was told of the time; none once it would have begun.

    It is due since it became news, `announced_at`, however late it is planned.
    """
    if now < starts_at:
        for channel in sorted(channels):
            yield PlannedMessage(
                purpose=Kind.CANCELLED,
                channel=channel,
                due_at=min(announced_at, now),
                not_after=starts_at,
            )


def news_until(*, starts_at: datetime, announced_at: datetime) -> datetime:
    """Return until when that a time was taken, or moved to, is news: until it begins, as a rule.

    Where no notice is asked for, the very next minute can be taken. It begins while word of it is
    on its way, and whoever took it is still to be told.
    """
    return max(starts_at, min(starts_at, announced_at) + LAST_MINUTE)


def useful_before_start(lead: timedelta) -> timedelta:
    """How long before the start a reminder stops being of use.

    delivery.md: the 48 h one a day before, the 24 h one four hours before, the
    2 h one half an hour before; other leads follow the nearest of these.
    """
    if lead >= 48 * HOUR:
        return 24 * HOUR
    if lead >= 24 * HOUR:
        return 4 * HOUR
    return lead / 4


def may_break_the_quiet(kind: Kind, *, announced_at: datetime, now: datetime) -> bool:
    """Tell whether a message may go out at night: only as the answer to an act of just now.

    Notes to staff go to the practice's own addresses, which have no night. An update, an
    invitation and an offer answer nothing that their reader has done: they wait for the morning.
    """
    if kind in TO_STAFF:
        return True
    return kind not in _UNASKED and now - announced_at <= JUST_NOW


_UNASKED = frozenset({Kind.REMINDER, Kind.UPDATE, Kind.INVITATION, Kind.OFFER, Kind.QUESTION})


def _told(
    kind: Kind, channel: Channel, starts_at: datetime, announced_at: datetime, now: datetime
) -> Iterator[PlannedMessage]:
    not_after = min(
        announced_at + NEWS_STAYS_NEWS, news_until(starts_at=starts_at, announced_at=announced_at)
    )
    if now <= not_after:
        yield PlannedMessage(
            purpose=kind, channel=channel, due_at=announced_at, not_after=not_after
        )


def _reminder(
    lead: timedelta,
    channel: Channel,
    starts_at: datetime,
    earliest: datetime,
    zone: tzinfo,
    now: datetime,
) -> Iterator[PlannedMessage]:
    wanted_at = starts_at - lead
    not_after = starts_at - useful_before_start(lead)
    due_at = next_open(wanted_at, zone)
    if wanted_at >= earliest and max(due_at, now) <= not_after:
        yield PlannedMessage(
            purpose=reminder_purpose(lead), channel=channel, due_at=due_at, not_after=not_after
        )
