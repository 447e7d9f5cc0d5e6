"""What has to be asked of another service before a message can be planned."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("noted_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("prepare_at", AWARE, server_default=NOW),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_errand"),
        sa.CheckConstraint("kind IN ('communication', 'assignment')", name="ck_errand_kind"),
        sa.CheckConstraint(
            "(kind = 'communication') = (person_id IS NOT NULL)", name="ck_errand_person"
        ),
        sa.CheckConstraint(
            "(kind = 'assignment') = (account_id IS NOT NULL)", name="ck_errand_account"
        ),
    )
    op.create_index("ix_errand_person_id", "errand", ["person_id"])
    op.create_index(
        "ix_errand_prepare_at",
        "errand",
        ["prepare_at"],
        postgresql_where=sa.text("prepare_at IS NOT NULL"),
    )
