"""When each type of appointment is reminded of, each rule kept for good."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "notifier_0011"
down_revision = "notifier_0010"


def upgrade() -> None:
    op.create_table(
        "reminder_rule",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("appointment_type", sa.Text, nullable=True),
        sa.Column("email_minutes", ARRAY(sa.Integer), nullable=True),
        sa.Column("sms_minutes", ARRAY(sa.Integer), nullable=True),
        sa.Column("written_by", sa.Uuid, nullable=False),
        sa.Column("written_by_name", sa.Text, nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_rule"),
    )
    op.create_index(
        "ix_reminder_rule_appointment_type", "reminder_rule", ["appointment_type", "id"]
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reminder_rule"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
