"""A text may say that somebody will come."""

from alembic import op

revision = "notifier_0010"
down_revision = "notifier_0009"


def upgrade() -> None:
    op.drop_constraint("ck_incoming_text_kind", "incoming_text")
    op.create_check_constraint(
        "ck_incoming_text_kind",
        "incoming_text",
        "kind IN ('stop', 'start', 'help', 'confirm', 'other')",
    )
