"""`softstart doctor`: looks for what must never be, in all three services at once (N13).

One read-only transaction of the database's administrator sees all three schemas as they were at
one instant, so a booking is never compared with a reminder of a moment later. Each check is one
statement that finds what is wrong; a healthy practice gives no row at all. Ids only, no names.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from services.databases import Server, external_server, server_at_hand
from services.home import Home
from shared.messaging.routes import ROUTES
from shared.vocabulary import LIVE_STATUSES, SERVICES

PATIENCE: Final = "10 minutes"
"""How long housekeeping and the others may take before what they left is a finding."""


@dataclass(frozen=True)
class Check:
    """What must never be: a name, a sentence with a place for each column, and who finds it."""

    name: str
    sentence: str
    query: str


@dataclass(frozen=True)
class Finding:
    """Something that is, and must not be."""

    check: str
    words: str


_LIVE: Final = ", ".join(f"'{status}'" for status in LIVE_STATUSES)
_STANDING: Final = (
    f"status IN ({_LIVE}) AND (status <> 'proposed' OR hold_until > now())"
    " AND (status <> 'pending' OR reply_by > now())"
)

_BOOKINGS: Final = (
    Check(
        "overlap",
        "Appointments {} and {} of one clinician take the same time, from {:%Y-%m-%d %H:%M} UTC.",
        f"""
        SELECT a.id, b.id, lower(a.during * b.during)
        FROM (SELECT * FROM scheduler.appointment WHERE {_STANDING}) a
        JOIN (SELECT * FROM scheduler.appointment WHERE {_STANDING}) b
          ON a.schedule_id = b.schedule_id AND a.id < b.id AND a.during && b.during
        """,
    ),
    Check(
        "room overlap",
        "Appointments {} and {} use one room at the same time, from {:%Y-%m-%d %H:%M} UTC.",
        f"""
        SELECT a.id, b.id, lower(a.during * b.during)
        FROM (SELECT * FROM scheduler.appointment WHERE {_STANDING}) a
        JOIN (SELECT * FROM scheduler.appointment WHERE {_STANDING}) b
          ON a.room_id = b.room_id AND a.id < b.id AND a.during && b.during
        """,
    ),
    Check(
        "old hold",
        "Hold {} ran out at {:%Y-%m-%d %H:%M} UTC, and nobody has swept it away.",
        f"""
        SELECT id, hold_until FROM scheduler.appointment
        WHERE status = 'proposed' AND hold_until < now() - interval '{PATIENCE}'
        """,
    ),
    Check(
        "orphan hold",
        "Hold {} is kept for nobody.",
        """
        SELECT a.id FROM scheduler.appointment a
        WHERE a.status = 'proposed' AND a.invitation_id IS NULL
          AND NOT EXISTS (SELECT FROM scheduler.waitlist_offer o
                          WHERE o.held_id = a.id AND o.answered_at IS NULL)
          AND NOT EXISTS (SELECT FROM scheduler.move_proposal m
                          WHERE m.held_id = a.id AND m.ended_at IS NULL)
        """,
    ),
    Check(
        "empty proposal",
        "Another time that is asked for ({}) waits until {:%Y-%m-%d %H:%M} UTC and is not kept.",
        """
        SELECT id, reply_by FROM scheduler.move_proposal
        WHERE ended_at IS NULL AND held_id IS NULL AND reply_by > now()
        """,
    ),
    Check(
        "old proposal",
        "Another time that is asked for ({}, until {:%Y-%m-%d %H:%M} UTC) should be over.",
        f"""
        SELECT m.id, m.reply_by FROM scheduler.move_proposal m
        JOIN scheduler.appointment a ON a.id = m.appointment_id
        WHERE m.ended_at IS NULL
          AND (m.reply_by < now() - interval '{PATIENCE}'
               OR a.status = 'cancelled' OR a.sequence <> m.sequence)
        """,
    ),
    Check(
        "empty offer",
        "Offer {} to somebody on the waitlist stands until {:%Y-%m-%d %H:%M} UTC without a time.",
        """
        SELECT id, expires_at FROM scheduler.waitlist_offer
        WHERE answered_at IS NULL AND held_id IS NULL AND expires_at > now()
        """,
    ),
    Check(
        "overdue answer",
        "Appointment {} waits for a yes since {:%Y-%m-%d %H:%M} UTC, when it should have gone.",
        f"""
        SELECT id, reply_by FROM scheduler.appointment
        WHERE status = 'pending' AND reply_by < now() - interval '{PATIENCE}'
        """,
    ),
    Check(
        "ended permission",
        "Appointment {} of {:%Y-%m-%d %H:%M} UTC still stands, and its permission ended before.",
        """
        SELECT a.id, lower(a.during) FROM scheduler.appointment a
        JOIN scheduler.invitation i ON i.id = a.invitation_id
        WHERE a.status IN ('proposed', 'pending', 'booked') AND i.ended_at < lower(a.during)
        """,
    ),
    Check(
        "nobody",
        "Appointment {} is {}, and belongs to nobody.",
        """
        SELECT a.id, a.status FROM scheduler.appointment a
        WHERE a.status IN ('pending', 'booked')
          AND NOT EXISTS (SELECT FROM scheduler.participant p WHERE p.appointment_id = a.id)
        """,
    ),
    Check(
        "untold history",
        "Appointment {} is {}, and its history ends with {}.",
        """
        SELECT a.id, a.status, coalesce(h.status_after, 'nothing') FROM scheduler.appointment a
        LEFT JOIN LATERAL (
            SELECT status_after FROM scheduler.appointment_history
            WHERE appointment_id = a.id ORDER BY id DESC LIMIT 1
        ) h ON true
        WHERE a.status <> 'proposed' AND a.status IS DISTINCT FROM h.status_after
        """,
    ),
)

_MESSAGES: Final = (
    Check(
        "reminder",
        "Message {} ({}) waits to be sent for appointment {}, which does not stand like that.",
        """
        SELECT n.id, n.purpose, n.appointment_id FROM notifier.notification n
        LEFT JOIN scheduler.appointment a ON a.id = n.appointment_id
        WHERE n.appointment_id IS NOT NULL
          AND n.state IN ('scheduled', 'claimed')
          AND n.purpose LIKE 'reminder-%'
          AND (a.id IS NULL OR a.status <> 'booked' OR a.sequence <> n.sequence)
          AND NOT EXISTS (
              SELECT FROM scheduler.outbox o
              WHERE o.queue = 'notifier' AND o.acknowledged_at IS NULL
                AND o.envelope -> 'data' ->> 'appointment_id' = n.appointment_id::text)
        """,
    ),
    Check(
        "held",
        "Message {} ({}) is held since a backup was restored at {:%Y-%m-%d %H:%M} UTC: decide.",
        """
        SELECT id, purpose, held_at FROM notifier.notification
        WHERE held_at IS NOT NULL AND state IN ('scheduled', 'claimed', 'attempting', 'uncertain')
        """,
    ),
    Check(
        "untold",
        "Appointment {} stands at change {}, and the notifier still knows change {}.",
        f"""
        SELECT a.id, a.sequence, p.sequence FROM scheduler.appointment a
        LEFT JOIN notifier.appointment_projection p ON p.appointment_id = a.id
        WHERE a.status = 'booked' AND a.changed_at < now() - interval '{PATIENCE}'
          AND (p.sequence IS NULL OR p.sequence < a.sequence)
        """,
    ),
    Check(
        "stranger",
        "Message {} about appointment {} is for somebody who is no part of it.",
        """
        SELECT n.id, n.appointment_id FROM notifier.notification n
        JOIN scheduler.appointment a ON a.id = n.appointment_id
        WHERE n.person_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM scheduler.participant p
                          WHERE p.appointment_id = a.id AND p.person_id = n.person_id)
        """,
    ),
)


def checks() -> Iterator[Check]:
    """Every check there is."""
    yield from _BOOKINGS
    yield from _MESSAGES
    for service in SERVICES:
        yield from _outbox(service)


def _outbox(service: str) -> Iterator[Check]:
    yield Check(
        "event",
        f"An event of {service} ({{}}) waits for {{}} since {{:%Y-%m-%d %H:%M}} UTC.",
        f"""
        SELECT envelope ->> 'type', queue, created_at FROM {service}.outbox
        WHERE acknowledged_at IS NULL AND created_at < now() - interval '{PATIENCE}'
        ORDER BY created_at
        """,
    )
    known = ", ".join(f"'{event.type}'" for event in ROUTES)
    yield Check(
        "listener",
        f"An event of {service} ({{}}) has no listener that this version knows.",
        f"""
        SELECT DISTINCT envelope ->> 'type' FROM {service}.outbox
        WHERE acknowledged_at IS NULL AND envelope ->> 'type' NOT IN ({known})
        """,
    )


def examine(connection: psycopg.Connection[Any]) -> list[Finding]:
    """Everything that must not be, check by check. Reads only."""
    return [
        Finding(check.name, check.sentence.format(*row))
        for check in checks()
        for row in connection.execute(check.query.encode())
    ]


def report(findings: Sequence[Finding], count: int) -> Iterator[str]:
    """What is printed: a line for each finding, or one that says that there is none."""
    for one in findings:
        yield f"{one.check:15} {one.words}"
    if findings:
        yield f"{len(findings)} found. Nothing was changed."
    else:
        yield f"All is well: {count} checks, nothing found."


def doctor(home: Home, env: Mapping[str, str]) -> int:
    """Look, and say what was found: 0, or 1 and a list.

    With DATABASE_URL alone, as beside separate processes, no home is needed.
    """
    with _server(home, env) as server, psycopg.connect(server.admin_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        findings = examine(connection)
    print("\n".join(report(findings, len(list(checks())))))
    return 1 if findings else 0


@contextmanager
def _server(home: Home, env: Mapping[str, str]) -> Iterator[Server]:
    if env.get("DATABASE_URL"):
        yield external_server(env["DATABASE_URL"], {})
        return
    with server_at_hand(home, env) as server:
        yield server


def add_command(
    commands: Any, at_home: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]
) -> None:
    """`softstart doctor`; `run` finds the home and calls `options.upkeep` with it."""
    words = "look for what must never be: overlaps, orphans, reminders of nothing, unheard events"
    parser = commands.add_parser("doctor", parents=[at_home], help=words, description=words)
    parser.set_defaults(run=run, upkeep=doctor)
