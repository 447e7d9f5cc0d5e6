"""`softstart audit`, `keys`, `retention`, `erasures`: what whoever runs it does now and then.

Each works on the suite of a home, running or not; for separate processes, with the service's own
environment.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from services import embedded
from services.databases import server_at_hand
from services.home import Home
from services.intake import jobs
from services.intake.domain.audit_chain import AnchorForged, ChainBroken
from services.intake.domain.keeping import RULES
from services.intake.operations import audit_chain, erasure, retention
from services.intake.operations.retention import Eligible
from services.intake.providers.audit_folder import ANCHORS, ERASURES, AuditFolder
from services.intake.settings import Settings as IntakeSettings
from shared.clock import utcnow
from shared.db import Database
from shared.keyrings import in_use, rewrap
from shared.settings import CommonSettings
from shared.vocabulary import SERVICES, Service

SETTLED_AFTER: Final = timedelta(minutes=5)
"""No transaction lasts so long: then nobody wraps with a key that was replaced before."""


class NotNow(RuntimeError):
    """What was asked for can't be done now or here; the message says what has to come first."""


# ---------------------------------------------------------------- audit


def verify_audit(home: Home, env: Mapping[str, str]) -> int:
    """Walk the chain and say what was found: 0, or 1 and the first bad entry."""
    with intake_of(home, env) as (database, settings):
        folder = AuditFolder(settings.audit_folder) if settings.audit_folder else None
        try:
            with database.begin() as session:
                whole = audit_chain.verify(session, anchors=folder.lines(ANCHORS) if folder else ())
        except (ChainBroken, AnchorForged) as broken:
            print(f"BROKEN  {broken}")
            return 1
        except ProgrammingError:
            print("BROKEN  The audit's table is not there, or may not be read.")
            return 1
    print(f"WHOLE   {whole.entries} entries, each as it was written.")
    if whole.anchor is None:
        print("        There is no anchor yet: that the end was cut off could not be seen.")
    else:
        print(
            f"        Held to the anchor of {whole.anchor.at:%Y-%m-%d}, entry {whole.anchor.seq}."
        )
    for one in whole.restored:
        print(f"        A backup was restored on {one.at:%Y-%m-%d}, to entry {one.seq}.")
    return 0


# ---------------------------------------------------------------- retention and erasure


def list_retention(home: Home, env: Mapping[str, str]) -> int:
    """Print whose record may go now, a line each: the rule, the id, the last entry. No names."""
    with intake_of(home, env) as (database, settings), database.begin() as session:
        found = retention.eligible(session, now=utcnow(), drafts=settings.drafts_live)
    _print_eligible(found)
    print(f"{len(found)} would be destroyed. Nothing was.")
    return 0


def run_retention(home: Home, env: Mapping[str, str]) -> int:
    """Destroy what the dry run lists, clients' records too."""
    with intake_of(home, env) as (database, settings):
        gone = jobs.purge(database, drafts=settings.drafts_live, now=utcnow(), rules=RULES)
        jobs.list_erasures(database, settings)
    _print_eligible(gone)
    print(f"{len(gone)} destroyed.")
    return 0


def reapply_erasures(home: Home, env: Mapping[str, str]) -> int:
    """After a restored backup: erase again whoever is on the list of erasures."""
    with intake_of(home, env) as (database, settings):
        if settings.audit_folder is None:
            raise NotNow("AUDIT_FOLDER names the folder with erasures.log; it is not set.")
        folder, now = AuditFolder(settings.audit_folder), utcnow()
        lines = folder.lines(ERASURES)
        with database.begin() as session:
            lost = folder.add(
                ANCHORS, lambda known: audit_chain.note_restored(session, anchors=known, now=now)
            )
            back = erasure.reapply(session, lines=lines)
    if lost:
        print("The audit's end is lost with what came after the backup; that stays to be seen.")
    print(f"{len(lines)} on the list; {back} had come back and are erased again.")
    return 0


def _print_eligible(found: Iterable[Eligible]) -> None:
    for one in found:
        print(f"{one.rule:13} {one.person_id}  last entry {one.last_entry:%Y-%m-%d}")


# ---------------------------------------------------------------- keys


def rotate_keys(home: Home, env: Mapping[str, str]) -> int:
    """Give every service a new current key, and wrap everybody's data key with it."""
    with server_at_hand(home, env) as server:
        server.prepare()
        home.keep(home.secrets().with_new_keys())
        settings = embedded.settings_of_all(server.url, home, env, port=0)
        for service in SERVICES:
            _rewrap(service, getattr(settings, service))
    print("Done. `softstart keys retire` takes the older keys away, in five minutes or later.")
    return 0


def rewrap_keys(home: Home, env: Mapping[str, str]) -> int:
    """Wrap everybody's data key with the current key, where it is wrapped with an older one."""
    with _own_services(home, env) as services:
        for service, settings in services.items():
            _rewrap(service, settings)
    return 0


def retire_keys(home: Home, env: Mapping[str, str]) -> int:
    """Forget the keys that wrap nothing any more. Raises NotNow while one does, or still may."""
    with server_at_hand(home, env) as server:
        wait = SETTLED_AFTER - (utcnow() - home.keys_changed_at())
        if wait > timedelta(0):
            raise NotNow(f"Keys were changed just now: try again in {wait.seconds // 60 + 1} min.")
        settings = embedded.settings_of_all(server.url, home, env, port=0)
        for service in SERVICES:
            with embedded.own_database(getattr(settings, service)) as database:
                _require_settled(service, database)
        home.keep(home.secrets().without_old_keys())
    print("Done. A backup from before needs the secrets.json from before.")
    return 0


def list_keys(home: Home, env: Mapping[str, str]) -> int:
    """Say how many data keys each key wraps."""
    with _own_services(home, env) as services:
        for service, settings in services.items():
            with embedded.own_database(settings) as database, database.begin() as session:
                current, used = session.info["keyring"].current, in_use(session)
                for number in sorted({*session.info["keyring"].keys, *used}, reverse=True):
                    word = "  current" if number == current else ""
                    print(f"{service:10} key {number:3}  wraps {used.get(number, 0):6}{word}")
    return 0


def _rewrap(service: Service, settings: CommonSettings) -> None:
    total = 0
    with embedded.own_database(settings) as database:
        while True:
            with database.begin() as session:
                done = rewrap(session)
            if done == 0:
                break
            total += done
    print(f"{service:10} {total:6} data keys wrapped anew")


def _require_settled(service: Service, database: Database) -> None:
    with database.begin() as session:
        current = session.info["keyring"].current
        older = sum(total for number, total in in_use(session).items() if number != current)
    if older:
        raise NotNow(
            f"{older} data keys of {service} are wrapped with an older key: `softstart keys rewrap`"
            " first."
        )


# ---------------------------------------------------------------- whose environment


@contextmanager
def intake_of(home: Home, env: Mapping[str, str]) -> Iterator[tuple[Database, IntakeSettings]]:
    """Intake's database and settings: the environment's own, or those of the home's suite."""
    with _own_services(home, env, only="intake") as services:
        settings = services["intake"]
        assert isinstance(settings, IntakeSettings)
        with embedded.own_database(settings) as database:
            yield database, settings


@contextmanager
def notifier_of(home: Home, env: Mapping[str, str]) -> Iterator[Database]:
    """The notifier's database: the environment's own, or that of the home's suite."""
    with (
        _own_services(home, env, only="notifier") as services,
        embedded.own_database(services["notifier"]) as database,
    ):
        yield database


@contextmanager
def _own_services(
    home: Home, env: Mapping[str, str], *, only: Service | None = None
) -> Iterator[dict[Service, CommonSettings]]:
    """The settings of the service that the environment is for, or of all three of a home."""
    if "SECRET_KEY" in env:
        # What all services have in common is all that is asked of another one's.
        settings = IntakeSettings.from_env(env)
        role = make_url(settings.database_url).username
        own = next((service for service in SERVICES if service == role), None)
        if own is None or (only and own != only):
            raise NotNow(f"This is the environment of {role}; it takes that of {only or SERVICES}.")
        yield {own: settings}
        return
    with server_at_hand(home, env) as server:
        server.prepare()
        found = embedded.settings_of_all(server.url, home, env, port=0)
        yield {service: getattr(found, service) for service in SERVICES}


# ---------------------------------------------------------------- the command line


def add_commands(
    commands: Any, at_home: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]
) -> None:
    """`softstart retention`, `audit verify`, `erasures reapply`, `keys list|rotate|rewrap|retire`.

    `run` finds the home and calls `options.upkeep` with it.
    """
    below = commands.add_parser(
        "retention",
        parents=[at_home],
        help="destroy records whose time has come",
        description="Rules: " + "; ".join(f"{rule}: {words}" for rule, words in RULES.items()),
    )
    below.add_argument(
        "--dry-run",
        dest="upkeep",
        action="store_const",
        const=list_retention,
        default=run_retention,
        help="only list whose, and by which rule",
    )
    below.set_defaults(run=run)
    for group, words, verbs in (
        ("audit", "the record of who read what", _AUDIT),
        ("keys", "the keys that encrypt", _KEYS),
        ("erasures", "people whose record was erased", _ERASURES),
    ):
        below = commands.add_parser(group, help=words).add_subparsers(
            metavar="COMMAND", required=True
        )
        for name, (upkeep, does) in verbs.items():
            parser = below.add_parser(name, parents=[at_home], help=does, description=does)
            parser.set_defaults(run=run, upkeep=upkeep)


_AUDIT: Final = {
    "verify": (verify_audit, "walk the chain: 0, or 1 and the first entry that is not right"),
}
_ERASURES: Final = {
    "reapply": (reapply_erasures, "erase again whom a restored backup brought back"),
}
_KEYS: Final = {
    "list": (list_keys, "how much each key is used"),
    "rotate": (rotate_keys, "a new current key for each service, while the suite runs"),
    "rewrap": (rewrap_keys, "wrap what an older key wraps with the current one"),
    "retire": (retire_keys, "forget the keys that wrap nothing any more"),
}
