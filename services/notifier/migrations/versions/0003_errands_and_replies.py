"""What an errand turned out to be, what people write back, and how often a number was texted."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0003"
down_revision = "notifier_0002"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("errand", sa.Column("rung_at", AWARE))
    op.add_column("errand", sa.Column("purpose", sa.Text))
    op.add_column("errand", sa.Column("not_after", AWARE))
    op.add_column("errand", sa.Column("details_sealed", sa.LargeBinary))
    op.add_column("errand", sa.Column("asked_at", AWARE))
    op.add_column("errand", sa.Column("void_at", AWARE))
    for name, column in (("errand_id", sa.Uuid), ("address_index", sa.LargeBinary)):
        op.add_column("notification", sa.Column(name, column))
        op.create_index(
            f"ix_notification_{name}",
            "notification",
            [name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    _create_incoming_text()


def _create_incoming_text() -> None:
    op.create_table(
        "incoming_text",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("message_sid", sa.Text, nullable=False),
        sa.Column("address_index", sa.LargeBinary, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("stopped", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("body_sealed", sa.LargeBinary),
        sa.Column("received_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("read_at", AWARE),
        sa.Column("read_by", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_incoming_text"),
        sa.UniqueConstraint("message_sid", name="uq_incoming_text_message_sid"),
        sa.CheckConstraint(
            "kind IN ('stop', 'start', 'help', 'other')", name="ck_incoming_text_kind"
        ),
    )
    op.create_index(
        "ix_incoming_text_address_index", "incoming_text", ["address_index", "received_at"]
    )
    op.create_index("ix_incoming_text_person_id", "incoming_text", ["person_id"])
    op.create_index(
        "ix_incoming_text_to_read",
        "incoming_text",
        ["received_at"],
        postgresql_where=sa.text("body_sealed IS NOT NULL AND read_at IS NULL"),
    )
