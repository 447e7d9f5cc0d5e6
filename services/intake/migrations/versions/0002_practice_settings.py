"""What the practice decides, what it wants sent, and the form's system fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "practice_settings",
        sa.Column("version", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("settings", JSONB, nullable=False),
        sa.Column("changed_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("changed_by_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_practice_settings"),
    )
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON practice_settings "
        "FOR EACH ROW EXECUTE FUNCTION only_grows()"
    )
    op.create_table(
        "communication_request",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("link_sealed", sa.LargeBinary, nullable=False),
        sa.Column("not_after", AWARE, nullable=False),
        sa.Column("requested_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("withdrawn_at", AWARE),
        sa.PrimaryKeyConstraint("id", name="pk_communication_request"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_communication_request_person_id_person",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "purpose IN ('update', 'resume', 'invitation')",
            name="ck_communication_request_purpose",
        ),
    )
    op.create_index("ix_communication_request_person_id", "communication_request", ["person_id"])
    for column in (
        sa.Column("invited", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("free_text_read_at", AWARE),
        sa.Column("free_text_read_by", sa.Uuid),
    ):
        op.add_column("questionnaire_response", column)
