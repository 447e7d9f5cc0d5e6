"""Where each person will be when they meet; two people of one appointment, and by when they say so.

All of it may be absent: what was written before this stays as it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LIVE = "status IN ('proposed', 'pending', 'booked', 'arrived', 'fulfilled')"


def upgrade() -> None:
    op.add_column("participant", sa.Column("location_sealed", sa.LargeBinary))
    op.add_column(
        "participant", sa.Column("status", sa.Text, server_default="accepted", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_participant_status"),
        "participant",
        "status IN ('needs-action', 'accepted', 'declined')",
    )
    op.add_column("invitation", sa.Column("couple_id", sa.Uuid))
    op.add_column("invitation", sa.Column("partner_id", sa.Uuid))
    op.create_check_constraint(
        op.f("ck_invitation_couple"),
        "invitation",
        "(couple_id IS NULL) = (partner_id IS NULL)",
    )
    op.add_column("appointment", sa.Column("couple_id", sa.Uuid))
    op.add_column("appointment", sa.Column("reply_by", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_appointment_reply"),
        "appointment",
        "(status = 'pending') = (reply_by IS NOT NULL)",
    )
    # One time for two people, whichever of them chose it. A hold is not one yet.
    op.create_index(
        "uq_appointment_couple_id",
        "appointment",
        ["couple_id"],
        unique=True,
        postgresql_where=sa.text(LIVE),
    )
    op.create_index(
        "ix_appointment_reply_by",
        "appointment",
        ["reply_by"],
        postgresql_where=sa.text("status = 'pending'"),
    )
