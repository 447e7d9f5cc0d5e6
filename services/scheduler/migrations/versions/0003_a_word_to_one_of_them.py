"""By which id the notifier asks what a person is to be told of a time that is not booked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("participant", sa.Column("communication_id", sa.Uuid))
    op.create_unique_constraint(
        "uq_participant_communication_id", "participant", ["communication_id"]
    )
