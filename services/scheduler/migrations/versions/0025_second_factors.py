"""Staff prove themselves by more than a password; sessions say by what, and from which browser."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

NOW = sa.text("now()")


def _at(name: str, *, known: bool = True) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=NOW if known else None,
        nullable=not known,
    )


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["staff_account.id"], name=op.f(f"fk_{table}_account_id_staff_account")
    )


def upgrade() -> None:
    op.add_column("staff_account", sa.Column("oidc_subject", sa.Text))
    op.create_unique_constraint(
        op.f("uq_staff_account_oidc_subject"), "staff_account", ["oidc_subject"]
    )
    for name, default in (("device", ""), ("how", "password")):
        op.add_column(
            "staff_session", sa.Column(name, sa.Text, server_default=default, nullable=False)
        )
    op.add_column(
        "staff_session",
        sa.Column("second_factor", sa.Boolean, server_default="false", nullable=False),
    )
    op.create_table(
        "staff_totp",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_staff_totp")),
        _of_account("staff_totp"),
    )
    op.create_table(
        "staff_recovery_code",
        sa.Column("code_index", sa.LargeBinary, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        _at("created_at"),
        _at("used_at", known=False),
        sa.PrimaryKeyConstraint("code_index", name=op.f("pk_staff_recovery_code")),
        _of_account("staff_recovery_code"),
    )
    op.create_table(
        "staff_passkey",
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", sa.ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        _at("created_at"),
        _at("used_at", known=False),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_staff_passkey")),
        _of_account("staff_passkey"),
    )
    op.create_table(
        "staff_spent",
        sa.Column("value_sha256", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("value_sha256", name=op.f("pk_staff_spent")),
    )
    op.create_table(
        "sign_in_event",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_event")),
        _of_account("sign_in_event"),
    )
    for table in ("staff_recovery_code", "staff_passkey", "sign_in_event"):
        op.create_index(op.f(f"ix_{table}_account_id"), table, ["account_id"])
    op.execute(
        "CREATE TRIGGER sign_in_event_stays BEFORE UPDATE OR DELETE ON sign_in_event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER sign_in_event_is_kept BEFORE TRUNCATE ON sign_in_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
