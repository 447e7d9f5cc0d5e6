"""One database per service: a role, a schema of the same name, one transaction at the edge."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    MetaData,
    Text,
    cast,
    create_engine,
    func,
    literal,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

if TYPE_CHECKING:
    from shared.crypto import Keyring
    from shared.keyrings import KeyringFile

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# A statement that takes longer holds a web thread that somebody waits for (ASVS 15.2.2).
_TIMEOUTS = "-c statement_timeout=5000 -c lock_timeout=4000 -c timezone=UTC"


class SharedBase(DeclarativeBase):
    """The tables that every service has in its own schema: outbox, inbox, subject_key."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Database:
    """A service's own schema, as its own role. `begin` is the only way in.

    Code never names a schema: PostgreSQL's default search path is the role's own (`"$user"`).
    """

    def __init__(
        self, url: str, keyring: "Keyring | KeyringFile | None" = None, *, pool_size: int = 10
    ) -> None:
        self.keyring = keyring
        self.engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=3,
            pool_pre_ping=True,
            # Parameters are answers and addresses: they stay out of every message and log (L02).
            hide_parameters=True,
            connect_args={"options": _TIMEOUTS, "connect_timeout": 3},
        )

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.info["keyring_source"] = self.keyring
            session.info["keyring"] = self.keyring.now() if self.keyring else None
            yield session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def database_now(session: Session) -> datetime:
    """The database's clock, aware UTC: for leases, due times and holds that processes share.

    The clock of the statement and not of the transaction, so that waiting for a lock counts.
    """
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now


def numbers(ids: Iterable[int]) -> ColumnElement[Sequence[int]]:
    """An array of numbers for `= ANY`, sent as one text: the driver looks at each item of a list,
    which for a thousand of them takes longer than the statement's index scan.
    """
    text = "{" + ",".join(map(str, ids)) + "}"
    return cast(literal(text, Text), ARRAY(BigInteger))


def waited_too_long(error: OperationalError) -> bool:
    """Whether a lock was not to be had within its time: so many were before us."""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that refused, to tell one refusal from another."""
    diagnostic = getattr(error.orig, "diag", None)
    return getattr(diagnostic, "constraint_name", None)
