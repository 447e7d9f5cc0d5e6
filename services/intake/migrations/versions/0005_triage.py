"""Tasks, notes, lifted holds, and that the private call has taken place."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)
STATES = "'waiting', 'open', 'acknowledged', 'done'"


def upgrade() -> None:
    op.add_column("questionnaire_response", sa.Column("call_done_at", AWARE))
    op.add_column("questionnaire_response", sa.Column("call_done_by", sa.Uuid))
    _tasks()
    _written()
    _earlier_decisions()
    # Every inquiry that is here already gets its task; the job looks at each.
    op.execute(
        "INSERT INTO task (response_id, state) SELECT id,"
        " CASE WHEN closed_at IS NULL THEN 'waiting' ELSE 'done' END FROM questionnaire_response"
    )


def _tasks() -> None:
    op.create_table(
        "task",
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("look", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("owner_name", sa.Text),
        sa.Column("opened_at", AWARE),
        sa.Column("clock_from", AWARE),
        sa.Column("acknowledge_by", AWARE),
        sa.PrimaryKeyConstraint("response_id", name="pk_task"),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["questionnaire_response.id"],
            name="fk_task_response_id_questionnaire_response",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name="ck_task_state"),
        sa.CheckConstraint("(owner_id IS NULL) = (owner_name IS NULL)", name="ck_task_owner"),
    )
    op.create_index("ix_task_look", "task", ["look"], postgresql_where=sa.text("look"))
    op.create_index(
        "ix_task_open", "task", ["acknowledge_by"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "task_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("at", AWARE, server_default=NOW, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("by_id", sa.Uuid),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("to_id", sa.Uuid),
        sa.Column("to_name", sa.Text),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_event"),
    )
    op.create_index("ix_task_event_response_id", "task_event", ["response_id"])
    _only_grows("task_event")


def _written() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("written_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("words_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["questionnaire_response.id"],
            name="fk_note_response_id_questionnaire_response",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_note_response_id", "note", ["response_id"])
    op.create_table(
        "hold_lift",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("lifted_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hold_lift"),
    )
    op.create_index("ix_hold_lift_response_id", "hold_lift", ["response_id"])
    _only_grows("hold_lift")


def _earlier_decisions() -> None:
    op.create_table(
        "earlier_decision",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("decision_sealed", sa.LargeBinary, nullable=False),
        sa.Column("decided_at", AWARE, nullable=False),
        sa.Column("replaced_at", AWARE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_earlier_decision"),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["questionnaire_response.id"],
            name="fk_earlier_decision_response_id_questionnaire_response",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_earlier_decision_response_id", "earlier_decision", ["response_id"])


def _only_grows(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION only_grows()"
    )
