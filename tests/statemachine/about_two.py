"""What must hold of two people and another time that one of them asks for, in plain SQL."""

from typing import Final

ABOUT_TWO: Final = {
    "another time that is asked for, and not kept": """
        SELECT m.id, a.status FROM live_proposal m LEFT JOIN live_appointment a ON a.id = m.held_id
        WHERE a.status IS DISTINCT FROM 'proposed' OR a.schedule_id <> m.schedule_id
           OR lower(a.during) <> m.starts_at OR upper(a.during) <> m.ends_at
           OR a.hold_until <> m.reply_by OR a.invitation_id IS NOT NULL
    """,
    "asked for about a time that is another now": """
        SELECT m.id, a.status, a.sequence, m.sequence FROM live_proposal m
        JOIN appointment a ON a.id = m.appointment_id
        WHERE a.status = 'cancelled' OR a.sequence <> m.sequence OR a.couple_id IS NULL
    """,
    "asked by somebody else": """
        SELECT m.id FROM move_proposal m WHERE NOT EXISTS (SELECT FROM participant p
            WHERE p.appointment_id = m.appointment_id AND p.person_id = m.asked_by)
    """,
    "two asked for at once": """
        SELECT appointment_id FROM live_proposal m GROUP BY 1 HAVING count(*) > 1
    """,
    "asked for too often": """
        SELECT appointment_id FROM move_proposal GROUP BY 1 HAVING count(*) > 5
    """,
    "over, and still kept": """
        SELECT id FROM move_proposal WHERE ended_at IS NOT NULL AND held_id IS NOT NULL
    """,
    "moved without the yes of the other": """
        SELECT m.id FROM move_proposal m WHERE m.outcome = 'moved' AND (
            m.declined_at IS NOT NULL OR 1 <> (
                SELECT count(*) FROM appointment_history h
                JOIN participant p ON p.appointment_id = h.appointment_id
                 AND h.actor = 'client:' || p.person_id AND p.person_id <> m.asked_by
                WHERE h.appointment_id = m.appointment_id AND h.act = 'move'
                  AND h.sequence = m.sequence + 1 AND h.schedule_after = m.schedule_id
                  AND lower(h.during_after) = m.starts_at))
    """,
    "ended while nobody had answered": """
        SELECT m.id FROM move_proposal m
        WHERE m.outcome = 'lapsed' AND m.reply_by > m.ended_at
    """,
    "asked for until later than the old time may be moved": """
        SELECT m.id FROM move_proposal m JOIN appointment_history h
            ON h.appointment_id = m.appointment_id AND h.sequence = m.sequence
           AND h.status_after = 'booked'
        WHERE m.reply_by > lower(h.during_after) OR m.reply_by > m.starts_at
    """,
    "what two have said who may not meet any more": """
        SELECT id FROM stated_times WHERE couple_id = ANY(%(parted)s)
    """,
    "said twice": """
        SELECT couple_id, person_id FROM stated_times GROUP BY 1, 2 HAVING count(*) > 2
    """,
}
