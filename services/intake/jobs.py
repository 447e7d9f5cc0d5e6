"""What intake does by itself, now and then."""

import structlog

from services.intake.operations import retention
from services.intake.settings import Settings
from shared.clock import utcnow
from shared.db import Database

logger = structlog.get_logger(__name__)


def purge_abandoned(database: Database, settings: Settings) -> None:
    """Destroy drafts that were left behind, each in a transaction of its own."""
    now, after = utcnow(), settings.drafts_live
    with database.begin() as session:
        stale = retention.abandoned(session, now=now, after=after)
    gone = 0
    for response_id in stale:
        with database.begin() as session:
            gone += retention.purge(session, response_id=response_id, now=now, after=after)
    if gone:
        logger.info("drafts purged", count=gone)
