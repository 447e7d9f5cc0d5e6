"""A database that says nothing is given up on (F9).

The line may be up while nobody answers at its end: a firewall that drops what passes, a host that
stands still. No time-out of the server helps then, and the kernel waits for a quarter of an hour.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

MOST_SECONDS: Final = 8.0
"""The server ends each of our statements after five; this leaves room for a slow commit."""

PING_SECONDS: Final = 0.8
"""A server that is asked whether it is there says so at once. With the two seconds that opening
another connection may take, a page is answered within three, whichever way the database went."""

_Answer = TypeVar("_Answer")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed when an answer takes longer than it may.

    Raises psycopg.OperationalError then, as for a line that was cut.
    """

    patience = MOST_SECONDS

    def wait(
        self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None
    ) -> _Answer:
        """As psycopg's own, with an end. An interval only says how soon Ctrl-C is noticed."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            # What the server refuses has a code. Without one the line is cut, or nobody is there:
            # an answer that came now would be taken for that of the next statement.
            if timeout is None and error.sqlstate is None:
                self.close()
            raise

    @contextmanager
    def in_a_hurry(self) -> Iterator[None]:
        """For a question that any server which is there answers at once."""
        self.patience = PING_SECONDS
        try:
            yield
        finally:
            self.patience = MOST_SECONDS
