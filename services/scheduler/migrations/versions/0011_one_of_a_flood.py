"""Whose form came in a flood: a time is theirs only once staff have said yes (P26)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "invitation",
        sa.Column("unproven", sa.Boolean, server_default="false", nullable=False),
    )
