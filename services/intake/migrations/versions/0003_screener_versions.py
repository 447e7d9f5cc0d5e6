"""Versions of the form that the practice has edited."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Filled in by the change that needs it."""
