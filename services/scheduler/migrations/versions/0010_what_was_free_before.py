"""What suited somebody and was free when they began to wait: they are offered what is sooner."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "waitlist_entry",
        sa.Column(
            "free_before",
            sa.ARRAY(sa.DateTime(timezone=True)),
            server_default="{}",
            nullable=False,
        ),
    )
