"""What may have been sent before a backup was restored is held until somebody decides."""

from alembic import op

revision = "notifier_0012"
down_revision = "notifier_0011"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE notification"
        " ADD COLUMN held_at timestamptz, ADD COLUMN released_at timestamptz"
    )
    op.execute(
        "CREATE INDEX ix_notification_held_at ON notification (due_at) WHERE held_at IS NOT NULL"
    )
    op.execute(
        "CREATE TABLE send_guard ("
        " id integer CONSTRAINT pk_send_guard PRIMARY KEY"
        "  CONSTRAINT ck_send_guard_one CHECK (id = 1),"
        " until timestamptz NOT NULL,"
        " held_until timestamptz,"
        " found_at timestamptz)"
    )
