"""Saving for later by a link."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("questionnaire_response", sa.Column("resume_sha256", sa.LargeBinary))
    op.add_column("questionnaire_response", sa.Column("resume_until", sa.DateTime(timezone=True)))
    op.create_unique_constraint(
        "uq_questionnaire_response_resume_sha256", "questionnaire_response", ["resume_sha256"]
    )
    op.create_check_constraint(
        "ck_questionnaire_response_resume",
        "questionnaire_response",
        "(resume_sha256 IS NULL) = (resume_until IS NULL)",
    )
