"""With whom an appointment was before it was given to a colleague: history says so (P27)."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for name in ("schedule_before", "schedule_after"):
        op.add_column("appointment_history", sa.Column(name, sa.BigInteger))
