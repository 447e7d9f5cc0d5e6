"""Alembic's door to the notifier's schema."""

from shared.migrations import run_env

run_env()
