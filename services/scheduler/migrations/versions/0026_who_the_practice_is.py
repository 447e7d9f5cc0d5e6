"""Who the practice is, as its owner decided it last."""

from shared.migrations import create_practice_facts

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    create_practice_facts()
