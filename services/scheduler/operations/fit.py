"""Whom a clinician fits, how many they take, and what they give with which share of the pool."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import NoSuchRule
from services.scheduler.models import Appointment, Practitioner, Schedule
from services.scheduler.operations import appointment_types, rule_changes
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.practice_models import TypeOffered
from shared.vocabulary import AppointmentStatus


class Fit(NamedTuple):
    """Languages and ways of meeting, couples or not; caps of one local day, of one ISO week."""

    languages: Sequence[str]
    meets: Sequence[str]
    sees_couples: bool
    cap_per_day: int | None
    cap_per_week: int | None


class Share(NamedTuple):
    """Whether somebody gives a type, and their share of it beside the others' (P24)."""

    offered: bool = True
    weight: int = 1


def _rows(session: Session, practitioner_id: UUID) -> tuple[Schedule, Practitioner]:
    """Both rows as they are now, ours until the commit; bookings are not kept waiting."""
    found = session.execute(
        select(Schedule, Practitioner)
        .join(Practitioner)
        .where(Practitioner.id == practitioner_id, Practitioner.left_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NoSuchRule
    schedule, practitioner = found
    return schedule, practitioner


def fit_of(session: Session, practitioner_id: UUID) -> Fit:
    """What stands. Raises NoSuchRule."""
    found = session.execute(
        select(Schedule, Practitioner)
        .join(Practitioner)
        .where(Practitioner.id == practitioner_id, Practitioner.left_at.is_(None))
    ).first()
    if found is None:
        raise NoSuchRule
    return _fit(*found)


def _fit(schedule: Schedule, practitioner: Practitioner) -> Fit:
    return Fit(
        sorted(practitioner.languages),
        sorted(practitioner.meets),
        practitioner.sees_couples,
        schedule.cap_per_day,
        schedule.cap_per_week,
    )


def set_fit(session: Session, practitioner_id: UUID, *, version: str, fit: Fit, by: Hand) -> Fit:
    """Let it count from the next question on. Raises NoSuchRule, ChangedMeanwhile."""
    schedule, practitioner = _rows(session, practitioner_id)
    before = _fit(schedule, practitioner)
    rule_changes.refuse_stale(before._asdict(), version)
    practitioner.languages, practitioner.meets = sorted(fit.languages), sorted(fit.meets)
    practitioner.sees_couples = fit.sees_couples
    schedule.cap_per_day, schedule.cap_per_week = fit.cap_per_day, fit.cap_per_week
    after = _fit(schedule, practitioner)
    rule_changes.record(session, f"fit:{practitioner_id}", before._asdict(), after._asdict(), by=by)
    return after


def shares(session: Session, practitioner_id: UUID) -> dict[str, Share]:
    """Under the code of each type that has not ended: how this clinician gives it."""
    kinds = [one for one in appointment_types.every(session) if one.ended_at is None]
    rows = {
        row.appointment_type_id: Share(row.offered, row.weight)
        for row in session.scalars(
            select(TypeOffered)
            .join(Schedule, Schedule.id == TypeOffered.schedule_id)
            .where(Schedule.practitioner_id == practitioner_id)
            .execution_options(populate_existing=True)
        )
    }
    return {one.code: rows.get(one.id, Share()) for one in kinds}


def share_facts(found: Mapping[str, Share]) -> Facts:
    """What the form of shares shows: 0 for a type that is not given."""
    return {code: share.weight if share.offered else 0 for code, share in found.items()}


def set_shares(
    session: Session,
    practitioner_id: UUID,
    *,
    version: str,
    wanted: Mapping[str, Share],
    by: Hand,
) -> dict[str, Share]:
    """Let these count; a type that is not named stays. Raises NoSuchRule, ChangedMeanwhile."""
    schedule, _ = _rows(session, practitioner_id)
    before = shares(session, practitioner_id)
    rule_changes.refuse_stale(share_facts(before), version)
    ids = {one.code: one.id for one in appointment_types.every(session)}
    for code, share in wanted.items():
        if code not in before:
            raise NoSuchRule
        if share == before[code]:
            continue
        values: dict[str, Any] = share._asdict()
        query = insert(TypeOffered).values(
            schedule_id=schedule.id, appointment_type_id=ids[code], **values
        )
        session.execute(
            query.on_conflict_do_update(
                index_elements=["schedule_id", "appointment_type_id"], set_=values
            )
        )
    after = shares(session, practitioner_id)
    rule_changes.record(
        session, f"shares:{practitioner_id}", share_facts(before), share_facts(after), by=by
    )
    return after


def standing_ungiven(session: Session, practitioner_id: UUID, *, now: datetime) -> int:
    """How many appointments are still to come of types that this clinician gives no more."""
    found = session.scalar(
        select(func.count())
        .select_from(Appointment)
        .join(Schedule, Schedule.id == Appointment.schedule_id)
        .join(
            TypeOffered,
            (TypeOffered.schedule_id == Appointment.schedule_id)
            & (TypeOffered.appointment_type_id == Appointment.appointment_type_id),
        )
        .where(
            Schedule.practitioner_id == practitioner_id,
            ~TypeOffered.offered,
            Appointment.status.in_((AppointmentStatus.BOOKED, AppointmentStatus.PENDING)),
            ~Appointment.lapsed,
            func.lower(Appointment.during) > now,
        )
    )
    return found or 0
