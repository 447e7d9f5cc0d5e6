"""Which PostgreSQL server the suite works on, and bringing it up to date."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from services.home import Home, HomeInUse, Secrets
from services.postgres import EmbeddedPostgres
from shared.migrations import upgrade
from shared.provision import ROLES, close_ledgers, provision, role_url
from shared.vocabulary import SERVICES

KINDS: Final = ("postgresql", "postgres")


class DatabaseRefused(RuntimeError):
    """DATABASE_URL leads nowhere, or not far enough; the message is one sentence."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server with our database on it, as its administrator sees it."""

    admin_url: str
    passwords: Mapping[str, str] | None

    def url(self, role: str) -> str:
        """The same database, as one of our roles."""
        return role_url(self.admin_url, role, self.passwords)

    def prepare(self) -> None:
        """Bring roles, schemas and tables up to date. Raises DatabaseRefused, NewerDatabase."""
        try:
            provision(self.admin_url, self.passwords)
            for service in SERVICES:
                upgrade(service, self.url(service))
            close_ledgers(self.admin_url)
        except (psycopg.Error, DBAPIError) as error:
            why = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise DatabaseRefused(f"The database can't be set up: {why}") from error


def external_server(database_url: str, passwords: Mapping[str, str]) -> Server:
    """The server behind an administrator's DATABASE_URL. Raises DatabaseRefused if it isn't one."""
    try:
        url = make_url(database_url)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in KINDS or not url.database:
        raise DatabaseRefused("DATABASE_URL is not of the form postgresql://user:word@host/name.")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Server(plain, passwords)


@contextmanager
def own_or_external_server(
    home: Home, secrets: Secrets, env: Mapping[str, str]
) -> Iterator[Server]:
    """The server that DATABASE_URL names, or else our own, started now and stopped afterwards."""
    if given := env.get("DATABASE_URL"):
        yield external_server(given, secrets.database_passwords)
        return
    postgres = EmbeddedPostgres(home.data, home.log("postgres.log"))
    try:
        postgres.start()
        yield Server(postgres.url(), None)
    finally:
        postgres.stop()


@contextmanager
def server_at_hand(home: Home, env: Mapping[str, str]) -> Iterator[Server]:
    """The database of the suite that is running on this home, or one started for the occasion."""
    home.open()
    with ExitStack() as stack:
        try:
            stack.enter_context(home.locked())
        except HomeInUse:
            running = EmbeddedPostgres(home.data, home.log("postgres.log"))
            own = Server(running.url(), None)
            given = env.get("DATABASE_URL")
            yield external_server(given, home.secrets().database_passwords) if given else own
        else:
            yield stack.enter_context(own_or_external_server(home, home.secrets(), env))


def migrate(home: Home, env: Mapping[str, str]) -> None:
    """Bring the roles, schemas and tables of DATABASE_URL, or of our own server, up to date.

    For separate processes the roles' passwords come as INTAKE_PASSWORD and so on.
    """
    passwords = {role: env.get(f"{role.upper()}_PASSWORD", "") for role in ROLES}
    if env.get("DATABASE_URL") and all(passwords.values()):
        external_server(env["DATABASE_URL"], passwords).prepare()
        return
    with server_at_hand(home, env) as server:
        server.prepare()
