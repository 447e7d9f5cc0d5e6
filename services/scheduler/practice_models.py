"""Rows of the practice: rooms, who gives what, days off, opened and blocked time, holidays."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.scheduler.models import NEXT_VERSION, Base


class Location(Base):
    """A house in which the practice has rooms."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]


class Room(Base):
    """A room can not be used twice at once either; the same kind of constraint says so."""

    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("location_id", "name"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    name: Mapped[str]
    ended_at: Mapped[datetime | None]


class PracticeRules(Base):
    """One row: what holds for everybody. `holidays` is a region like US-NY; none, no holidays.

    `worked` names holidays on which the practice is open all the same. `move_needs_both`: of two
    people, either may cancel their time, and both have to agree to move it (N7).
    """

    __tablename__ = "practice_rules"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default="1")
    version: Mapped[int] = mapped_column(BigInteger, server_default=text(NEXT_VERSION))
    holidays: Mapped[str | None]
    worked: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    move_needs_both: Mapped[bool] = mapped_column(server_default="true", default=True)


class RuleChange(Base):
    """What somebody changed in the rules: only fields that differ, as they were and as they are.

    `about` names the rule: `type:private-call`, `location:3`. Triggers refuse any change.
    """

    __tablename__ = "rule_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    about: Mapped[str] = mapped_column(index=True)
    actor: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TypeOffered(Base):
    """How a clinician gives a type of appointment. Without a row: given, with weight 1."""

    __tablename__ = "type_offered"
    __table_args__ = (
        UniqueConstraint("schedule_id", "appointment_type_id"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    appointment_type_id: Mapped[int] = mapped_column(ForeignKey("appointment_type.id"))
    offered: Mapped[bool] = mapped_column(server_default="true", default=True)
    weight: Mapped[int] = mapped_column(SmallInteger, server_default="1", default=1)


class TimeOff(Base):
    """Whole local days, first and last included, on which nobody comes; no schedule: the practice.

    The reason is for colleagues, never for clients.
    """

    __tablename__ = "time_off"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="order"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    schedule_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), index=True
    )
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TimeChange(Base):
    """A stretch of time that staff opened beside the usual hours, or blocked within them."""

    __tablename__ = "time_change"
    __table_args__ = (
        CheckConstraint(
            "lower_inc(during) AND NOT upper_inc(during) AND NOT isempty(during)", name="half_open"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), index=True
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    opens: Mapped[bool]
    reason: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
