"""The first tables: forms and answers, people and contacts, consents, decisions, openings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

NOW = sa.text("now()")
AWARE = sa.DateTime(timezone=True)

# Only a superuser or the owner who disables the trigger gets past this, and both leave a trace in
# the server's log.
ONLY_GROWS = """
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: rows are neither changed nor deleted', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def upgrade() -> None:
    create_shared_tables()
    _forms()
    _people()
    _answers()
    _ledgers()


def _forms() -> None:
    op.create_table(
        "questionnaire",
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("first_used_at", AWARE, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_questionnaire"),
    )
    op.create_table(
        "tally",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tally"),
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("created_at", AWARE, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_table(
        "contact",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", AWARE, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "version", name="pk_contact"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_contact_person_id_person", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "booked_call",
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", "person_id", name="pk_booked_call"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_booked_call_person_id_person", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state IN ('booked', 'cancelled')", name="ck_booked_call_state"),
    )
    op.create_index("ix_booked_call_person_id", "booked_call", ["person_id"])


def _answers() -> None:
    op.create_table(
        "questionnaire_response",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("questionnaire_sha256", sa.Text, nullable=False),
        sa.Column("config", JSONB, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("booking_sha256", sa.LargeBinary),
        sa.Column("furthest", sa.Integer, nullable=False),
        sa.Column("started_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("updated_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("completed_at", AWARE),
        sa.Column("closed_at", AWARE),
        sa.Column("closed_by", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_questionnaire_response"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_questionnaire_response_person_id_person",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_sha256"],
            ["questionnaire.sha256"],
            name="fk_questionnaire_response_questionnaire_sha256_questionnaire",
        ),
        sa.UniqueConstraint("token_sha256", name="uq_questionnaire_response_token_sha256"),
        sa.UniqueConstraint("booking_sha256", name="uq_questionnaire_response_booking_sha256"),
        sa.CheckConstraint(
            "status IN ('in-progress', 'completed')", name="ck_questionnaire_response_status"
        ),
        sa.CheckConstraint(
            "(status = 'completed') = (completed_at IS NOT NULL)",
            name="ck_questionnaire_response_completed",
        ),
    )
    op.create_index("ix_questionnaire_response_person_id", "questionnaire_response", ["person_id"])
    op.create_index(
        "ix_questionnaire_response_open", "questionnaire_response", ["status", "updated_at"]
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("value_sealed", sa.LargeBinary, nullable=False),
        sa.Column("answered_at", AWARE, nullable=False),
        sa.Column("superseded_at", AWARE),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["questionnaire_response.id"],
            name="fk_answer_response_id_questionnaire_response",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("level IN ('open', 'private', 'sealed')", name="ck_answer_level"),
    )
    op.create_index("ix_answer_response_id", "answer", ["response_id"])
    op.create_index(
        "uq_answer_response_id_link_id",
        "answer",
        ["response_id", "link_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "decision",
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("decision_sealed", sa.LargeBinary, nullable=False),
        sa.Column("decided_at", AWARE, nullable=False),
        sa.PrimaryKeyConstraint("response_id", name="pk_decision"),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["questionnaire_response.id"],
            name="fk_decision_response_id_questionnaire_response",
            ondelete="CASCADE",
        ),
    )


def _ledgers() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("text_version", sa.Text, nullable=False),
        sa.Column("text_sha256", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("said_at", AWARE, nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_person_id", "consent", ["person_id"])
    op.create_table(
        "sealed_read",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("read_at", AWARE, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sealed_read"),
    )
    op.create_index("ix_sealed_read_response_id", "sealed_read", ["response_id"])
    op.execute(ONLY_GROWS)
    for table in ("consent", "sealed_read"):
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )
