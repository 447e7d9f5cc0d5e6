"""What each person wants sent: the latest of their choices, and the link by which they choose."""

import hmac
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from services.notifier.domain.preferences import Preferences
from services.notifier.operations import appointments, contacts, errands
from services.notifier.preference_models import Preference
from services.notifier.settings import Settings
from shared.crypto import SubjectErased
from shared.tokens import derived_token
from shared.vocabulary import PREFIX

PAGE, ONE_CLICK = "/p", "/hooks/one-click"
Way = Literal["page", "one-click"]
_LOCK: Final = 0x70726566
"""A class of locks of its own: the choices of one person come one after the other."""


def link(settings: Settings, person_id: UUID, *, below: str = PAGE) -> str:
    """A person's own address, the same in every mail; `below` says behind which door."""
    mark = _mark(settings, person_id)
    return f"{settings.public_url}{PREFIX['notifier']}{below}/{person_id}/{mark}"


def is_theirs(settings: Settings, person_id: UUID, mark: str) -> bool:
    """Whether we wrote this mark for this person."""
    return hmac.compare_digest(_mark(settings, person_id).encode(), mark.encode())


def known(session: Session, person_id: UUID) -> bool:
    """Whether there is somebody who could choose: an erased person has nothing left to."""
    try:
        return contacts.last_known(session, person_id=person_id) is not None
    except SubjectErased:
        return False


def of(session: Session, person_id: UUID) -> Preferences:
    """What they want now; everything, until they have said otherwise."""
    row = session.scalar(
        select(Preference)
        .where(Preference.person_id == person_id)
        .order_by(Preference.id.desc())
        .limit(1)
    )
    if row is None:
        return Preferences()
    return Preferences(emails=row.emails, texts=row.texts, offers=row.offers)


def held(session: Session, person_id: UUID) -> Preferences:
    """What they want, and no other choice of theirs is committed before we are (F27)."""
    session.execute(select(func.pg_advisory_xact_lock_shared(*_key(person_id))))
    return of(session, person_id)


def choose(
    session: Session, person_id: UUID, change: Callable[[Preferences], Preferences], *, way: Way
) -> None:
    """Keep what `change` makes of their choice so far, and plan anew what waits.

    What waits is locked first and the choices then, as by whoever sends: what is being opened right
    now still goes, and nothing after this is committed. The same choice once more is no second row.
    """
    appointments.prepare_again(session, person_id=person_id)
    errands.prepare_again(session, person_id=person_id)
    session.execute(select(func.pg_advisory_xact_lock(*_key(person_id))))
    before = of(session, person_id)
    wanted = change(before)
    if wanted != before:
        session.add(Preference(person_id=person_id, way=way, **asdict(wanted)))
        session.flush()


def without_offers(before: Preferences) -> Preferences:
    """What a mail program's own button says (RFC 8058): no more of these; all else stays."""
    return replace(before, offers=False)


def _key(person_id: UUID) -> tuple[int, ColumnElement[int]]:
    return _LOCK, func.hashtext(str(person_id))


def _mark(settings: Settings, person_id: UUID) -> str:
    return derived_token(settings.secret_key, "preferences", person_id)
