"""Alembic's entry: intake's tables, in the caller's transaction."""

from shared.migrations import run_env

run_env()
