"""When each of two people can meet, said on a page of their own, and never shown to the other.

What one has said counts for oneself at once, and for the other from the practice's next midnight:
nobody can watch the other change it. So the version of before is kept until then, and no longer.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchLink, NotBookable
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.stated import Stated
from services.scheduler.joint_models import StatedTimes
from services.scheduler.models import Invitation
from services.scheduler.operations.question import Two
from services.scheduler.operations.schedules import refuse_bad_hours
from shared.crypto import SubjectErased, seal, unseal_if_readable
from shared.zones import zone

_MINUTE: Final = timedelta(minutes=1)
_ANY_TIME: Final = Stated(ZoneInfo("UTC"))


def state(session: Session, *, two: Two, stated: Stated, now: datetime) -> None:
    """Say when one can; it takes the place of what one said before.

    Of all versions there are two at most: this one, and the one that the other's page goes by
    until midnight. Raises BadHours for hours that end before they start or overlap, NotBookable
    once the two may not meet any more, NoSuchLink if erased.
    """
    refuse_bad_hours(stated.weekly, _MINUTE)
    assert two.person_id is not None
    _refuse_parted(session, two)
    rows = _rows(session, two, StatedTimes.person_id == two.person_id)
    standing = [row for row in rows if row.stated_at < two.midnight][-1:]
    session.execute(
        delete(StatedTimes).where(
            StatedTimes.couple_id == two.couple_id,
            StatedTimes.person_id == two.person_id,
            StatedTimes.id.not_in([row.id for row in standing]),
        )
    )
    row = StatedTimes(id=uuid4(), couple_id=two.couple_id, person_id=two.person_id, stated_at=now)
    document = {"timezone": stated.zone.key, "times": [_as_list(one) for one in stated.weekly]}
    try:
        row.times_sealed = seal(
            session, subject_id=row.person_id, place=_place(row), value=document
        )
    except SubjectErased as error:
        raise NoSuchLink from error
    session.add(row)
    session.flush()


def _refuse_parted(session: Session, two: Two) -> None:
    """Raises NotBookable when all their permissions have ended: what is said now, nobody forgets.

    Locked in the order in which they are ended, so that one of the two is first.
    """
    ended = session.scalars(
        select(Invitation.ended_at)
        .where(Invitation.couple_id == two.couple_id)
        .order_by(Invitation.id)
        .with_for_update(key_share=True)
    ).all()
    if ended and all(ended):
        raise NotBookable


def own(session: Session, two: Two) -> Stated | None:
    """What this person said last; None: nothing."""
    rows = _rows(session, two, StatedTimes.person_id == two.person_id)
    return _read(session, rows[-1]) if rows else None


def of_both(session: Session, two: Two, *, at_once: bool = False) -> list[Stated]:
    """What counts for each of the two now, in one statement; who said nothing can at any time.

    `at_once`: the latest of both, for staff. Whoever was erased has said nothing.
    """
    counts: dict[UUID, StatedTimes] = {}
    for row in _rows(session, two):
        if at_once or row.person_id == two.person_id or row.stated_at < two.midnight:
            counts[row.person_id] = row
    found = [stated for row in counts.values() if (stated := _read(session, row)) is not None]
    # As long a list whoever has said something: so is the way to the answer.
    return [*found, _ANY_TIME, _ANY_TIME][:2]


def forget(session: Session, *, person_id: UUID) -> None:
    """A person was erased: what they said is gone."""
    session.execute(delete(StatedTimes).where(StatedTimes.person_id == person_id))


def forget_couples(session: Session, *, permission_ids: Collection[UUID]) -> None:
    """They may not meet by these permissions any more: what each said of their week is gone."""
    couples = select(Invitation.couple_id).where(Invitation.id.in_(permission_ids))
    session.execute(delete(StatedTimes).where(StatedTimes.couple_id.in_(couples)))


def _rows(session: Session, two: Two, *which: Any) -> list[StatedTimes]:
    return list(
        session.scalars(
            select(StatedTimes)
            .where(StatedTimes.couple_id == two.couple_id, *which)
            .order_by(StatedTimes.stated_at)
        )
    )


def _read(session: Session, row: StatedTimes) -> Stated | None:
    document = unseal_if_readable(
        session, subject_id=row.person_id, place=_place(row), sealed=row.times_sealed
    )
    if document is None:
        return None
    return Stated(zone(document["timezone"]), tuple(_range(*one) for one in document["times"]))


def _as_list(one: WeeklyRange) -> list[Any]:
    return [one.weekday, f"{one.wall.start:%H:%M}", f"{one.wall.end:%H:%M}", one.wall.overnight]


def _range(weekday: int, starts: str, ends: str, overnight: bool) -> WeeklyRange:
    wall = WallRange(time.fromisoformat(starts), time.fromisoformat(ends), overnight)
    return WeeklyRange(weekday, wall)


def _place(row: StatedTimes) -> str:
    return f"stated_times.times_sealed:{row.id}"
