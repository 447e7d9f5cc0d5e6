"""A permission ends: with the release for two, or with a person who is erased."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("invitation", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
