"""After a message that did not arrive: the next channel, then a line on the list of calls.

A message that ended is looked at once, by whichever worker comes first; `followed_at` says that it
was. So nothing hangs on the place where it ended, and a worker that is killed loses nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from services.notifier.call_models import Call
from services.notifier.domain.consent import PATIENCE
from services.notifier.domain.contact import Contact
from services.notifier.domain.errand import channels_for
from services.notifier.domain.fallback import FELL_SHORT, NOT_AGREED, Told, following, useful_until
from services.notifier.domain.message import NEWS, Kind, kind_of
from services.notifier.domain.reminders import PlannedMessage
from services.notifier.models import AppointmentProjection, Errand, Notification
from services.notifier.operations import consents, contacts, planning
from services.notifier.settings import Settings
from shared.crypto import SubjectErased
from shared.db import database_now
from shared.vocabulary import Channel

BATCH: Final = 50
ONE_NOTE_IN: Final = timedelta(minutes=15)
"""How long after one call was put on the list the next ones are not told of by a mail of theirs."""


def follow_up(session: Session, *, settings: Settings) -> int:
    """Look at what fell short and was not looked at. Returns how many; 0 when done."""
    rows = session.scalars(
        select(Notification)
        .where(Notification.state.in_(FELL_SHORT), Notification.followed_at.is_(None), _ripe())
        .order_by(Notification.changed_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    now = database_now(session)
    for row in rows:
        row.followed_at = now
        _follow(session, row, settings, now=now)
        session.flush()
    return len(rows)


def _ripe() -> ColumnElement[bool]:
    """Who has just been asked whether they agree to texts gets a while to answer."""
    moment = func.clock_timestamp()
    return or_(
        Notification.reason.is_distinct_from(NOT_AGREED),
        Notification.created_at <= moment - PATIENCE,
        Notification.not_after <= moment + PATIENCE,
    )


def _follow(session: Session, row: Notification, settings: Settings, *, now: datetime) -> None:
    until = of_use_until(session, row)
    if row.person_id is None or until is None or until <= now:
        return
    try:
        contact = contacts.last_known(session, person_id=row.person_id)
    except SubjectErased:
        return
    then = following(
        _told(row),
        [_told(one) for one in _others(session, row)],
        channels=_ways(session, row, contact, settings),
    )
    if then is None:
        return
    if then.channel is None or not _plan_next(session, row, then.channel, until, now=now):
        _put_on_the_list(session, row, until, now=now)


def of_use_until(session: Session, row: Notification) -> datetime | None:
    """Until when it would help that the person hears of it; None once it is no longer true."""
    if row.errand_id is not None:
        errand = session.get(Errand, row.errand_id, populate_existing=True)
        return errand.not_after if errand is not None and errand.void_at is None else None
    if row.appointment_id is None:
        return None
    known = session.get(AppointmentProjection, row.appointment_id, populate_existing=True)
    if known is None or known.sequence != row.sequence:
        return None
    return known.starts_at


def _others(session: Session, row: Notification) -> list[Notification]:
    about = (
        Notification.errand_id == row.errand_id
        if row.errand_id is not None
        else and_(
            Notification.appointment_id == row.appointment_id,
            Notification.sequence == row.sequence,
        )
    )
    return list(
        session.scalars(
            select(Notification)
            .where(about, Notification.person_id == row.person_id, Notification.id != row.id)
            .execution_options(populate_existing=True)
        )
    )


def _told(row: Notification) -> Told:
    kind = kind_of(row.purpose)
    return Told(
        purpose=row.purpose,
        channel=Channel(row.channel) if row.channel else None,
        state=row.state,
        reason=row.reason,
        corrects=kind is Kind.CANCELLED or (kind in NEWS and bool(row.sequence)),
    )


def _ways(
    session: Session, row: Notification, contact: Contact | None, settings: Settings
) -> frozenset[Channel]:
    if contact is None:
        return frozenset()
    return consents.ways(session, contact, settings) & channels_for(kind_of(row.purpose))


def _plan_next(
    session: Session, row: Notification, channel: Channel, until: datetime, *, now: datetime
) -> bool:
    """Plan the same by another channel; False if it would come too late to be of use."""
    not_after = until
    if row.appointment_id is not None:
        not_after = useful_until(row.purpose, starts_at=until, now=now)
    if not_after <= now:
        return False
    about = row.errand_id or row.appointment_id
    parts = (
        (about, row.purpose, channel)
        if row.errand_id is not None
        else (about, row.purpose, row.person_id, channel, row.sequence)
    )
    planning.add(
        session,
        PlannedMessage(
            purpose=row.purpose, channel=channel, due_at=row.changed_at, not_after=not_after
        ),
        key=":".join(str(part) for part in parts),
        announced_at=row.announced_at,
        appointment_id=row.appointment_id,
        sequence=row.sequence,
        errand_id=row.errand_id,
        person_id=row.person_id,
    )
    return True


def _put_on_the_list(
    session: Session, row: Notification, until: datetime, *, now: datetime
) -> None:
    """Once for each person and thing; the practice hears that there is something to read."""
    waiting = select(Call.id).where(Call.closed_at.is_(None))
    same = waiting.join(Notification, Notification.id == Call.notification_id).where(
        Notification.person_id == row.person_id,
        Notification.appointment_id.is_not_distinct_from(row.appointment_id),
        Notification.errand_id.is_not_distinct_from(row.errand_id),
        Notification.sequence.is_not_distinct_from(row.sequence),
    )
    if session.scalar(select(same.exists())):
        return
    told_of_one = session.scalar(select(exists().where(Call.opened_at > now - ONE_NOTE_IN)))
    call = Call(notification_id=row.id, opened_at=now, until=until)
    session.add(call)
    session.flush()
    if not told_of_one:
        planning.plan_staff_note(session, about=call.id, kind=Kind.STAFF_CALL)
