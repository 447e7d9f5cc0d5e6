"""Which other time one of two has asked for, and who said no to it: history says so (P27)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSTZRANGE

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("appointment_history", sa.Column("during_asked", TSTZRANGE))
