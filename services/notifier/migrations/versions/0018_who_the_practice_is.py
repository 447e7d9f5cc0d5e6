"""Who the practice is, as its owner decided it last."""

from shared.migrations import create_practice_facts

revision = "notifier_0018"
down_revision = "notifier_0017"


def upgrade() -> None:
    create_practice_facts()
