"""Who the practice is: what its owner decided last, over what the host's settings say.

The scheduler, where staff are, keeps the decision. The two others ask it and keep a copy of their
own, so that each knows the practice while the rest is away. Every process reads its own service's
row now and then: a change counts everywhere within a quarter of a minute, and nothing restarts.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import CheckConstraint, DateTime, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import Database, SharedBase
from shared.peers import PeerRefused, PeerUnavailable
from shared.settings import CommonSettings, Decided

logger = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 0.25
_looking = threading.Lock()


class PracticeFacts(SharedBase):
    """One row, once the owner has decided anything; `version` rises with each decision."""

    __tablename__ = "practice_facts"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default="1")
    version: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    neutral_sender: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    timezone: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def decided(session: Session) -> Decided | None:
    """What the owner decided last, as far as it is known here."""
    rows = session.execute(
        select(
            PracticeFacts.version,
            PracticeFacts.name,
            PracticeFacts.neutral_sender,
            PracticeFacts.phone,
            PracticeFacts.timezone,
        )
    ).mappings()
    found = rows.one_or_none()
    return None if found is None else Decided(**found)


def keep(session: Session, newer: Decided) -> None:
    """Let this stand, unless something later stands already."""
    values = newer.as_document()
    new = insert(PracticeFacts).values(**values)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["id"],
            set_={**values, "changed_at": func.now()},
            where=PracticeFacts.version < newer.version,
        )
    )


def look(database: Database, settings: CommonSettings) -> None:
    """Read what stands, unless it was read just now; a database away changes nothing."""
    standing = settings.standing
    if time.monotonic() < standing.good_until or not _looking.acquire(blocking=False):
        return
    try:
        standing.good_until = time.monotonic() + LOOK_SECONDS
        with database.begin() as session:
            standing.decided = decided(session)
    except SQLAlchemyError as error:  # who needs the database will say so
        logger.warning("practice not read", kind=type(error).__name__)
    finally:
        _looking.release()


def look_quickly(database: Database, settings: CommonSettings) -> None:
    """The same for whoever waits for a page: a database that is slow to answer holds up nobody."""
    if time.monotonic() < settings.standing.good_until:
        return
    looking = threading.Thread(target=look, args=(database, settings), daemon=True)
    looking.start()
    looking.join(PATIENCE_SECONDS)


def ask(database: Database, settings: CommonSettings, get: Callable[[str], Any]) -> None:
    """Fetch what the scheduler has, and keep a copy; while it is silent, what is kept stands."""
    try:
        found = get("/internal/practice")
    except (PeerUnavailable, PeerRefused) as error:
        logger.warning("practice not asked", kind=type(error).__name__)
        found = None
    if found:
        with database.begin() as session:
            keep(session, Decided(**found))
    look(database, settings)
