"""Two people who have met may ask for their next time: only what lies ahead counts."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

LIVE = "status IN ('proposed', 'pending', 'booked', 'arrived', 'fulfilled')"


def upgrade() -> None:
    op.add_column(
        "appointment", sa.Column("followed_at", sa.DateTime(timezone=True), nullable=True)
    )
    for column, which in (
        ("invitation_id", f"couple_id IS NULL AND {LIVE}"),
        ("couple_id", "followed_at IS NULL AND status IN ('pending', 'booked')"),
    ):
        name = f"uq_appointment_{column}"
        op.drop_index(name, table_name="appointment")
        op.create_index(name, "appointment", [column], unique=True, postgresql_where=sa.text(which))
    op.create_index(
        "ix_appointment_couple_id",
        "appointment",
        ["couple_id"],
        postgresql_where=sa.text("couple_id IS NOT NULL"),
    )
