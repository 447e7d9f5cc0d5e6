"""The only place that reads the time. Leases and due times use the database's clock instead."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
