"""When the scheduler was last asked about an appointment, and since when it does not answer."""

from alembic import op

revision = "notifier_0006"
down_revision = "notifier_0005"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE appointment_projection"
        " ADD COLUMN asked_at timestamptz, ADD COLUMN unanswered_since timestamptz"
    )
