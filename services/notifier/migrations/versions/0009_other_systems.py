"""The practice's other systems that are told, and what each was told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notifier_0009"
down_revision = "notifier_0008"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("address_sealed", sa.LargeBinary, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
        sa.Column("old_secret_sealed", sa.LargeBinary),
        sa.Column("old_secret_until", AWARE),
        sa.Column("told", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("disabled_at", AWARE),
        sa.Column("disabled_because", sa.Text),
        sa.Column("removed_at", AWARE),
        sa.Column("quiet_until", AWARE),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("endpoint_id", sa.Uuid, sa.ForeignKey("webhook_endpoint.id"), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("created_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("due_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("lease_until", AWARE),
        sa.Column("open_attempt_id", sa.BigInteger),
        sa.UniqueConstraint(
            "endpoint_id", "event_id", name="uq_webhook_delivery_endpoint_id_event_id"
        ),
        sa.CheckConstraint("state IN ('waiting', 'told', 'given-up')", name="state"),
    )
    op.create_index(
        "ix_webhook_delivery_due_at",
        "webhook_delivery",
        ["due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_webhook_delivery_endpoint_id", "webhook_delivery", ["endpoint_id", "created_at"]
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("delivery_id", sa.Uuid, sa.ForeignKey("webhook_delivery.id"), nullable=False),
        sa.Column("began_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("ended_at", AWARE),
        sa.Column("status", sa.Integer),
        sa.Column("answer_sealed", sa.LargeBinary),
    )
    op.create_index("ix_webhook_attempt_delivery_id", "webhook_attempt", ["delivery_id"])
