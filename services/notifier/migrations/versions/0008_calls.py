"""What follows a message that did not arrive, and who is to be called."""

from alembic import op

revision = "notifier_0008"
down_revision = "notifier_0007"

FELL_SHORT = (
    "'undelivered', 'bounced', 'unconfirmed', 'failed_permanent', 'failed_technical',"
    " 'suppressed', 'expired', 'dead'"
)


def upgrade() -> None:
    op.execute("ALTER TABLE notification ADD COLUMN followed_at timestamptz")
    # What ended before there was a list of calls is not gone after now.
    op.execute(
        f"UPDATE notification SET followed_at = changed_at WHERE state IN ({FELL_SHORT})"  # noqa: S608
    )
    op.execute(
        "CREATE INDEX ix_notification_to_follow ON notification (changed_at)"
        f" WHERE followed_at IS NULL AND state IN ({FELL_SHORT})"
    )
    op.execute(
        "CREATE TABLE call ("
        " id uuid CONSTRAINT pk_call PRIMARY KEY,"
        " notification_id uuid NOT NULL"
        "  CONSTRAINT fk_call_notification_id_notification"
        "  REFERENCES notification (id) ON DELETE CASCADE,"
        " opened_at timestamptz NOT NULL,"
        " until timestamptz NOT NULL,"
        " closed_at timestamptz,"
        " closed_by uuid,"
        " how text CONSTRAINT ck_call_how CHECK (how IN ('told', 'not-reached', 'not-needed')),"
        " CONSTRAINT uq_call_notification_id UNIQUE (notification_id))"
    )
    op.execute("CREATE INDEX ix_call_open ON call (until) WHERE closed_at IS NULL")
