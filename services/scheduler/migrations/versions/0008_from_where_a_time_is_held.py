"""From which address a time is held, under a keyed hash, so that nobody holds them all (P3)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("appointment", sa.Column("held_from", sa.LargeBinary))
    op.create_index(
        "ix_appointment_held_from",
        "appointment",
        ["held_from"],
        postgresql_where=sa.text("status = 'proposed'"),
    )
