"""The notifier's rows: what it knows of appointments and people, and every message and try.

Names, addresses, words and links are sealed columns (`..._sealed`); what stands in the clear is
ids, times, states and codes, so that a dump or a log of these tables tells nothing about anyone.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.notifier.domain.delivery import State
from services.notifier.domain.fallback import FELL_SHORT
from shared.db import NAMING_CONVENTION


class StateText(TypeDecorator[State]):
    """A state as text in the table and as a State in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: State | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To the table."""
        return None if value is None else State(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> State | None:  # noqa: ARG002
        """From the table."""
        return None if value is None else State(value)


class Base(DeclarativeBase):
    """The notifier's own tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}


class AppointmentProjection(Base):
    """What the notifier knows of an appointment: its latest sequence, in whatever order told.

    `announced_at` is when that sequence became news; `prepared_sequence` is the one for
    which messages were planned. While they differ, `prepare_at` says when to try (again).
    """

    __tablename__ = "appointment_projection"
    __table_args__ = (
        Index(
            "ix_appointment_projection_prepare_at",
            "prepare_at",
            postgresql_where=text("prepare_at IS NOT NULL"),
        ),
        CheckConstraint("status IN ('booked', 'cancelled')", name="status"),
    )

    appointment_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    status: Mapped[str]
    person_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    announced_at: Mapped[datetime]
    prepared_sequence: Mapped[int | None]
    prepare_at: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    prepare_tries: Mapped[int] = mapped_column(server_default="0")
    asked_at: Mapped[datetime | None]
    """When the scheduler last answered how it stands, right before a message (P13)."""
    unanswered_since: Mapped[datetime | None]
    """Since when it does not answer; null once it has."""


class AppointmentCopy(Base):
    """What one person is told of an appointment: zone, link, calendar id; sealed."""

    __tablename__ = "appointment_copy"

    appointment_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    details_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ContactCopy(Base):
    """Our copy of a person's name, addresses and wishes; stale while `version < wanted_version`."""

    __tablename__ = "contact_copy"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="0")
    wanted_version: Mapped[int]
    contact_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    fetched_at: Mapped[datetime | None]

    @property
    def stale(self) -> bool:
        """Whether intake has said that this copy is not the latest, or there is none yet."""
        return self.contact_sealed is None or self.version < self.wanted_version


class Errand(Base):
    """Something another service has to be asked before a message can be planned.

    `prepare_at` is when to try (again), null once it is done; `asked_at` is when its owner last
    said that it is still wanted, `void_at` when it said the opposite. The link, or the address of
    a member of staff, is sealed.
    """

    __tablename__ = "errand"
    __table_args__ = (
        CheckConstraint("kind IN ('communication', 'assignment')", name="kind"),
        CheckConstraint("(kind = 'communication') = (person_id IS NOT NULL)", name="person"),
        CheckConstraint("(kind = 'assignment') = (account_id IS NOT NULL)", name="account"),
        Index(
            "ix_errand_prepare_at", "prepare_at", postgresql_where=text("prepare_at IS NOT NULL")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    account_id: Mapped[UUID | None]
    noted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    prepare_at: Mapped[datetime | None] = mapped_column(server_default=func.clock_timestamp())
    rung_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    purpose: Mapped[str | None]
    not_after: Mapped[datetime | None]
    details_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]


class Notification(Base):
    """One message to one person by one channel for one purpose; the row is the record.

    `channel` is null where nothing may be sent: then the row tells staff so and never changes.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        CheckConstraint(
            "state IN ({})".format(", ".join(f"'{state}'" for state in State)), name="state"
        ),
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
        CheckConstraint("due_at <= not_after", name="useful"),
        Index(
            "ix_notification_due_at",
            "due_at",
            postgresql_where=text("state IN ('scheduled', 'uncertain')"),
        ),
        Index(
            "ix_notification_lease_until",
            "lease_until",
            postgresql_where=text("state IN ('claimed', 'attempting')"),
        ),
        Index("ix_notification_appointment_id", "appointment_id", "person_id"),
        Index(
            "ix_notification_errand_id",
            "errand_id",
            postgresql_where=text("errand_id IS NOT NULL"),
        ),
        Index(
            "ix_notification_address_index",
            "address_index",
            postgresql_where=text("address_index IS NOT NULL"),
        ),
        Index("ix_notification_person_id", "person_id"),
        Index("ix_notification_held_at", "due_at", postgresql_where=text("held_at IS NOT NULL")),
        Index(
            "ix_notification_to_follow",
            "changed_at",
            postgresql_where=text(
                "followed_at IS NULL AND state IN ({})".format(
                    ", ".join(f"'{state}'" for state in sorted(FELL_SHORT))
                )
            ),
        ),
        Index("ix_notification_changed_at", "changed_at"),
        Index(
            "uq_notification_resend_of",
            "resend_of",
            unique=True,
            postgresql_where=text("resend_of IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    dedupe_key: Mapped[str]
    appointment_id: Mapped[UUID | None]
    sequence: Mapped[int | None]
    errand_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    purpose: Mapped[str]
    channel: Mapped[str | None]
    state: Mapped[State] = mapped_column(StateText, default=State.SCHEDULED)
    reason: Mapped[str | None]
    announced_at: Mapped[datetime]
    due_at: Mapped[datetime]
    not_after: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    rung_at: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    claims: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    open_attempt_id: Mapped[UUID | None]
    address_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Which address it was written to, as a keyed hash: texts are counted by it (L24)."""
    followed_at: Mapped[datetime | None]
    """When it was seen to what follows, after it did not arrive."""
    held_at: Mapped[datetime | None]
    """Since when it waits for somebody's decision, because a backup was restored (F29)."""
    released_at: Mapped[datetime | None]
    resend_of: Mapped[UUID | None]
    """The message that staff sent once more by this one."""


class Attempt(Base):
    """One try, written down before its first byte leaves; events follow it, nothing changes it."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("notification_id", "number"),
        Index("ix_attempt_provider_opened_at", "provider", "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"))
    number: Mapped[int]
    fence: Mapped[int] = mapped_column(BigInteger)
    provider: Mapped[str]
    wording: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    said_sealed: Mapped[bytes] = mapped_column(LargeBinary)


class AttemptEvent(Base):
    """What became known about a try: handed over, taken, refused, lost. Append-only.

    `retry_at` is until when its provider asked to be left alone, by us all.
    """

    __tablename__ = "attempt_event"
    __table_args__ = (Index("ix_attempt_event_attempt_id", "attempt_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    kind: Mapped[str]
    reason: Mapped[str | None]
    code: Mapped[int | None]
    provider_ref: Mapped[str | None]
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    retry_at: Mapped[datetime | None]


class ProviderEvent(Base):
    """A receipt that a provider sent us by itself, each kept once. Append-only."""

    __tablename__ = "provider_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        Index("ix_provider_event_attempt_id", "attempt_id"),
        Index(
            "ix_provider_event_received_at",
            "provider",
            "received_at",
            postgresql_where=text("code IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider: Mapped[str]
    event_key: Mapped[str]
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"))
    receipt: Mapped[str]
    code: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Suppression(Base):
    """An address that must not be tried again; found by a keyed hash, the address is not here."""

    __tablename__ = "suppression"
    __table_args__ = (
        Index(
            "uq_suppression_live_reason",
            "channel",
            "address_index",
            "reason",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[str]
    address_index: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    lifted_at: Mapped[datetime | None]


class IncomingText(Base):
    """A text that somebody sent us, each once. Who, is a keyed hash; free words are sealed.

    `person_id` is whose number it is, if that is one person and no other. Where its answer can't go
    out with ours to the carrier, `answer_sealed` holds the number until a worker sends it.
    """

    __tablename__ = "incoming_text"
    __table_args__ = (
        UniqueConstraint("message_sid"),
        CheckConstraint("kind IN ('stop', 'start', 'help', 'confirm', 'other')", name="kind"),
        Index("ix_incoming_text_address_index", "address_index", "received_at"),
        Index("ix_incoming_text_person_id", "person_id"),
        Index(
            "ix_incoming_text_to_read",
            "received_at",
            postgresql_where=text("body_sealed IS NOT NULL AND read_at IS NULL"),
        ),
        Index(
            "ix_incoming_text_to_answer",
            "received_at",
            postgresql_where=text("answer_sealed IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    message_sid: Mapped[str]
    address_index: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[UUID | None]
    kind: Mapped[str]
    stopped: Mapped[bool] = mapped_column(server_default=text("false"))
    answer: Mapped[str | None]
    answer_through: Mapped[str | None]
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    read_at: Mapped[datetime | None]
    read_by: Mapped[UUID | None]


class MailboxMessage(Base):
    """A message kept here instead of sent; a second hand-over of the same one changes nothing."""

    __tablename__ = "mailbox_message"
    __table_args__ = (UniqueConstraint("message_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[str]
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"))
    kept_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    message_sealed: Mapped[bytes] = mapped_column(LargeBinary)
