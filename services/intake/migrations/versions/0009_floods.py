"""How many forms came from one place, and which came in a flood."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "questionnaire_response",
        sa.Column("unproven", sa.Boolean, server_default="false", nullable=False),
    )
    op.create_table(
        "sending_count",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", "hour", name="pk_sending_count"),
    )
    op.create_index("ix_sending_count_hour", "sending_count", ["hour"])
