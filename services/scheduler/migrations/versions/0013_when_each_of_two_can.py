"""When each of two people can meet, sealed with their own key (N6)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "stated_times",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("couple_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("times_sealed", sa.LargeBinary, nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_times")),
    )
    op.create_index("ix_stated_times_couple_id", "stated_times", ["couple_id", "stated_at"])
    op.create_index(op.f("ix_stated_times_person_id"), "stated_times", ["person_id"])
