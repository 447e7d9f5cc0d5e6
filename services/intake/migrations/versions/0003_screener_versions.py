"""Versions of the form that the practice has edited, and what a decision was made by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "screener_version",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("reviewed_sha256", sa.Text, nullable=False),
        sa.Column("installed", sa.Boolean, nullable=False),
        sa.Column("edits", JSONB, nullable=False),
        sa.Column("published_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("published_by", sa.Uuid),
        sa.Column("published_by_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_screener_version"),
        sa.ForeignKeyConstraint(
            ["sha256"],
            ["questionnaire.sha256"],
            name="fk_screener_version_sha256_questionnaire",
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_sha256"],
            ["questionnaire.sha256"],
            name="fk_screener_version_reviewed_sha256_questionnaire",
        ),
    )
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON screener_version "
        "FOR EACH ROW EXECUTE FUNCTION only_grows()"
    )
    op.create_table(
        "screener_draft",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("edits", JSONB, nullable=False),
        sa.Column("changed_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("changed_by_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_screener_draft"),
        sa.CheckConstraint("id = 1", name="ck_screener_draft_one"),
    )
    for name in ("form_sha256", "rules_sha256", "text_version"):
        op.add_column("decision", sa.Column(name, sa.Text))
