"""Another time for two: asked for by one, kept until the other has said yes (N7)."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column(
        "practice_rules",
        sa.Column("move_needs_both", sa.Boolean, server_default="true", nullable=False),
    )
    op.create_table(
        "move_proposal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_id", sa.Uuid),
        sa.Column("location_sealed", sa.LargeBinary),
        sa.Column("communication_id", sa.Uuid, nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.CheckConstraint(
            "outcome IN ('moved', 'lapsed', 'withdrawn')", name=op.f("ck_move_proposal_outcome")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_move_proposal_ended")
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
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_move_proposal_schedule_id_schedule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move_proposal")),
        sa.UniqueConstraint("communication_id", name=op.f("uq_move_proposal_communication_id")),
        sa.UniqueConstraint("held_id", name=op.f("uq_move_proposal_held_id")),
    )
    op.create_index(op.f("ix_move_proposal_appointment_id"), "move_proposal", ["appointment_id"])
    op.create_index(op.f("ix_move_proposal_asked_by"), "move_proposal", ["asked_by"])
    op.create_index(
        "ix_move_proposal_reply_by",
        "move_proposal",
        ["reply_by"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_move_proposal_open",
        "move_proposal",
        ["appointment_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
