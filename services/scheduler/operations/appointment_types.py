"""The types of appointment: what staff decide about each. One is ended, and never deleted.

A change counts from the next question on. What is booked keeps its time, its length and its quiet.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import NameTaken, NoSuchRule
from services.scheduler.models import Appointment, AppointmentType
from services.scheduler.operations import rule_changes
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.operations.schedules import ensure_types
from services.scheduler.practice_models import PracticeRules
from shared.vocabulary import AppointmentStatus

FIELDS: Final = (
    "title",
    "duration",
    "step",
    "buffer_before",
    "buffer_after",
    "notice",
    "horizon",
    "cancel_notice",
    "move_notice",
    "in_person",
    "staff_only",
    "confirm",
    "cap_per_day",
    "cap_per_week",
)
"""What can be changed. Whether it is for two people can't be: appointments hang on it."""

_LONGEST_CODE: Final = 40
_STANDING: Final = (AppointmentStatus.BOOKED, AppointmentStatus.PENDING)


def every(session: Session) -> Sequence[AppointmentType]:
    """All types, those that have ended among them, in the order in which they came."""
    ensure_types(session)
    return session.scalars(select(AppointmentType).order_by(AppointmentType.id)).all()


def find(session: Session, code: str, *, lock: bool = False) -> AppointmentType:
    """One of them. With `lock`, nobody else changes it until the commit. Raises NoSuchRule."""
    ensure_types(session)
    query = select(AppointmentType).where(AppointmentType.code == code)
    if lock:  # bookings that point to it are not kept waiting
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NoSuchRule
    return found


def facts(kind: AppointmentType) -> Facts:
    """What its form shows."""
    return {name: getattr(kind, name) for name in FIELDS}


def change(
    session: Session, code: str, *, version: str, values: Facts, by: Hand
) -> AppointmentType:
    """Let these values stand from now on. Raises NoSuchRule, ChangedMeanwhile, NameTaken."""
    kind = find(session, code, lock=True)
    before = facts(kind)
    rule_changes.refuse_stale(before, version)
    _refuse_same_title(session, values["title"], besides=kind)
    for name in FIELDS:
        setattr(kind, name, values[name])
    rule_changes.record(session, f"type:{code}", before, facts(kind), by=by)
    return kind


def add(session: Session, *, values: Facts, by: Hand) -> AppointmentType:
    """One more type, which everyone gives unless they are said not to. Raises NameTaken.

    It is for one person: what lets two meet, intake's release, is for the couple session alone.
    """
    session.scalar(select(PracticeRules.id).with_for_update())  # one after the other
    _refuse_same_title(session, values["title"])
    kind = AppointmentType(
        code=_code(session, values["title"]),
        **{name: values[name] for name in FIELDS},
    )
    session.add(kind)
    session.flush()
    rule_changes.record(session, f"type:{kind.code}", {}, facts(kind), by=by)
    return kind


def _refuse_same_title(
    session: Session, title: str, *, besides: AppointmentType | None = None
) -> None:
    for one in every(session):
        if one is not besides and one.ended_at is None and one.title == title:
            raise NameTaken("Another type has that name already.")


def _code(session: Session, title: str) -> str:
    """What programs call it: the title's letters, and a number where another has them."""
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_CODE].strip("-") or "type"
    taken = {one.code for one in every(session)}
    numbered = (f"{base}-{n}" if n > 1 else base for n in range(1, len(taken) + 2))
    return next(code for code in numbered if code not in taken)


def end(session: Session, code: str, *, by: Hand, now: datetime) -> AppointmentType:
    """Offer it no more. Ended already, nothing happens."""
    return _set_end(session, code, now, by)


def begin_again(session: Session, code: str, *, by: Hand) -> AppointmentType:
    """Offer it again."""
    kind = find(session, code, lock=True)
    if kind.ended_at is not None:
        _refuse_same_title(session, kind.title, besides=kind)
    return _set_end(session, code, None, by)


def _set_end(session: Session, code: str, at: datetime | None, by: Hand) -> AppointmentType:
    kind = find(session, code, lock=True)
    before: dict[str, Any] = {"ended": kind.ended_at is not None}
    if before["ended"] != (at is not None):
        kind.ended_at = at
        rule_changes.record(session, f"type:{code}", before, {"ended": at is not None}, by=by)
    return kind


def standing(session: Session, kind: AppointmentType, *, now: datetime) -> int:
    """How many appointments of the type are still to come."""
    found = session.scalar(
        select(func.count()).where(
            Appointment.appointment_type_id == kind.id,
            Appointment.status.in_(_STANDING),
            ~Appointment.lapsed,
            func.lower(Appointment.during) > now,
        )
    )
    return found or 0
