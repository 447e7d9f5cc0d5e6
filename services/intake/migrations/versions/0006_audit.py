"""The audit chain."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Filled in by the change that needs it."""
