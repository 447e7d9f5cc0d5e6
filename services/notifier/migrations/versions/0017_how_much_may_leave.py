"""How much may leave in how much time: a bucket for each whom it concerns."""

from alembic import op

revision = "notifier_0017"
down_revision = "notifier_0016"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE token_bucket ("
        " name text CONSTRAINT pk_token_bucket PRIMARY KEY,"
        ' "left" double precision NOT NULL,'
        " at timestamptz NOT NULL)"
    )
    op.execute("CREATE INDEX ix_token_bucket_at ON token_bucket (at)")
