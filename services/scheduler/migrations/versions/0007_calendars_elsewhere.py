"""Calendars that are kept elsewhere, and when they say that somebody is busy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSTZRANGE

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _outside_calendar()
    _outside_busy()


def _outside_calendar() -> None:
    op.create_table(
        "outside_calendar",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address_sealed", sa.LargeBinary, nullable=False),
        sa.Column("policy", sa.Text, server_default="block", nullable=False),
        sa.Column("stale_after", sa.Interval, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "policy IN ('use-last', 'block', 'staff-only')", name=op.f("ck_outside_calendar_policy")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name=op.f("fk_outside_calendar_schedule_id_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_calendar")),
    )
    op.create_index(op.f("ix_outside_calendar_due_at"), "outside_calendar", ["due_at"])
    op.create_index(op.f("ix_outside_calendar_schedule_id"), "outside_calendar", ["schedule_id"])


def _outside_busy() -> None:
    op.create_table(
        "outside_busy",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("calendar_id", sa.Uuid, nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("during", TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["outside_calendar.id"],
            name=op.f("fk_outside_busy_calendar_id_outside_calendar"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name=op.f("fk_outside_busy_schedule_id_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_busy")),
    )
    op.create_index(op.f("ix_outside_busy_calendar_id"), "outside_busy", ["calendar_id"])
    op.create_index("ix_outside_busy_schedule_id_during", "outside_busy", ["schedule_id", "during"])
