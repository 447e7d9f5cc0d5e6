"""An address is blocked once for each reason: a STOP counts beside whatever staff may lift."""

from alembic import op

revision = "notifier_0014"
down_revision = "notifier_0013"


def upgrade() -> None:
    op.execute(
        "CREATE UNIQUE INDEX uq_suppression_live_reason"
        " ON suppression (channel, address_index, reason) WHERE lifted_at IS NULL"
    )
    op.execute("DROP INDEX uq_suppression_live")
