"""What must hold after every step, in SQL that owes nothing to the product's own queries."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from tests.statemachine.practice import Practice

LIVE_VIEW: Final = """
    CREATE VIEW standing.live_appointment AS
    SELECT * FROM scheduler.appointment
    WHERE status IN ('booked', 'arrived', 'fulfilled')
       OR (status = 'proposed' AND hold_until > standing.clock_timestamp())
       OR (status = 'pending' AND reply_by > standing.clock_timestamp())
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
    "in person without a room": """
        SELECT a.id FROM live_appointment a JOIN appointment_type t ON t.id = appointment_type_id
        WHERE t.in_person AND a.room_id IS NULL
    """,
    "more on a day than its cap": """
        SELECT s.id, date(lower(during) AT TIME ZONE s.timezone), count(*)
        FROM live_appointment a JOIN schedule s ON s.id = a.schedule_id
        WHERE a.id <> ALL(%(free)s) GROUP BY 1, 2 HAVING count(*) > min(s.cap_per_day)
    """,
    "more in a week than its cap": """
        SELECT s.id, to_char(lower(during) AT TIME ZONE s.timezone, 'IYYY-IW'), count(*)
        FROM live_appointment a JOIN schedule s ON s.id = a.schedule_id
        WHERE a.id <> ALL(%(free)s) GROUP BY 1, 2 HAVING count(*) > min(s.cap_per_week)
    """,
    "more of a type on a day than its cap": """
        SELECT s.id, t.code, date(lower(during) AT TIME ZONE s.timezone), count(*)
        FROM live_appointment a JOIN schedule s ON s.id = a.schedule_id
        JOIN appointment_type t ON t.id = a.appointment_type_id
        WHERE a.id <> ALL(%(free)s) GROUP BY 1, 2, 3 HAVING count(*) > min(t.cap_per_day)
    """,
    "two for one permission": """
        SELECT invitation_id FROM live_appointment GROUP BY 1 HAVING count(*) > 1
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
            SELECT appointment_id, type, sum(times) AS n FROM (
                SELECT appointment_id, 'booked' AS type, 1 AS times FROM appointment_history
                WHERE act IN ('book', 'confirm')
                UNION ALL
                SELECT appointment_id, 'moved', 1 FROM appointment_history
                WHERE act = 'move' AND status_after = 'booked'
                UNION ALL
                SELECT appointment_id, 'cancelled', 1 FROM appointment_history
                WHERE act = 'cancel' AND status_before IN ('booked', 'proposed')
                UNION ALL
                SELECT appointment_id, 'requested', 1 FROM appointment_history
                WHERE act = 'request'
                UNION ALL
                SELECT h.appointment_id, 'released', 1 FROM appointment_history h
                JOIN participant p ON p.appointment_id = h.appointment_id
                WHERE status_before = 'pending' AND status_after = 'cancelled'
            ) one GROUP BY 1, 2
        ), told AS (
            SELECT (envelope -> 'data' ->> 'appointment_id')::uuid AS appointment_id,
                   split_part(envelope ->> 'type', '.', 3) AS type, count(*) AS n
            FROM outbox WHERE queue = 'notifier' AND envelope ->> 'type' LIKE '%%.appointment.%%'
            GROUP BY 1, 2
        )
        SELECT appointment_id, type, due.n, told.n
        FROM due FULL JOIN told USING (appointment_id, type) WHERE due.n IS DISTINCT FROM told.n
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
    "an offer to who waits no more": """
        SELECT o.id FROM waitlist_offer o JOIN waitlist_entry e ON e.id = o.entry_id
        WHERE o.answered_at IS NULL AND o.expires_at > clock_timestamp()
          AND e.ended_at IS NOT NULL
    """,
    "a hold for nobody": """
        SELECT a.id FROM live_appointment a WHERE status = 'proposed' AND invitation_id IS NULL
         AND NOT EXISTS (SELECT FROM waitlist_offer o
                         WHERE o.held_id = a.id AND o.answered_at IS NULL)
    """,
    "somebody of an absence with whom something went wrong": """
        SELECT id, appointment_id FROM absence_visit WHERE failed_at IS NOT NULL
    """,
    "a wish about a time that is over": """
        SELECT w.id FROM change_request w JOIN appointment a ON a.id = w.appointment_id
        WHERE w.settled_at IS NULL AND a.status = 'cancelled'
    """,
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
        for name, query in _RULES.items()
        for row in practice.rows(query, free=list(free))
    ]
