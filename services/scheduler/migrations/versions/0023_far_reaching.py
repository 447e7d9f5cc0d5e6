"""The few appointments that reach far are found apart, so that the others are sought near by."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

FAR = (
    "status IN ('proposed', 'pending', 'booked', 'arrived', 'fulfilled')"
    " AND upper(during) - lower(during) + buffer_before + buffer_after > interval '4 hours'"
)


def upgrade() -> None:
    op.create_index(
        "ix_appointment_far",
        "appointment",
        ["schedule_id", sa.text("lower(during)")],
        postgresql_where=sa.text(FAR),
    )
