"""What the scheduler itself says of an appointment, asked right before a message about it leaves.

Our own copy is as old as the latest event that got here. So the owner is asked, and its answer is
taken note of as if it were the event: what it makes untrue is withdrawn at once (P13, F22).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.message import Kind
from services.notifier.models import AppointmentProjection, Notification
from services.notifier.operations import appointments
from shared.db import database_now

COUNTS: Final = timedelta(minutes=10)
"""How long the scheduler's last word, an event or an answer, counts while it does not answer."""

PATIENCE: Final = timedelta(hours=1)
"""How long questions may go unanswered before the events alone are believed (decision 31)."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What has to be asked: whether one person's appointment still stands at this sequence."""

    appointment_id: UUID
    person_id: UUID
    sequence: int

    def answered_no(self, details: AppointmentDetails | None) -> bool:
        """Whether the answer says that it does not; None is an appointment nobody knows."""
        return details is None or details.status != "booked" or details.sequence != self.sequence


def question(
    session: Session, *, notification_id: UUID, older_than: timedelta = timedelta(0)
) -> Question | None:
    """What to ask the scheduler about a message, unless its last word is younger than that.

    A cancellation is final: whether it still is one, nobody has to be asked.
    """
    known = AppointmentProjection
    asked = func.clock_timestamp() - older_than
    row = session.execute(
        select(Notification.appointment_id, Notification.person_id, Notification.sequence)
        .join(known, known.appointment_id == Notification.appointment_id)
        .where(
            Notification.id == notification_id,
            Notification.purpose != Kind.CANCELLED,
            Notification.person_id.is_not(None),
            Notification.sequence.is_not(None),
            known.announced_at <= asked,
            or_(known.asked_at.is_(None), known.asked_at <= asked),
        )
    ).first()
    if row is None:
        return None
    appointment_id, person_id, sequence = row
    assert appointment_id is not None
    assert person_id is not None
    assert sequence is not None
    return Question(appointment_id=appointment_id, person_id=person_id, sequence=sequence)


def keep(session: Session, *, asked: Question, details: AppointmentDetails | None) -> None:
    """Take note of an answer; one that is newer than what we knew, as if the event had come."""
    known = session.get(
        AppointmentProjection, asked.appointment_id, with_for_update=True, populate_existing=True
    )
    if known is None:
        return
    known.asked_at = database_now(session)
    known.unanswered_since = None
    session.flush()
    if details is None or details.sequence <= known.sequence:
        return
    if details.status in ("booked", "cancelled"):
        appointments.note(
            session,
            appointment_id=known.appointment_id,
            sequence=details.sequence,
            status="booked" if details.status == "booked" else "cancelled",
            person_ids=known.person_ids,
            starts_at=details.start,
            ends_at=details.end,
        )


def keep_silence(session: Session, *, asked: Question) -> None:
    """Take note that the question was not answered; the first time since the last answer counts."""
    session.execute(
        update(AppointmentProjection)
        .where(
            AppointmentProjection.appointment_id == asked.appointment_id,
            AppointmentProjection.unanswered_since.is_(None),
        )
        .values(unanswered_since=func.clock_timestamp())
    )


def counts(known: AppointmentProjection, *, now: datetime) -> bool:
    """Whether what we know of an appointment may be acted upon: it is young, or all there is."""
    last_word = max(known.announced_at, known.asked_at or known.announced_at)
    silent_since = known.unanswered_since
    return last_word > now - COUNTS or (silent_since is not None and silent_since <= now - PATIENCE)
