"""What intake does by itself, now and then."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from services.intake.domain.keeping import BY_ITSELF, Rule
from services.intake.operations import audit_chain, erasure, retention
from services.intake.operations.retention import Eligible
from services.intake.providers.audit_folder import ANCHORS, ERASURES, AuditFolder
from services.intake.settings import Settings
from shared.clock import utcnow
from shared.db import Database

logger = structlog.get_logger(__name__)


def purge_abandoned(database: Database, settings: Settings) -> None:
    """Destroy what was left behind: drafts, and inquiries that never came to anything (L48)."""
    purge(database, drafts=settings.drafts_live, now=utcnow(), rules=BY_ITSELF)


def purge(
    database: Database, *, drafts: timedelta, now: datetime, rules: Collection[Rule]
) -> list[Eligible]:
    """Destroy whatever these rules let go, each person in a transaction of its own."""
    with database.begin() as session:
        found = retention.eligible(session, now=now, drafts=drafts)
    gone = []
    for one in found:
        if one.rule in rules:
            with database.begin() as session:
                if retention.purge(session, person_id=one.person_id, now=now, drafts=drafts):
                    gone.append(one)
    if gone:
        logger.info("records purged", count=len(gone))
    return gone


def list_erasures(database: Database, settings: Settings) -> None:
    """Write down whose key was destroyed, where a restored backup does not undo it."""
    if settings.audit_folder is None:
        return
    with database.begin() as session:
        AuditFolder(settings.audit_folder).add(
            ERASURES, lambda lines: erasure.erased(session, lines=lines)
        )


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
