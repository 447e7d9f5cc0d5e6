"""The audit chain, legal holds, and when an appointment is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)

# The first table of openings was never part of a release. One that holds rows all the same is left
# as it is, so that nothing is lost.
DROP_IF_EMPTY = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM sealed_read) THEN
        DROP TABLE sealed_read;
    END IF;
END
$$
"""


def upgrade() -> None:
    _audit_entry()
    _legal_hold()
    op.execute(DROP_IF_EMPTY)
    for name in ("starts_at", "ends_at"):
        op.add_column("booked_call", sa.Column(name, AWARE))


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", AWARE, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("response_id", sa.Uuid),
        sa.Column("person_id", sa.Uuid),
        sa.Column("part", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary),
        sa.Column("request_id", sa.Text),
        sa.Column("prev_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
        sa.UniqueConstraint("id", name="uq_audit_entry_id"),
        sa.CheckConstraint("act ~ '^[a-z][a-z-]{1,39}$'", name="ck_audit_entry_act"),
        sa.CheckConstraint("length(reason) <= 80", name="ck_audit_entry_reason"),
    )
    for column in ("response_id", "person_id", "account_id", "at"):
        op.create_index(f"ix_audit_entry_{column}", "audit_entry", [column])
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION only_grows()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
    )


def _legal_hold() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("set_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("set_by", sa.Uuid, nullable=False),
        sa.Column("set_by_name", sa.Text, nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
        sa.Column("lifted_at", AWARE),
        sa.Column("lifted_by", sa.Uuid),
        sa.Column("lifted_by_name", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_legal_hold_person_id_person", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "uq_legal_hold_person_id",
        "legal_hold",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    # Whatever code path wants to delete a person: not while the hold stands (L49).
    op.execute(
        """
        CREATE FUNCTION held_by_law() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM legal_hold WHERE person_id = OLD.id AND lifted_at IS NULL
            ) THEN
                RAISE EXCEPTION 'a legal hold keeps this record'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN OLD;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER held_by_law BEFORE DELETE ON person "
        "FOR EACH ROW EXECUTE FUNCTION held_by_law()"
    )
