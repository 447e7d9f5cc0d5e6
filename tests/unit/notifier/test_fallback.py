"""What follows a message that did not arrive, and until when each purpose is of use."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.domain.delivery import State, backoff
from services.notifier.domain.fallback import Following, Told, following, useful_until
from services.notifier.domain.reminders import (
    ReminderPlan,
    cancellation_notices,
    messages_for,
)
from shared.vocabulary import Channel
from shared.zones import zone

NOW = datetime(2027, 3, 1, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
EMAIL, SMS = Channel.EMAIL, Channel.SMS
BOTH = {EMAIL, SMS}
CALL = Following()


def told(purpose: str, channel: Channel | None, state: State, reason: str = "", **more) -> Told:
    return Told(purpose=purpose, channel=channel, state=state, reason=reason or None, **more)


FAILED = told("confirmation", EMAIL, State.FAILED_PERMANENT, "no-such-address")


@pytest.mark.parametrize(
    ("failed", "others", "channels", "then"),
    [
        # The other way is free: it is used. There is none: somebody calls.
        (FAILED, [], BOTH, Following(channel=SMS)),
        (FAILED, [], {EMAIL}, CALL),
        # Who permits both has got both: nothing more, unless the other failed, too.
        (FAILED, [told("confirmation", SMS, State.ACCEPTED)], BOTH, None),
        (FAILED, [told("moved", SMS, State.DELIVERED)], BOTH, None),
        (FAILED, [told("confirmation", SMS, State.SCHEDULED)], BOTH, None),
        (FAILED, [told("confirmation", SMS, State.UNDELIVERED)], BOTH, CALL),
        (FAILED, [told("confirmation", SMS, State.CANCELLED, "enough-texts")], BOTH, CALL),
        # What nobody can say arrived is no word that anybody got.
        (FAILED, [told("confirmation", SMS, State.UNCONFIRMED)], BOTH, CALL),
        # A later reminder covers an earlier one; the last has nothing behind it.
        (
            told("reminder-48h", EMAIL, State.UNCONFIRMED),
            [told("reminder-24h", EMAIL, State.SCHEDULED)],
            BOTH,
            None,
        ),
        (
            told("reminder-2h", EMAIL, State.BOUNCED),
            [told("reminder-24h", EMAIL, State.ACCEPTED)],
            {EMAIL},
            CALL,
        ),
        (
            told("reminder-2h", EMAIL, State.BOUNCED),
            [told("confirmation", EMAIL, State.ACCEPTED)],
            BOTH,
            Following(channel=SMS),
        ),
        # The endings of delivery.md's table, each.
        (told("offer", SMS, State.UNDELIVERED, "phone-off"), [], BOTH, Following(channel=EMAIL)),
        (told("moved", EMAIL, State.EXPIRED, "busy"), [], BOTH, Following(channel=SMS)),
        (told("cancelled", EMAIL, State.DEAD, "worker-died"), [], {EMAIL}, CALL),
        (told("invitation", EMAIL, State.BOUNCED), [], {EMAIL}, CALL),
        # By their own wish nothing is sent: that is not undone, but who would come for nothing is
        # to be called.
        (told("confirmation", None, State.SUPPRESSED, "no-way"), [], set(), None),
        (told("cancelled", None, State.SUPPRESSED, "no-way", corrects=True), [], set(), CALL),
        (told("confirmation", EMAIL, State.SUPPRESSED, "erased"), [], BOTH, None),
        (told("confirmation", EMAIL, State.CANCELLED), [], BOTH, None),
        (told("confirmation", EMAIL, State.ACCEPTED), [], BOTH, None),
    ],
)
def test_f11_f12_what_follows_a_message_that_fell_short(failed, others, channels, then):
    assert following(failed, others, channels=channels) == then


STARTS_AT = NOW + 72 * HOUR


@pytest.mark.parametrize(
    ("purpose", "before_start"),
    [
        ("cancelled", 0 * HOUR),
        ("confirmation", 48 * HOUR),
        ("moved", 48 * HOUR),
        ("reminder-24h", HOUR / 2),
        ("reminder-1h", HOUR / 4),
    ],
)
def test_f12_the_next_channel_is_used_while_it_helps(purpose, before_start):
    assert useful_until(purpose, starts_at=STARTS_AT, now=NOW) == STARTS_AT - before_start


PLAN = ReminderPlan(leads={EMAIL: (48 * HOUR, 24 * HOUR, 2 * HOUR)})


def test_f12_each_purpose_stops_where_delivery_md_says():
    starts_at = NOW + 100 * HOUR
    planned = messages_for(
        news={EMAIL: "confirmation"},
        starts_at=starts_at,
        announced_at=NOW,
        zone=zone("America/New_York"),
        plan=PLAN,
        now=NOW,
    )
    until = {one.purpose: one.not_after for one in planned}
    (notice,) = cancellation_notices(
        channels=frozenset({EMAIL}), starts_at=starts_at, announced_at=NOW, now=NOW
    )

    assert until == {
        "confirmation": NOW + 24 * HOUR,
        "reminder-48h": starts_at - 24 * HOUR,
        "reminder-24h": starts_at - 4 * HOUR,
        "reminder-2h": starts_at - 30 * MINUTE,
    }
    assert notice.not_after == starts_at


@pytest.mark.parametrize(
    ("room", "tries"),
    [
        # 0, 30 s, 2 min, 5 min, 15 min, 30 min, 1 h, 2 h, then every 3 h.
        (24 * HOUR, 14),  # a confirmation
        (90 * MINUTE, 6),  # the reminder of two hours before
        (20 * HOUR, 13),  # the one of a day before
    ],
)
def test_f10_f12_how_often_a_message_is_tried_before_its_time_is_over(room, tries):
    at, made = timedelta(0), 1
    while at + backoff(made, jitter=0) <= room:
        at += backoff(made, jitter=0)
        made += 1

    assert made == tries
