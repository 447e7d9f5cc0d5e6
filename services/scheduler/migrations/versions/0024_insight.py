"""What is counted over weeks is found by its time: who came to choose, who waited, who missed."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_index("ix_invitation_created_at", "invitation", ["created_at"])
    op.create_index("ix_waitlist_entry_created_at", "waitlist_entry", ["created_at"])
    op.create_index(
        "ix_appointment_missed",
        "appointment",
        ["schedule_id", sa.text("lower(during)")],
        postgresql_where=sa.text("status = 'noshow'"),
    )
