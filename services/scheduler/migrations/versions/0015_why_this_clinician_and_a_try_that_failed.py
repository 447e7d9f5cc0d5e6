"""Why the pool chose this clinician stands apart from the reason that staff gave; a failed try."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("appointment", sa.Column("assigned", sa.Text))
    op.execute(
        "UPDATE appointment SET assigned = reason, reason = NULL WHERE reason LIKE 'pool: %'"
    )
    op.add_column("absence_visit", sa.Column("failed_at", sa.DateTime(timezone=True)))
