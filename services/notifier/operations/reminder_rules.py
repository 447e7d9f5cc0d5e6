"""When people are reminded: the settings at first, then what the owner wrote, type by type."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.notifier.domain.reminders import ReminderPlan
from services.notifier.models import AppointmentProjection
from services.notifier.wording_models import ReminderRule
from shared.vocabulary import Channel

Leads = tuple[timedelta, ...]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What one rule says; a channel that is not named is as usual. `id` is 0 for the settings."""

    id: int
    leads: dict[Channel, Leads]
    written_by: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PlanInForce:
    """The plan for one type of appointment, and the latest rule that made it so."""

    plan: ReminderPlan
    rule_id: int


def latest(session: Session) -> dict[str | None, Rule]:
    """The rule that counts for each type that ever had one; under None the usual one."""
    rows = session.scalars(
        select(ReminderRule)
        .ext(distinct_on(ReminderRule.appointment_type))
        .order_by(ReminderRule.appointment_type, ReminderRule.id.desc())
    )
    return {row.appointment_type: _rule(row) for row in rows}


def in_force(session: Session, *, appointment_type: str, usual: ReminderPlan) -> PlanInForce:
    """How an appointment of this type is reminded of. `usual` is what the settings say."""
    known = latest(session)
    rules = [rule for name in (None, appointment_type) if (rule := known.get(name))]
    leads = dict(usual.leads)
    for rule in rules:
        leads |= rule.leads
    newest = max((rule.id for rule in rules), default=0)
    return PlanInForce(plan=ReminderPlan(leads=leads, gap=usual.gap), rule_id=newest)


def write(
    session: Session,
    *,
    appointment_type: str | None,
    leads: dict[Channel, Leads],
    account_id: UUID,
    name: str,
) -> None:
    """Let a rule count from now on, for the reminders too that wait to be sent.

    Every appointment ahead is prepared anew: what is still to come follows the new rule, what was
    sent stays sent.
    """
    session.add(
        ReminderRule(
            appointment_type=appointment_type,
            email_minutes=_minutes(leads.get(Channel.EMAIL)),
            sms_minutes=_minutes(leads.get(Channel.SMS)),
            written_by=account_id,
            written_by_name=name,
        )
    )
    session.execute(
        update(AppointmentProjection)
        .where(_ahead(), AppointmentProjection.status == "booked")
        .values(prepare_at=func.clock_timestamp(), prepare_tries=0, rung_at=None)
    )


def history(session: Session, *, appointment_type: str | None) -> Sequence[Rule]:
    """Every rule there was for this type, the latest first."""
    of_type = ReminderRule.appointment_type.is_not_distinct_from(appointment_type)
    rows = session.scalars(
        select(ReminderRule).where(of_type).order_by(ReminderRule.id.desc()).limit(50)
    )
    return [_rule(row) for row in rows]


def _ahead() -> ColumnElement[bool]:
    return AppointmentProjection.starts_at > func.clock_timestamp()


def _minutes(leads: Leads | None) -> list[int] | None:
    return None if leads is None else [lead // timedelta(minutes=1) for lead in leads]


def _rule(row: ReminderRule) -> Rule:
    written = {Channel.EMAIL: row.email_minutes, Channel.SMS: row.sms_minutes}
    return Rule(
        id=row.id,
        leads={
            channel: tuple(timedelta(minutes=one) for one in minutes)
            for channel, minutes in written.items()
            if minutes is not None
        },
        written_by=row.written_by_name,
        written_at=row.written_at,
    )
