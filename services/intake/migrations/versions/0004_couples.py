"""Two partners, each with a record of their own."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Filled in by the change that needs it."""
