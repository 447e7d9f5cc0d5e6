"""Who had a time with somebody who is away, and permissions that staff give."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSTZRANGE

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("invitation", sa.Column("given_by", sa.Text))
    _absence()
    _absence_visit()


def _absence() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("during", TSTZRANGE(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_absence_schedule_id_schedule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_schedule_id"), "absence", ["schedule_id"])
    op.create_index(op.f("ix_absence_created_at"), "absence", ["created_at"])


def _absence_visit() -> None:
    op.create_table(
        "absence_visit",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("absence_id", sa.Uuid, nullable=False),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("to_schedule_id", sa.BigInteger),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.Column("called_at", sa.DateTime(timezone=True)),
        sa.Column("called_by", sa.Text),
        sa.CheckConstraint("plan IN ('cancel', 'give')", name=op.f("ck_absence_visit_plan")),
        sa.CheckConstraint(
            "(plan = 'give') = (to_schedule_id IS NOT NULL)", name=op.f("ck_absence_visit_give")
        ),
        sa.CheckConstraint(
            "outcome IN ('cancelled', 'given', 'gone', 'refused')",
            name=op.f("ck_absence_visit_outcome"),
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_absence_visit_settled")
        ),
        sa.CheckConstraint(
            "(called_at IS NULL) = (called_by IS NULL)", name=op.f("ck_absence_visit_called")
        ),
        sa.ForeignKeyConstraint(
            ["absence_id"],
            ["absence.id"],
            name=op.f("fk_absence_visit_absence_id_absence"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_absence_visit_appointment_id_appointment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["to_schedule_id"],
            ["schedule.id"],
            name=op.f("fk_absence_visit_to_schedule_id_schedule"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_visit")),
        sa.UniqueConstraint(
            "absence_id", "appointment_id", name=op.f("uq_absence_visit_absence_id")
        ),
    )
    op.create_index(op.f("ix_absence_visit_appointment_id"), "absence_visit", ["appointment_id"])
    op.create_index(op.f("ix_absence_visit_settled_at"), "absence_visit", ["settled_at"])
