"""Which people have texted that they will come, and to which time."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("participant", sa.Column("confirmed_sequence", sa.Integer))
    op.add_column("participant", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
