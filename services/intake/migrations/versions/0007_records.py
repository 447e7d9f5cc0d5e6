"""Requests about records, authorizations, documents, estimates, breaches."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    _requests()
    _releases()
    _estimates()
    _breaches()
    for table in ("record_act", "release_authorization", "breach_act"):
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )


def _of_a_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id"], ["person.id"], name=f"fk_{table}_person_id_person", ondelete="CASCADE"
    )


def _requests() -> None:
    op.create_table(
        "record_request",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("details_sealed", sa.LargeBinary, nullable=False),
        sa.Column("noted_at", AWARE, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record_request"),
        _of_a_person("record_request"),
        sa.CheckConstraint(
            "kind IN ('access', 'amendment', 'release')", name="ck_record_request_kind"
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'denied')", name="ck_record_request_state"),
    )
    op.create_index("ix_record_request_person_id", "record_request", ["person_id"])
    op.create_table(
        "record_act",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("at", AWARE, server_default=NOW, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("details_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record_act"),
    )
    op.create_index("ix_record_act_request_id", "record_act", ["request_id"])


def _releases() -> None:
    op.create_table(
        "release_authorization",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("recipient_index", sa.LargeBinary, nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("revokes", sa.Uuid),
        sa.Column("noted_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_release_authorization"),
        sa.CheckConstraint(
            "scope IN ('own', 'joint', 'part2', 'part2-proceedings', 'court-order')",
            name="ck_release_authorization_scope",
        ),
    )
    op.create_index("ix_release_authorization_person_id", "release_authorization", ["person_id"])
    op.create_table(
        "document_note",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("details_sealed", sa.LargeBinary, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("part2", sa.Boolean, nullable=False),
        sa.Column("noted_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("noted_by", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_document_note"),
        _of_a_person("document_note"),
    )
    op.create_index("ix_document_note_person_id", "document_note", ["person_id"])


def _estimates() -> None:
    op.create_table(
        "cost_estimate",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("appointment_id", sa.Uuid),
        sa.Column("joint", sa.Boolean, nullable=False),
        sa.Column("arose_at", AWARE, nullable=False),
        sa.Column("visit_at", AWARE),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("estimate_sealed", sa.LargeBinary),
        sa.Column("delivered_at", AWARE),
        sa.Column("delivered_by", sa.Uuid),
        sa.Column("delivered_way", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_cost_estimate"),
        _of_a_person("cost_estimate"),
        sa.UniqueConstraint(
            "person_id", "appointment_id", name="uq_cost_estimate_person_id_appointment_id"
        ),
        sa.CheckConstraint(
            "occasion IN ('booked', 'asked', 'changed')", name="ck_cost_estimate_occasion"
        ),
        sa.CheckConstraint("state IN ('due', 'delivered', 'void')", name="ck_cost_estimate_state"),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_at IS NOT NULL)", name="ck_cost_estimate_delivered"
        ),
    )
    op.create_index("ix_cost_estimate_state", "cost_estimate", ["state"])


def _breaches() -> None:
    op.create_table(
        "breach_act",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("breach_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("people", sa.Integer),
        sa.Column("words_sealed", sa.LargeBinary, nullable=False),
        sa.Column("noted_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_breach_act"),
        sa.CheckConstraint(
            "kind IN ('found', 'learned', 'people-told', 'authority-told', 'media-told', 'closed')",
            name="ck_breach_act_kind",
        ),
    )
    op.create_index("ix_breach_act_breach_id", "breach_act", ["breach_id"])
