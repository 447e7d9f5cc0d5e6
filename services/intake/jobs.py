"""What intake does by itself, now and then."""

import structlog

from services.intake.operations import audit_chain, retention
from services.intake.providers.audit_folder import ANCHORS, AuditFolder
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


def anchor_audit(database: Database, settings: Settings) -> None:
    """Write down once a day how far the audit chain goes, outside of the database."""
    if settings.audit_folder is None:
        return
    now = utcnow()
    with database.begin() as session:
        added = AuditFolder(settings.audit_folder).add(
            ANCHORS, lambda lines: audit_chain.next_anchor(session, anchors=lines, now=now)
        )
    if added:
        logger.info("audit anchored")
