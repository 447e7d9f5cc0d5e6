"""What the scheduler does by the clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.operations import (
    absences,
    holds,
    idempotency,
    invitations,
    outside,
    proposals,
    replies,
    waitlist,
    waitlist_offers,
)
from services.scheduler.providers.feeds import FeedRequest, Feeds
from services.scheduler.providers.intake import Intake
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database, database_now
from shared.peers import PeerRefused, PeerUnavailable

logger = structlog.get_logger(__name__)


def release_expired_holds(database: Database) -> None:
    """Sweep holds that ran out; nobody waits for it."""
    with database.begin() as session:
        released = holds.release_expired_holds(session)
    if released:
        logger.info("holds released", count=released)


_AGAIN: Final = timedelta(minutes=1)
"""How long what went wrong rests before it is tried once more."""


def settle_absences(database: Database, settings: Settings) -> None:
    """See to who had a time with somebody who is away, where a page was stopped on the way."""
    with database.begin() as session:
        since = database_now(session) - _AGAIN
    tried = 0
    while True:
        with database.begin() as session:
            if not absences.settle_next(session, settings=settings, now=utcnow(), since=since):
                break
        tried += 1
    if tried:
        logger.info("appointments of an absence seen to", count=tried)


def release_unconfirmed(database: Database) -> None:
    """Give back the times for two to which nobody said yes in time, and tell both.

    Another time that nobody said yes to is over as well: who asked for it is told.
    """
    with database.begin() as session:
        released = replies.release_overdue(session) + proposals.lapse_overdue(session)
    if released:
        logger.info("unconfirmed times released", count=released)


def forget_answers(database: Database) -> None:
    """Drop the answers that are kept for requests that may be sent again."""
    with database.begin() as session:
        idempotency.forget(session)


def offer_freed_times(database: Database, settings: Settings) -> None:
    """Ask who waits about what has become free: each in a commit of their own (P27)."""
    with database.begin() as session:
        lapsed = waitlist_offers.lapse_overdue(session)
        waitlist.end_overdue(session)
        found = waitlist_offers.look_around(session, settings=settings, now=utcnow())
    offered = 0
    for match in found:
        try:
            with database.begin() as session:
                made = waitlist_offers.offer(session, match, settings=settings, now=utcnow())
        except SlotTaken:
            continue  # somebody was quicker: the next look finds another time, or another person
        offered += made is not None
    if offered or lapsed:
        logger.info("freed times offered", offered=offered, lapsed=lapsed)


def refresh_contacts(database: Database, intake: Intake) -> None:
    """Fetch anew the contacts of which intake has a newer version; what fails stays stale."""
    with database.begin() as session:
        stale = invitations.stale_contacts(session)
    for one in stale:
        try:
            _refresh(database, intake, one.person_id)
        except PeerUnavailable:
            logger.warning("intake does not answer; contacts stay as they are", stale=len(stale))
            return


def _refresh(database: Database, intake: Intake, person_id: UUID) -> None:
    try:
        version, contact = intake.contact(person_id)
    except PeerRefused as refusal:
        logger.warning(
            "intake has no such contact", person_id=str(person_id), status=refusal.status
        )
        with database.begin() as session:
            invitations.stop_refreshing(session, person_id=person_id)
        return
    with database.begin() as session:
        invitations.keep_contact(session, person_id=person_id, version=version, contact=contact)
    logger.info("contact refreshed", person_id=str(person_id))


_AT_ONCE: Final = 3
"""Calendars that are read at the same time: a slow one does not hold up all others."""


def read_calendars(database: Database, feeds: Feeds) -> None:
    """Read the calendars elsewhere that are due; what fails is written down and told (P11)."""
    with database.begin() as session:
        requests = outside.claim_due(session)
    if requests:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="calendar") as readers:
            list(readers.map(partial(_read_calendar, database, feeds), requests))


def _read_calendar(database: Database, feeds: Feeds, request: FeedRequest) -> None:
    reading = feeds.read(request)
    with database.begin() as session:
        outside.keep(session, calendar_id=request.calendar_id, reading=reading)
    logger.info(
        "calendar read",
        calendar_id=str(request.calendar_id),
        whole=reading.whole,
        unchanged=reading.busy is None,
        troubles=sorted(reading.troubles),
    )
