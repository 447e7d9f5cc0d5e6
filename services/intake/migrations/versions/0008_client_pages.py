"""Saving for later by a link."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Filled in by the change that needs it."""
