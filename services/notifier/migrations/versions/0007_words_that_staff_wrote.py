"""Words that staff wrote, each version kept for good."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0007"
down_revision = "notifier_0006"


def upgrade() -> None:
    op.create_table(
        "wording",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_by", sa.Uuid, nullable=False),
        sa.Column("written_by_name", sa.Text, nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("kind", "locale", "channel", "version", name="pk_wording"),
        sa.CheckConstraint("version > 1", name=op.f("ck_wording_version")),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_wording_channel")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wording"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
