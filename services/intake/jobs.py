"""What intake does by itself, now and then."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from services.intake.domain.keeping import BY_ITSELF, Rule
from services.intake.domain.tasks import Colleague, roster
from services.intake.operations import (
    audit_chain,
    erasure,
    flood,
    invitation_days,
    joint,
    practice,
    retention,
    tasks,
)
from services.intake.operations.links import Links
from services.intake.operations.retention import Eligible
from services.intake.providers.audit_folder import ANCHORS, ERASURES, AuditFolder
from services.intake.providers.scheduler import Scheduler
from services.intake.settings import Settings
from shared.clock import utcnow
from shared.db import Database, database_now
from shared.zones import zone

logger = structlog.get_logger(__name__)


def purge_abandoned(database: Database, settings: Settings) -> None:
    """Destroy what was left behind: drafts, and inquiries that never came to anything (L48)."""
    purge(database, drafts=settings.drafts_live, now=utcnow(), rules=BY_ITSELF)
    with database.begin() as session:
        flood.forget(session, now=utcnow())


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


def follow_the_calendar(database: Database, settings: Settings) -> None:
    """Whatever the day brings to two partners, by the database's clock."""
    with database.begin() as session:
        now = database_now(session)
    keep_days(database, Links.of(settings), now=now)


def keep_days(database: Database, links: Links, *, now: datetime) -> None:
    """Reminders, the uniform note, word to both at one moment; addressees are forgotten.

    Each in a transaction of its own; one that another worker is at is left to it.
    """
    with database.begin() as session:
        reminders = invitation_days.to_remind(session, now=now)
        notes = invitation_days.to_note(session, now=now)
        releases = joint.to_tell(session)
    for invitation_id in reminders:
        with database.begin() as session:
            invitation_days.remind(session, invitation_id=invitation_id, links=links, now=now)
    for release_id in releases:
        with database.begin() as session:
            joint.tell(session, release_id=release_id, links=links, now=now)
    for invitation_id in notes:
        with database.begin() as session:
            invitation_days.note_day(session, invitation_id=invitation_id, links=links, now=now)
    with database.begin() as session:
        addressees = invitation_days.to_forget(session, now=now)
    for person_id in addressees:
        with database.begin() as session:
            invitation_days.forget(session, person_id=person_id)


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


def see_to_tasks(database: Database, settings: Settings, scheduler: Scheduler) -> None:
    """Set the clocks of what came in, and see that each task is in somebody's hands (L35).

    Each in a transaction of its own; the scheduler is asked outside of all.
    """
    here = zone(settings.practice.timezone)
    with database.begin() as session:
        unseen, decided = tasks.to_look_at(session), practice.current(session)
    for response_id in unseen:
        with database.begin() as session:
            tasks.look(session, response_id=response_id, settings=decided, zone=here)
    staff = scheduler.staff()
    if staff is None:
        return
    known = [Colleague(account_id=m.account_id, name=m.name, role=m.role) for m in staff]
    people = roster(known, decided.roster)
    working = {one.account_id for one in roster(known, ())}
    with database.begin() as session:
        waiting = tasks.to_assign(session, working=working)
    told = 0
    for response_id in waiting:
        with database.begin() as session:
            told += tasks.assign(
                session,
                response_id=response_id,
                people=people,
                working=working,
                settings=decided,
                zone=here,
            )
    if told:
        logger.info("tasks assigned", count=told)
