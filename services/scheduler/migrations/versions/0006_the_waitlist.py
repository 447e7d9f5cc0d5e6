"""Who waits for a time, and which one was offered to whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _waitlist_entry()
    _waitlist_offer()


def _waitlist_entry() -> None:
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("invitation_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("appointment_type_id", sa.BigInteger, nullable=False),
        sa.Column("practitioner_ids", sa.ARRAY(sa.Uuid), server_default="{}", nullable=False),
        sa.Column("times", JSONB(), server_default="[]", nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("location_sealed", sa.LargeBinary),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.CheckConstraint(
            "outcome IN ('booked', 'left', 'expired', 'removed')",
            name=op.f("ck_waitlist_entry_outcome"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_waitlist_entry_ended")
        ),
        sa.ForeignKeyConstraint(
            ["appointment_type_id"],
            ["appointment_type.id"],
            name=op.f("fk_waitlist_entry_appointment_type_id_appointment_type"),
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_waitlist_entry_invitation_id_invitation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
    )
    op.create_index(op.f("ix_waitlist_entry_person_id"), "waitlist_entry", ["person_id"])
    op.create_index(
        "ix_waitlist_entry_waiting",
        "waitlist_entry",
        ["appointment_type_id", "created_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_waitlist_entry_invitation_id",
        "waitlist_entry",
        ["invitation_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _waitlist_offer() -> None:
    op.create_table(
        "waitlist_offer",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_id", sa.Uuid),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("communication_id", sa.Uuid, nullable=False),
        sa.Column(
            "offered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Text),
        sa.CheckConstraint(
            "answer IN ('accepted', 'declined', 'lapsed', 'withdrawn')",
            name=op.f("ck_waitlist_offer_answer"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_waitlist_offer_answered")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["waitlist_entry.id"],
            name=op.f("fk_waitlist_offer_entry_id_waitlist_entry"),
        ),
        sa.ForeignKeyConstraint(
            ["held_id"],
            ["appointment.id"],
            name=op.f("fk_waitlist_offer_held_id_appointment"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_waitlist_offer_schedule_id_schedule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_offer")),
        sa.UniqueConstraint("communication_id", name=op.f("uq_waitlist_offer_communication_id")),
        sa.UniqueConstraint("held_id", name=op.f("uq_waitlist_offer_held_id")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_waitlist_offer_token_sha256")),
    )
    op.create_index(op.f("ix_waitlist_offer_entry_id"), "waitlist_offer", ["entry_id"])
    op.create_index(
        "ix_waitlist_offer_expires_at",
        "waitlist_offer",
        ["expires_at"],
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(
        "uq_waitlist_offer_open",
        "waitlist_offer",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
