"""What must hold after every step, in SQL that owes nothing to the product's own queries."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from tests.statemachine.about_two import ABOUT_TWO
from tests.statemachine.practice import Practice

LIVE_VIEW: Final = """
    CREATE VIEW standing.live_appointment AS
    SELECT * FROM scheduler.appointment
    WHERE status IN ('booked', 'arrived', 'fulfilled')
       OR (status = 'proposed' AND hold_until > standing.clock_timestamp())
       OR (status = 'pending' AND reply_by > standing.clock_timestamp());
    CREATE VIEW standing.live_proposal AS
    SELECT * FROM scheduler.move_proposal
    WHERE ended_at IS NULL AND reply_by > standing.clock_timestamp()
"""

# `free`: what staff gave against the rules, or what came late after all: no rule of quiet or
# number holds for it, but that one hour is one hour.
_RULES: Final = {
    "two at once, or without the quiet between them": """
        SELECT a.id, b.id FROM live_appointment a
        JOIN live_appointment b ON a.schedule_id = b.schedule_id AND a.id <> b.id
         AND (lower(a.during), a.id) < (lower(b.during), b.id)
        WHERE lower(b.during) - upper(a.during) < CASE
            WHEN a.id = ANY(%(free)s) OR b.id = ANY(%(free)s) THEN interval '0'
            ELSE greatest(a.buffer_after, b.buffer_before) END
    """,
    "two in one room": """
        SELECT a.id, b.id FROM live_appointment a
        JOIN live_appointment b ON a.room_id = b.room_id AND a.id < b.id
        WHERE a.during && b.during
    """,
    "two for one permission": """
        SELECT invitation_id FROM live_appointment
        WHERE couple_id IS NULL GROUP BY 1 HAVING count(*) > 1
         AND invitation_id IS NOT NULL
    """,
    "two for one couple that lie ahead": """
        SELECT couple_id FROM live_appointment
        WHERE couple_id IS NOT NULL AND lower(during) > clock_timestamp()
        GROUP BY 1 HAVING count(*) > 1
    """,
    "too many or too few people": """
        SELECT a.id, a.status, count(p.id) FROM appointment a
        LEFT JOIN participant p ON p.appointment_id = a.id
        WHERE a.status <> 'proposed'
          AND EXISTS (SELECT FROM appointment_history h WHERE h.appointment_id = a.id
                      AND h.status_after IN ('pending', 'booked'))
        GROUP BY a.id HAVING count(p.id) <> CASE WHEN a.couple_id IS NULL THEN 1 ELSE 2 END
    """,
    "history without a hand": """
        SELECT id, actor FROM appointment_history
        WHERE actor !~ '^(client|staff|system)(:[0-9a-f-]{36})?$' OR act = ''
           OR (actor LIKE 'staff%%' AND (actor = 'staff' OR reason IS NULL))
    """,
    "history with a hole": """
        SELECT * FROM (
            SELECT id, act, status_before, lag(status_after) OVER of_one AS status_was,
                   during_before, lag(during_after) OVER of_one AS during_was,
                   sequence, lag(sequence) OVER of_one AS sequence_was
            FROM appointment_history WINDOW of_one AS (PARTITION BY appointment_id ORDER BY id)
        ) one WHERE status_was IS NOT NULL AND (status_before <> status_was
            OR during_before <> during_was OR sequence < sequence_was)
    """,
    "a version twice, or left out": """
        SELECT * FROM (
            SELECT id, act, sequence, lag(sequence) OVER of_one AS sequence_was
            FROM appointment_history WINDOW of_one AS (PARTITION BY appointment_id ORDER BY id)
        ) one WHERE sequence - coalesce(sequence_was, 0) <> CASE
            WHEN act IN ('move', 'cancel', 'decline', 'lapse') THEN 1 ELSE 0 END
    """,
    "a life after the end": """
        SELECT * FROM (
            SELECT id, act, lag(status_after) OVER of_one AS status_was
            FROM appointment_history WINDOW of_one AS (PARTITION BY appointment_id ORDER BY id)
        ) one WHERE status_was = 'cancelled'
    """,
    "history that ends elsewhere": """
        SELECT a.id, a.status, h.status_after, a.sequence, h.sequence FROM appointment a
        LEFT JOIN LATERAL (SELECT * FROM appointment_history
            WHERE appointment_id = a.id ORDER BY id DESC LIMIT 1) h ON true
        WHERE CASE WHEN a.status = 'proposed' THEN h.id IS NOT NULL ELSE
            (a.status, a.during, a.sequence)
            IS DISTINCT FROM (h.status_after, h.during_after, h.sequence) END
    """,
    "history of what is not there": """
        SELECT h.id FROM appointment_history h LEFT JOIN appointment a ON a.id = h.appointment_id
        WHERE a.id IS NULL
    """,
    "an event too many or too few": """
        WITH due AS (
            SELECT appointment_id, sequence, type, count(*) AS n FROM (
                SELECT appointment_id, sequence, 'booked' AS type FROM appointment_history
                WHERE act IN ('book', 'confirm')
                UNION ALL
                SELECT appointment_id, sequence, 'moved' FROM appointment_history
                WHERE act = 'move' AND status_after = 'booked'
                UNION ALL
                SELECT appointment_id, sequence, 'cancelled' FROM appointment_history
                WHERE act = 'cancel' AND status_before IN ('booked', 'proposed')
                UNION ALL
                SELECT appointment_id, sequence, 'requested' FROM appointment_history
                WHERE act = 'request'
                UNION ALL
                SELECT appointment_id, sequence, 'requested' FROM move_proposal
                UNION ALL
                SELECT h.appointment_id, sequence, 'released' FROM appointment_history h
                JOIN participant p ON p.appointment_id = h.appointment_id
                WHERE status_before = 'pending' AND status_after = 'cancelled'
                UNION ALL
                SELECT appointment_id, sequence, 'released' FROM move_proposal
                WHERE outcome = 'lapsed'
            ) one GROUP BY 1, 2, 3
        ), told AS (
            SELECT (envelope -> 'data' ->> 'appointment_id')::uuid AS appointment_id,
                   (envelope -> 'data' ->> 'sequence')::int AS sequence,
                   split_part(envelope ->> 'type', '.', 3) AS type, count(*) AS n
            FROM outbox WHERE queue = 'notifier' AND envelope ->> 'type' LIKE '%%.appointment.%%'
            GROUP BY 1, 2, 3
        )
        SELECT appointment_id, sequence, type, due.n, told.n
        FROM due FULL JOIN told USING (appointment_id, sequence, type)
        WHERE due.n IS DISTINCT FROM told.n
    """,
    "an event twice in one queue": """
        SELECT event_id FROM outbox GROUP BY event_id, queue HAVING count(*) > 1
    """,
    "an offer that nobody heard of": """
        SELECT o.id FROM waitlist_offer o WHERE 1 <> (SELECT count(*) FROM outbox
            WHERE envelope -> 'data' ->> 'communication_id' = o.communication_id::text)
    """,
    "an offer without a time of its own": """
        SELECT o.id, a.status FROM waitlist_offer o LEFT JOIN live_appointment a ON a.id = held_id
        WHERE answered_at IS NULL AND expires_at > clock_timestamp()
          AND (a.status IS DISTINCT FROM 'proposed' OR a.schedule_id <> o.schedule_id
               OR lower(a.during) <> o.starts_at OR a.hold_until <> o.expires_at)
    """,
    "one time offered to two": """
        SELECT schedule_id, starts_at FROM waitlist_offer
        WHERE answered_at IS NULL AND expires_at > clock_timestamp()
        GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "an offer that was taken, and no time": """
        SELECT o.id FROM waitlist_offer o JOIN waitlist_entry e ON e.id = o.entry_id
        WHERE o.answer = 'accepted' AND (e.outcome IS DISTINCT FROM 'booked' OR NOT EXISTS (
            SELECT FROM appointment_history h JOIN appointment a ON a.id = h.appointment_id
            WHERE a.invitation_id = e.invitation_id AND h.schedule_after = o.schedule_id
              AND lower(h.during_after) = o.starts_at))
    """,
    "an offer that was not taken, and is kept": """
        SELECT id FROM waitlist_offer
        WHERE answer IN ('declined', 'withdrawn') AND held_id IS NOT NULL
    """,
    "taken off the list without a reason": """
        SELECT id FROM waitlist_entry WHERE outcome = 'removed' AND ended_by LIKE 'staff%%'
           AND reason IS NULL
    """,
    "an offer to who waits no more": """
        SELECT o.id FROM waitlist_offer o JOIN waitlist_entry e ON e.id = o.entry_id
        WHERE o.answered_at IS NULL AND o.expires_at > clock_timestamp()
          AND e.ended_at IS NOT NULL
    """,
    "a hold for nobody": """
        SELECT a.id FROM live_appointment a WHERE status = 'proposed' AND invitation_id IS NULL
         AND NOT EXISTS (SELECT FROM waitlist_offer o
                         WHERE o.held_id = a.id AND o.answered_at IS NULL)
         AND NOT EXISTS (SELECT FROM move_proposal m
                         WHERE m.held_id = a.id AND m.ended_at IS NULL)
    """,
    "somebody of an absence with whom something went wrong": """
        SELECT id, appointment_id FROM absence_visit WHERE failed_at IS NOT NULL
    """,
    "a wish about a time that is over": """
        SELECT w.id FROM change_request w JOIN appointment a ON a.id = w.appointment_id
        WHERE w.settled_at IS NULL AND a.status = 'cancelled'
    """,
    "a wish that came true, and nothing was done": """
        SELECT w.id FROM change_request w WHERE w.outcome = 'done' AND NOT EXISTS (
            SELECT FROM appointment_history h WHERE h.appointment_id = w.appointment_id
              AND h.act IN ('cancel', w.wish))
    """,
    "a permission that ended, and a time ahead": """
        SELECT a.id, a.status FROM live_appointment a JOIN invitation i
            ON i.id = a.invitation_id OR i.couple_id = a.couple_id
        WHERE i.ended_at IS NOT NULL AND lower(a.during) > clock_timestamp()
          AND a.status IN ('proposed', 'pending', 'booked')
    """,
    "a permission that ended, and somebody who waits": """
        SELECT e.id FROM waitlist_entry e JOIN invitation i ON i.id = e.invitation_id
        WHERE e.ended_at IS NULL AND i.ended_at IS NOT NULL
    """,
    **ABOUT_TWO,
}


class Keeping:
    """What was seen before, and may never be different again."""

    def __init__(self) -> None:
        self.history: list[tuple[object, ...]] = []
        self.lives: dict[UUID, tuple[str, int, str, object]] = {}

    def broken(self, practice: Practice) -> list[str]:
        """History that was changed, appointments that were lost or have turned into others."""
        found = []
        history = practice.rows("SELECT id, h::text FROM appointment_history h ORDER BY id")
        if history[: len(self.history)] != self.history:
            found.append("history was changed")
        rows = practice.rows(
            "SELECT id, uid, sequence, status, during::text FROM appointment"
            " WHERE status <> 'proposed'"
        )
        lives = {row[0]: tuple(row[1:]) for row in rows}
        for number, (uid, sequence, status, during) in self.lives.items():
            now = lives.get(number)
            if now is None:
                found.append(f"appointment {number} is gone")
            elif now[0] != uid or now[1] < sequence:
                found.append(f"appointment {number} lost its identity: {now}")
            elif status == "cancelled" != now[2]:
                found.append(f"appointment {number} lives again: {now}")
            elif (now[3] != during or (now[2], status) == ("cancelled", "booked")) and (
                now[1] == sequence
            ):
                found.append(f"appointment {number} changed and its sequence did not: {now}")
        self.history, self.lives = history, lives
        return found


def broken(practice: Practice, free: Collection[UUID]) -> list[str]:
    """Every rule that does not hold, with the rows that break it."""
    return [
        f"{name}: {row}"
        for name, row in practice.rows(_AT_ONCE, free=list(free), parted=list(practice.parted))
    ]


_AT_ONCE: Final = " UNION ALL ".join(
    f"SELECT '{name}', one::text FROM ({query}) one"  # noqa: S608
    for name, query in _RULES.items()
)
"""All of them in one statement, for they are asked after every act."""
