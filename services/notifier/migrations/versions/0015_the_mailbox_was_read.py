"""When the mailbox of returned mail was last read."""

from alembic import op

revision = "notifier_0015"
down_revision = "notifier_0014"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE mailbox_reading ("
        " id integer CONSTRAINT pk_mailbox_reading PRIMARY KEY"
        "  CONSTRAINT ck_mailbox_reading_one CHECK (id = 1),"
        " tried_at timestamptz NOT NULL,"
        " read_at timestamptz,"
        " failed boolean NOT NULL)"
    )
