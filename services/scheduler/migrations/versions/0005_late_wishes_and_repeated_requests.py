"""What is asked for: a late change by a person, the same thing twice by a program."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _change_request()
    _idempotency_key()


def _change_request() -> None:
    op.create_table(
        "change_request",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("words_sealed", sa.LargeBinary),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.CheckConstraint("outcome IN ('done', 'kept')", name=op.f("ck_change_request_outcome")),
        sa.CheckConstraint("wish IN ('move', 'cancel')", name=op.f("ck_change_request_wish")),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_change_request_settled")
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_change_request_appointment_id_appointment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
    )
    op.create_index(op.f("ix_change_request_appointment_id"), "change_request", ["appointment_id"])
    op.create_index(op.f("ix_change_request_person_id"), "change_request", ["person_id"])
    op.create_index(
        "uq_change_request_open",
        "change_request",
        ["appointment_id", "person_id", "wish"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def _idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("key_sha256", sa.LargeBinary, nullable=False),
        sa.Column("fingerprint_sha256", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("answer_sealed", sa.LargeBinary),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key_sha256", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"])
