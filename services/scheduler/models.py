"""Rows of the scheduler: staff and their hours, and who has which time.

Two appointments of one clinician can not overlap: the exclusion constraint is the proof, the lock
in `operations.bookings` gives the clean answer. It needs no btree_gist, which the embedded
PostgreSQL lacks: an integer range that holds one id alone is compared by `&&` instead of `=`.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Interval,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

from services.scheduler.domain.availability import Policy
from shared.db import NAMING_CONVENTION
from shared.vocabulary import LIVE_STATUSES, AppointmentStatus

_AWARE = DateTime(timezone=True)
_LIVE = ", ".join(f"'{status}'" for status in LIVE_STATUSES)
REACHES_FAR = "upper(during) - lower(during) + buffer_before + buffer_after > interval '4 hours'"
"""Of an appointment: whether it and the quiet around it take longer than nearly all do."""

_IS_LIVE = text(f"status IN ({_LIVE})")
_IS_LIVE_AND_FAR = text(f"status IN ({_LIVE}) AND {REACHES_FAR}")
_BY_START = ("schedule_id", text("lower(during)"))
_STATUSES = ", ".join(f"'{status}'" for status in AppointmentStatus)

_PROPOSED = text("status = 'proposed'")

NO_OVERLAP = "ex_appointment_overlap"
ONE_PER_PERMISSION = "uq_appointment_invitation_id"
ONE_PER_COUPLE = "uq_appointment_couple_id"
NO_ROOM_OVERLAP = "ex_appointment_room_overlap"
NEXT_VERSION = "nextval('schedule_version')"


class Base(DeclarativeBase):
    """Everything that only the scheduler has; see `shared.db.SharedBase` for the rest."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {str: Text, datetime: _AWARE, bytes: LargeBinary, timedelta: Interval}


class Practitioner(Base):
    """Someone who sees clients, as the practice's page shows them, and whom they fit.

    `languages` are ISO 639 codes; `meets` says whether remotely, in person, or both.
    """

    __tablename__ = "practitioner"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    credentials: Mapped[str] = mapped_column(server_default="")
    about: Mapped[str] = mapped_column(server_default="")
    states: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    sees_couples: Mapped[bool] = mapped_column(server_default="true", default=True)
    video_room: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{en}")
    meets: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{remote,in-person}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    left_at: Mapped[datetime | None]

    schedule: Mapped["Schedule"] = relationship(back_populates="practitioner", lazy="raise")


class Schedule(Base):
    """One practitioner's bookable time; its id is a number because a range constraint needs one.

    `version` is given by triggers from one sequence, whatever changes what can be booked here: a
    number is never given twice, so a copy of the hours may be kept under it. The caps count what
    stands on one local day, in one ISO week, whatever its type.
    """

    __tablename__ = "schedule"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"), unique=True)
    timezone: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text(NEXT_VERSION))
    cap_per_day: Mapped[int | None]
    cap_per_week: Mapped[int | None]

    practitioner: Mapped[Practitioner] = relationship(back_populates="schedule", lazy="raise")


class Availability(Base):
    """A weekly range by the clock on the wall. RFC 7953's AVAILABLE, with its end kept as a wall
    time: a duration would shift on the day on which clocks change.

    With a type it is for that type alone, which then has no other hours than its own. With a
    location, that is where the clinician sits.
    """

    __tablename__ = "availability"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("overnight OR starts < ends", name="order"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedule.id", ondelete="CASCADE"), index=True
    )
    weekday: Mapped[int] = mapped_column(SmallInteger)
    starts: Mapped[time]
    ends: Mapped[time]
    overnight: Mapped[bool] = mapped_column(server_default="false")
    since: Mapped[date | None]
    until: Mapped[date | None]
    appointment_type_id: Mapped[int | None] = mapped_column(ForeignKey("appointment_type.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))


class DateOverride(Base):
    """One range of a date that differs from the usual week; a row without times closes the date."""

    __tablename__ = "date_override"
    __table_args__ = (
        CheckConstraint("(starts IS NULL) = (ends IS NULL)", name="both"),
        Index("ix_date_override_schedule_id_day", "schedule_id", "day"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    day: Mapped[date]
    starts: Mapped[time | None]
    ends: Mapped[time | None]
    overnight: Mapped[bool] = mapped_column(server_default="false")


class AppointmentType(Base):
    """What can be booked, and the practice's rules for it.

    A notice that is not set is the one of the settings. `confirm`: a request waits for staff.
    `in_person`: it takes place in a room, so one has to be free. The caps are for each clinician.
    """

    __tablename__ = "appointment_type"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    duration: Mapped[timedelta]
    step: Mapped[timedelta]
    buffer_before: Mapped[timedelta]
    buffer_after: Mapped[timedelta]
    notice: Mapped[timedelta | None]
    horizon: Mapped[timedelta]
    cancel_notice: Mapped[timedelta | None]
    move_notice: Mapped[timedelta | None]
    in_person: Mapped[bool] = mapped_column(server_default="false", default=False)
    for_two: Mapped[bool] = mapped_column(server_default="false", default=False)
    staff_only: Mapped[bool] = mapped_column(server_default="false", default=False)
    confirm: Mapped[bool] = mapped_column(server_default="false", default=False)
    cap_per_day: Mapped[int | None]
    cap_per_week: Mapped[int | None]
    ended_at: Mapped[datetime | None]

    def policy(self, *, notice: timedelta) -> Policy:
        """The rules as the engine takes them; `notice` is the practice's, where we have none."""
        return Policy(
            duration=self.duration,
            step=self.step,
            before=self.buffer_before,
            after=self.buffer_after,
            notice=notice if self.notice is None else self.notice,
            horizon=self.horizon,
        )


class ContactCopy(Base):
    """Our own sealed copy of a person's name and contact plan, as intake knows them.

    `known_version` may run ahead of `version`: the copy is stale then, and fetched anew by a job.
    """

    __tablename__ = "contact_copy"
    __table_args__ = (
        Index(
            "ix_contact_copy_stale",
            "person_id",
            postgresql_where=text("known_version > version"),
        ),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    known_version: Mapped[int]
    contact_sealed: Mapped[bytes]
    fetched_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Invitation(Base):
    """The right to book one appointment of one type, given by intake. Its id is intake's own.

    With a couple, the appointment is for two: this person and the partner. `given_by`: staff gave
    it, for a session that was agreed on in the first call; intake knows nothing of it. `ended_at`:
    nothing is booked with it any more, since the release for two ended or a person was erased.
    """

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("(couple_id IS NULL) = (partner_id IS NULL)", name="couple"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("contact_copy.person_id"), index=True)
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    appointment_type_id: Mapped[int] = mapped_column(ForeignKey("appointment_type.id"))
    timezone: Mapped[str | None]
    chosen_timezone: Mapped[str | None]
    couple_id: Mapped[UUID | None]
    partner_id: Mapped[UUID | None]
    unproven: Mapped[bool] = mapped_column(server_default="false", default=False)  # see P26
    given_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    ended_at: Mapped[datetime | None]

    type: Mapped[AppointmentType] = relationship(lazy="raise")


class Appointment(Base):
    """A time that is held, booked, or was. One row for its whole life; `history` keeps the past.

    `hold_until` is set while the status is `proposed`, on the database's clock, and `reply_by`
    while it is `pending`; `held_from` is a keyed hash of the address that a hold came from. The
    buffers are those of the day it was booked: a later change of rules does not squeeze what
    stands. `assigned` says why the pool chose this clinician, `reason` why staff gave this time
    against the rules, or why to this clinician. `followed_at`: it had begun when the two of it
    asked for their next.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("(status = 'proposed') = (hold_until IS NOT NULL)", name="hold"),
        CheckConstraint("(status = 'pending') = (reply_by IS NOT NULL)", name="reply"),
        CheckConstraint(
            "lower_inc(during) AND NOT upper_inc(during) AND "
            "upper(during) - lower(during) BETWEEN interval '1 minute' AND interval '1 day'",
            name="half_open",
        ),
        ExcludeConstraint(
            (text("int8range(schedule_id, schedule_id, '[]')"), "&&"),
            ("during", "&&"),
            name=NO_OVERLAP,
            using="gist",
            where=text(f"status IN ({_LIVE})"),
        ),
        ExcludeConstraint(
            (text("int8range(room_id, room_id, '[]')"), "&&"),
            ("during", "&&"),
            name=NO_ROOM_OVERLAP,
            using="gist",
            where=text(f"room_id IS NOT NULL AND status IN ({_LIVE})"),
        ),
        Index(
            ONE_PER_PERMISSION,
            "invitation_id",
            unique=True,
            postgresql_where=text(f"couple_id IS NULL AND status IN ({_LIVE})"),
        ),
        Index(
            ONE_PER_COUPLE,
            "couple_id",
            unique=True,
            postgresql_where=text("followed_at IS NULL AND status IN ('pending', 'booked')"),
        ),
        Index("ix_appointment_schedule_id_starts", *_BY_START, postgresql_where=_IS_LIVE),
        Index("ix_appointment_far", *_BY_START, postgresql_where=_IS_LIVE_AND_FAR),
        Index("ix_appointment_missed", *_BY_START, postgresql_where=text("status = 'noshow'")),
        Index(
            "ix_appointment_couple_id",
            "couple_id",
            postgresql_where=text("couple_id IS NOT NULL"),
        ),
        Index("ix_appointment_hold_until", "hold_until", postgresql_where=_PROPOSED),
        Index("ix_appointment_held_from", "held_from", postgresql_where=_PROPOSED),
        Index("ix_appointment_reply_by", "reply_by", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"))
    appointment_type_id: Mapped[int] = mapped_column(ForeignKey("appointment_type.id"))
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitation.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    buffer_before: Mapped[timedelta]
    buffer_after: Mapped[timedelta]
    status: Mapped[str] = mapped_column()
    sequence: Mapped[int] = mapped_column(server_default="0", default=0)
    uid: Mapped[str] = mapped_column(unique=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    assigned: Mapped[str | None]
    reason: Mapped[str | None]
    hold_until: Mapped[datetime | None]
    renewed_at: Mapped[datetime | None]
    held_from: Mapped[bytes | None]
    couple_id: Mapped[UUID | None]
    followed_at: Mapped[datetime | None]
    reply_by: Mapped[datetime | None] = mapped_column()
    # Nobody said yes in time, by the database's clock at the moment of reading.
    lapsed: Mapped[bool] = column_property(
        (status == "pending") & (reply_by <= func.clock_timestamp())
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    schedule: Mapped[Schedule] = relationship(lazy="raise")
    type: Mapped[AppointmentType] = relationship(lazy="raise")
    participants: Mapped[list["Participant"]] = relationship(
        back_populates="appointment", lazy="raise", order_by="Participant.id"
    )

    @property
    def starts_at(self) -> datetime:
        """The first instant, aware UTC."""
        assert self.during.lower is not None
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        """The instant at which it is over, aware UTC."""
        assert self.during.upper is not None
        return self.during.upper


class Participant(Base):
    """A person of an appointment, with a link, a time zone and a way to talk of their own (P17).

    `status` is their own answer, in FHIR's words; `location_sealed` where they said they will be,
    and `said_at` when they last said so. `confirmed_sequence` is the sequence of the appointment to
    which they texted that they will come, `confirmed_at` when.
    """

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("appointment_id", "person_id"),
        CheckConstraint("status IN ('needs-action', 'accepted', 'declined')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("appointment.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[UUID] = mapped_column(index=True)
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    generation: Mapped[int] = mapped_column(server_default="0", default=0)
    timezone: Mapped[str]
    how: Mapped[str] = mapped_column(server_default="phone", default="phone")
    status: Mapped[str] = mapped_column(server_default="accepted", default="accepted")
    location_sealed: Mapped[bytes | None]
    said_at: Mapped[datetime | None]
    confirmed_sequence: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    communication_id: Mapped[UUID | None] = mapped_column(unique=True)

    appointment: Mapped[Appointment] = relationship(back_populates="participants", lazy="raise")


class AppointmentHistory(Base):
    """What was done to an appointment, by whom, from what to what. Triggers refuse any change.

    `schedule_before` and `schedule_after` say with whom; rows of before they were kept have none.
    `during_asked` is another time that one of two has asked for, where the act is about that.
    """

    __tablename__ = "appointment_history"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    appointment_id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    act: Mapped[str]
    actor: Mapped[str]
    sequence: Mapped[int]
    reason: Mapped[str | None]
    status_before: Mapped[str | None]
    status_after: Mapped[str]
    during_before: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    during_after: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    schedule_before: Mapped[int | None] = mapped_column(BigInteger)
    schedule_after: Mapped[int | None] = mapped_column(BigInteger)
    during_asked: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
