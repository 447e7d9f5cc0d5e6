"""What people ask for: a late change, another time for two, times that suit; repeated requests."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _change_request()
    _move_proposal()
    _stated_time()
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


def _move_proposal() -> None:
    op.create_table(
        "move_proposal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("held_id", sa.Uuid),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("communication_id", sa.Uuid),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Text),
        sa.CheckConstraint(
            "answer IN ('accepted', 'declined', 'lapsed', 'withdrawn')",
            name=op.f("ck_move_proposal_answer"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_move_proposal_answered")
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_move_proposal_appointment_id_appointment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["held_id"],
            ["appointment.id"],
            name=op.f("fk_move_proposal_held_id_appointment"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move_proposal")),
        sa.UniqueConstraint("communication_id", name=op.f("uq_move_proposal_communication_id")),
        sa.UniqueConstraint("held_id", name=op.f("uq_move_proposal_held_id")),
    )
    op.create_index(
        "uq_move_proposal_open",
        "move_proposal",
        ["appointment_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )


def _stated_time() -> None:
    op.create_table(
        "stated_time",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("weekday", sa.SmallInteger, nullable=False),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("overnight", sa.Boolean, server_default="false", nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.CheckConstraint("overnight OR starts < ends", name=op.f("ck_stated_time_order")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_stated_time_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_time")),
    )
    op.create_index(op.f("ix_stated_time_person_id"), "stated_time", ["person_id"])


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
