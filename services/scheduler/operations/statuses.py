"""Conditions as statements write them out, word for word as the indexes do.

By a parameter PostgreSQL would not know that an index holds what is asked for, and would make a new
plan each time.
"""

from typing import Final

from sqlalchemy import Boolean, Text, literal_column

from services.scheduler.models import REACHES_FAR
from shared.vocabulary import LIVE_STATUSES

PROPOSED: Final = literal_column("'proposed'", Text)
PENDING: Final = literal_column("'pending'", Text)
MISSED: Final = literal_column("'noshow'", Text)
FAR: Final = literal_column(f"({REACHES_FAR})", Boolean)
LIVE: Final = [literal_column(f"'{status}'", Text) for status in LIVE_STATUSES]
