"""Two carriers of texts: when each may be tried again, and answers that we send ourselves."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0005"
down_revision = "notifier_0004"


def upgrade() -> None:
    op.add_column("attempt_event", sa.Column("retry_at", sa.DateTime(timezone=True)))
    op.create_index("ix_attempt_provider_opened_at", "attempt", ["provider", "opened_at"])
    op.create_index(
        "ix_provider_event_received_at",
        "provider_event",
        ["provider", "received_at"],
        postgresql_where=sa.text("code IS NOT NULL"),
    )
    op.add_column("incoming_text", sa.Column("answer_through", sa.Text))
    op.add_column("incoming_text", sa.Column("answer_sealed", sa.LargeBinary))
    op.create_index(
        "ix_incoming_text_to_answer",
        "incoming_text",
        ["received_at"],
        postgresql_where=sa.text("answer_sealed IS NOT NULL"),
    )
