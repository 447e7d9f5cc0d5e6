"""Which languages a clinician speaks and how they meet people; who changed which rule, and how."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "practitioner",
        sa.Column("languages", sa.ARRAY(sa.Text), server_default="{en}", nullable=False),
    )
    op.add_column(
        "practitioner",
        sa.Column("meets", sa.ARRAY(sa.Text), server_default="{remote,in-person}", nullable=False),
    )
    op.create_table(
        "rule_change",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("before", postgresql.JSONB, nullable=False),
        sa.Column("after", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_change")),
    )
    op.create_index(op.f("ix_rule_change_about"), "rule_change", ["about"])
    op.execute(
        "CREATE TRIGGER rule_change_stays BEFORE UPDATE OR DELETE ON rule_change "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER rule_change_is_kept BEFORE TRUNCATE ON rule_change "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
