"""When each person last said where they will be: it is asked once more before a video session."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("participant", sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
