"""A message that staff send once more refers to the old one; what staff do has its reason."""

from alembic import op

revision = "notifier_0013"
down_revision = "notifier_0012"


def upgrade() -> None:
    op.execute("ALTER TABLE notification ADD COLUMN resend_of uuid")
    op.execute(
        "CREATE UNIQUE INDEX uq_notification_resend_of ON notification (resend_of)"
        " WHERE resend_of IS NOT NULL"
    )
    op.execute(
        "CREATE TABLE staff_act ("
        " id uuid CONSTRAINT pk_staff_act PRIMARY KEY,"
        " at timestamptz NOT NULL DEFAULT clock_timestamp(),"
        " account_id uuid NOT NULL,"
        " account_name text NOT NULL,"
        " role text NOT NULL,"
        " act text NOT NULL CONSTRAINT ck_staff_act_act CHECK (act ~ '^[a-z-]+$'),"
        " about text NOT NULL,"
        " person_id uuid,"
        " reason_sealed bytea NOT NULL)"
    )
    op.execute("CREATE INDEX ix_staff_act_about ON staff_act (act, about, at)")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON staff_act"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
