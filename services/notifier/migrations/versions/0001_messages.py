"""The notifier's first tables: what it knows, every message, every try.

Revision ID: notifier_0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from shared.migrations import create_shared_tables

revision = "notifier_0001"
down_revision = None

STATES = (
    "scheduled",
    "claimed",
    "attempting",
    "uncertain",
    "accepted",
    "delivered",
    "undelivered",
    "bounced",
    "unconfirmed",
    "failed_permanent",
    "failed_technical",
    "cancelled",
    "suppressed",
    "expired",
    "dead",
)
APPEND_ONLY = ("attempt", "attempt_event", "provider_event")

_CLOCK = sa.text("clock_timestamp()")


def _moment(name: str, *, now: bool = False, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=_CLOCK if now else None,
        nullable=nullable,
    )


def upgrade() -> None:
    create_shared_tables()
    _create_what_is_known()
    _create_notification()
    _create_attempts()
    _create_suppression_and_mailbox()
    _make_append_only()


def _create_what_is_known() -> None:
    op.create_table(
        "appointment_projection",
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("person_ids", ARRAY(sa.Uuid), nullable=False),
        _moment("starts_at", nullable=True),
        _moment("ends_at", nullable=True),
        _moment("announced_at"),
        sa.Column("prepared_sequence", sa.Integer),
        _moment("prepare_at", nullable=True),
        _moment("rung_at", nullable=True),
        sa.Column("prepare_tries", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_appointment_projection"),
        sa.CheckConstraint(
            "status IN ('booked', 'cancelled')", name="ck_appointment_projection_status"
        ),
    )
    op.create_index(
        "ix_appointment_projection_prepare_at",
        "appointment_projection",
        ["prepare_at"],
        postgresql_where=sa.text("prepare_at IS NOT NULL"),
    )
    op.create_table(
        "appointment_copy",
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("details_sealed", sa.LargeBinary, nullable=False),
        sa.Column(
            "fetched_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("appointment_id", "person_id", name="pk_appointment_copy"),
    )
    op.create_table(
        "contact_copy",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, server_default="0", nullable=False),
        sa.Column("wanted_version", sa.Integer, nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary),
        _moment("fetched_at", nullable=True),
        sa.PrimaryKeyConstraint("person_id", name="pk_contact_copy"),
    )


def _create_notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("dedupe_key", sa.Text, nullable=False),
        sa.Column("appointment_id", sa.Uuid),
        sa.Column("sequence", sa.Integer),
        sa.Column("person_id", sa.Uuid),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        _moment("announced_at"),
        _moment("due_at"),
        _moment("not_after"),
        _moment("created_at", now=True),
        _moment("changed_at", now=True),
        _moment("rung_at", nullable=True),
        sa.Column("fence", sa.BigInteger, server_default="0", nullable=False),
        _moment("lease_until", nullable=True),
        sa.Column("claims", sa.Integer, server_default="0", nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("open_attempt_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("dedupe_key", name="uq_notification_dedupe_key"),
        sa.CheckConstraint(
            "state IN ({})".format(", ".join(f"'{state}'" for state in STATES)),
            name="ck_notification_state",
        ),
        sa.CheckConstraint("channel IN ('email', 'sms')", name="ck_notification_channel"),
        sa.CheckConstraint("due_at <= not_after", name="ck_notification_useful"),
    )
    op.create_index(
        "ix_notification_due_at",
        "notification",
        ["due_at"],
        postgresql_where=sa.text("state IN ('scheduled', 'uncertain')"),
    )
    op.create_index(
        "ix_notification_lease_until",
        "notification",
        ["lease_until"],
        postgresql_where=sa.text("state IN ('claimed', 'attempting')"),
    )
    op.create_index(
        "ix_notification_appointment_id", "notification", ["appointment_id", "person_id"]
    )
    op.create_index("ix_notification_person_id", "notification", ["person_id"])
    op.create_index("ix_notification_changed_at", "notification", ["changed_at"])


def _create_attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("notification_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("wording", sa.Text, nullable=False),
        _moment("opened_at", now=True),
        sa.Column("said_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint("notification_id", "number", name="uq_attempt_notification_id_number"),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name="fk_attempt_notification_id_notification",
        ),
    )
    op.create_table(
        "attempt_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("attempt_id", sa.Uuid, nullable=False),
        _moment("at", now=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("code", sa.Integer),
        sa.Column("provider_ref", sa.Text),
        sa.Column("answer_sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_attempt_event"),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_attempt_event_attempt_id_attempt"
        ),
    )
    op.create_index("ix_attempt_event_attempt_id", "attempt_event", ["attempt_id"])
    op.create_table(
        "provider_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("event_key", sa.Text, nullable=False),
        sa.Column("attempt_id", sa.Uuid, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("code", sa.Integer),
        _moment("received_at", now=True),
        sa.PrimaryKeyConstraint("id", name="pk_provider_event"),
        sa.UniqueConstraint("provider", "event_key", name="uq_provider_event_provider_event_key"),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_provider_event_attempt_id_attempt"
        ),
    )
    op.create_index("ix_provider_event_attempt_id", "provider_event", ["attempt_id"])


def _create_suppression_and_mailbox() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address_index", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _moment("created_at", now=True),
        _moment("lifted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
    )
    op.create_index(
        "uq_suppression_live",
        "suppression",
        ["channel", "address_index"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "mailbox_message",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("notification_id", sa.Uuid, nullable=False),
        _moment("kept_at", now=True),
        sa.Column("message_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox_message"),
        sa.UniqueConstraint("message_id", name="uq_mailbox_message_message_id"),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name="fk_mailbox_message_notification_id_notification",
        ),
    )


def _make_append_only() -> None:
    """Evidence is added to and never changed: a forgotten attempt is a doubled message."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
