"""Who ended somebody's waiting, and why; who offered a time, where it was not the clock."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("waitlist_entry", sa.Column("ended_by", sa.Text))
    op.add_column("waitlist_entry", sa.Column("reason", sa.Text))
    op.add_column("waitlist_offer", sa.Column("offered_by", sa.Text))
