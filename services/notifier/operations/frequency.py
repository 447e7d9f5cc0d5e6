"""What a number has been texted lately, read from the tries themselves."""

from datetime import datetime, tzinfo

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import REACHED, State
from services.notifier.domain.frequency import WEEK, Sent, free_from
from services.notifier.domain.incoming import Wish
from services.notifier.domain.message import Kind, kind_of
from services.notifier.domain.servers import CARRIERS
from services.notifier.models import Attempt, IncomingText, Notification

_MAY_HAVE_REACHED = REACHED | {State.ATTEMPTING, State.UNCERTAIN, State.UNDELIVERED}


def free_again(
    session: Session, row: Notification, *, address_index: bytes, zone: tzinfo, now: datetime
) -> datetime | None:
    """When this text may go to that number; None if it may now. The caller holds the number."""
    tries = session.execute(
        select(Notification.purpose, func.max(Attempt.opened_at))
        .join(Attempt, Attempt.notification_id == Notification.id)
        .where(
            Notification.address_index == address_index,
            Notification.id != row.id,
            # That somebody was asked holds up nothing that they then agreed to.
            Notification.purpose != Kind.QUESTION,
            or_(
                Notification.state.in_(_MAY_HAVE_REACHED),
                Notification.open_attempt_id.is_not(None),
            ),
            Attempt.provider.in_(CARRIERS),
            Attempt.opened_at > now - WEEK,
        )
        .group_by(Notification.id)
    )
    earlier = [Sent(kind=kind_of(purpose), at=at) for purpose, at in tries]
    return free_from(
        kind_of(row.purpose),
        earlier,
        answered=_has_answered(session, address_index),
        zone=zone,
        now=now,
    )


def _has_answered(session: Session, address_index: bytes) -> bool:
    """Whether somebody at this number has ever written to us, and not to be left alone."""
    found = session.scalar(
        select(
            exists().where(
                IncomingText.address_index == address_index, IncomingText.kind != Wish.STOP
            )
        )
    )
    return bool(found)
