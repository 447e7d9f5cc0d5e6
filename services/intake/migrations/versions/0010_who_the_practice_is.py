"""Who the practice is, as its owner decided it last."""

from shared.migrations import create_practice_facts

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    create_practice_facts()
