"""One database per service: a role, a schema of the same name, one transaction at the edge."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from select import POLLIN, poll
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CursorResult,
    Executable,
    MetaData,
    Text,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import IntegrityError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from shared.patience import PatientConnection

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


_TRUSTED: Final = 0.5
"""For so many seconds after its last use a connection is looked at, not asked."""


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
            # Parameters are answers and addresses: they stay out of every message and log (L02).
            hide_parameters=True,
            connect_args={"options": _TIMEOUTS, "connect_timeout": 2},
        )
        event.listen(self.engine, "do_connect", _connect)
        _hand_out_living(self.engine)

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


def _connect(
    _: Any, __: Any, arguments: tuple[Any, ...], named: dict[str, Any]
) -> psycopg.Connection:
    return PatientConnection.connect(*arguments, **named)


def _hand_out_living(engine: Engine) -> None:
    """No connection leaves the pool that the server has closed: after its restart, say.

    Asking each one first, as SQLAlchemy would, takes longer than most of our statements. A server
    that closes says so on the line, so one that has just been used and is silent is alive.
    """

    def note(_: PatientConnection, record: Any) -> None:
        record.info["used"] = monotonic()

    def check(connection: PatientConnection, record: Any, _: Any) -> None:
        used = record.info.get("used")
        if used is None:  # it has just been opened
            return
        try:
            if monotonic() - used > _TRUSTED or not _silent(connection):
                with connection.in_a_hurry():
                    engine.dialect.do_ping(connection)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", check)


def _silent(connection: psycopg.Connection) -> bool:
    """Whether the server has said nothing since the last answer."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return not waiting.poll(0)


def database_now(session: Session) -> datetime:
    """The database's clock, aware UTC: for leases, due times and holds that processes share.

    The clock of the statement and not of the transaction, so that waiting for a lock counts.
    """
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now


def ask(
    session: Session, statement: Executable, values: Mapping[str, Any]
) -> CursorResult[*tuple[Any, ...]]:
    """What a statement of mere columns answers, without the work that entities would need.

    What is pending in the session is written first, as with any other question.
    """
    session.flush()
    return session.connection().execute(statement, values)


def numbers(name: str) -> ColumnElement[Sequence[int]]:
    """An array of numbers for `= ANY`, sent under that name as the text that `in_one` makes."""
    return cast(bindparam(name, type_=Text), ARRAY(BigInteger))


def in_one(ids: Iterable[int]) -> str:
    """Numbers as one text: the driver looks at each item of a list, which for a thousand of them
    takes longer than the statement's index scan.
    """
    return "{" + ",".join(map(str, ids)) + "}"


def waited_too_long(error: OperationalError) -> bool:
    """Whether a lock was not to be had within its time: so many were before us."""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that refused, to tell one refusal from another."""
    diagnostic = getattr(error.orig, "diag", None)
    return getattr(diagnostic, "constraint_name", None)
