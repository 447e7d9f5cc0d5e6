"""From an errand to the messages it deserves: a note with a link, or word of a task."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import REACHED, State
from services.notifier.domain.errand import channels_for
from services.notifier.domain.message import Kind
from services.notifier.domain.reminders import NOTE_STAYS_NEWS, PlannedMessage
from services.notifier.models import Errand, Notification
from services.notifier.operations import consents, contacts, planning
from services.notifier.settings import Settings
from shared.crypto import SubjectErased
from shared.db import database_now
from shared.vocabulary import Channel

NOBODY = "nobody"
"""The reason of a row that only tells staff: a task waits, and there is no address to say so to."""


def plan_note(session: Session, *, errand_id: UUID, settings: Settings) -> bool:
    """Plan the note on every way that may be used. Returns whether nothing is left to be asked."""
    row = session.get(Errand, errand_id, with_for_update=True, populate_existing=True)
    if row is None or row.void_at is not None:
        return True
    if row.purpose is None or row.not_after is None or row.person_id is None:
        return False
    try:
        contact = contacts.latest(session, person_id=row.person_id)
    except SubjectErased:
        row.prepare_at = None
        return True
    if contact is None:
        return False
    row.prepare_at = None
    if _told(session, row):
        return True  # whoever has read it needs no second copy because their wishes changed
    _plan_where_possible(session, row, contact, settings)
    session.flush()
    return True


def _plan_where_possible(
    session: Session, row: Errand, contact: Contact, settings: Settings
) -> None:
    """A note on each way; a question where only the number's own yes is missing; else a row."""
    assert row.not_after is not None
    permitted = contact.channels & channels_for(Kind(row.purpose or ""))
    possible = consents.ways(session, contact, settings) & permitted
    if Channel.SMS in permitted:
        now = database_now(session)
        planning.plan_question(session, contact, settings, until=row.not_after, now=now)
    for channel in sorted(possible):
        _add(session, row, channel)
    if not possible:
        reason = planning.why_nothing(session, contact, permitted, settings)
        _add(session, row, None, state=State.SUPPRESSED, reason=reason)


def plan_task(session: Session, *, errand_id: UUID, known: bool) -> None:
    """Plan word of a task to whom it was given; without an address, leave a row that says so."""
    row = session.get_one(Errand, errand_id, with_for_update=True, populate_existing=True)
    now = database_now(session)
    row.purpose = row.purpose or Kind.STAFF_TASK  # a test says so from the start
    row.not_after = now + NOTE_STAYS_NEWS
    row.prepare_at = None
    if known:
        _add(session, row, Channel.EMAIL)
    else:
        _add(session, row, None, state=State.SUPPRESSED, reason=NOBODY)
    session.flush()


def plan_test_text(session: Session, *, errand_id: UUID, of_use: timedelta) -> None:
    """Plan a test by text: its number stands in the errand already, so nobody has to be asked."""
    row = session.get_one(Errand, errand_id, with_for_update=True, populate_existing=True)
    row.not_after = database_now(session) + of_use
    row.prepare_at = None
    _add(session, row, Channel.SMS)
    session.flush()


def _told(session: Session, row: Errand) -> bool:
    found = session.scalar(
        select(
            exists().where(
                Notification.errand_id == row.id,
                or_(
                    Notification.state.in_(REACHED),
                    Notification.open_attempt_id.is_not(None),
                ),
            )
        )
    )
    return bool(found)


def _add(session: Session, row: Errand, channel: Channel | None, **ending: object) -> None:
    assert row.purpose is not None
    assert row.not_after is not None
    now = database_now(session)
    late = {"state": State.EXPIRED, "reason": "too-late"} if now > row.not_after else {}
    message = PlannedMessage(
        purpose=row.purpose,
        channel=channel,
        due_at=min(row.noted_at, row.not_after),
        not_after=row.not_after,
    )
    planning.add(
        session,
        message,
        key=f"{row.id}:{row.purpose}:{channel or 'none'}",
        announced_at=row.noted_at,
        errand_id=row.id,
        person_id=row.person_id,
        **(ending | late),
    )
