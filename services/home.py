"""The folder where a suite keeps everything that is its own: data, secrets, logs, and its lock."""

import fcntl
import json
import os
import secrets as randomness
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shared.crypto import Keyring
from shared.provision import ROLES
from shared.vocabulary import SERVICES, Service

LARGEST_LOG: Final = 10 * 1024 * 1024


class HomeUnusable(RuntimeError):
    """The home folder can't be used; the message is one sentence for whoever starts the suite."""


class HomeInUse(HomeUnusable):
    """Another suite is running on this folder."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What a suite made up for itself on its first day and needs for ever after."""

    secret_key: str
    service_key: str
    encryption_keys: dict[str, str]  # service -> "1:<base64>,...", the newest first
    database_passwords: dict[str, str]  # role -> password, for a server that is not the embedded

    @classmethod
    def fresh(cls) -> "Secrets":
        """New ones."""
        return cls(
            secret_key=randomness.token_urlsafe(48),
            service_key=randomness.token_urlsafe(48),
            encryption_keys={service: Keyring.generate_text() for service in SERVICES},
            database_passwords={role: randomness.token_urlsafe(24) for role in ROLES},
        )

    def as_environment(self) -> dict[str, str]:
        """The same as variables, for the services as separate processes (compose's `.env`)."""
        return {
            "SECRET_KEY": self.secret_key,
            "SERVICE_KEY": self.service_key,
            **{f"{name.upper()}_KEYS": keys for name, keys in self.encryption_keys.items()},
            **{f"{role.upper()}_PASSWORD": word for role, word in self.database_passwords.items()},
            "POSTGRES_PASSWORD": randomness.token_urlsafe(24),
            "RABBITMQ_PASSWORD": randomness.token_urlsafe(24),
        }

    def keys_of(self, service: Service) -> str:
        """That service's encryption keys, as ENCRYPTION_KEYS wants them."""
        return self.encryption_keys[service]

    def with_new_keys(self) -> "Secrets":
        """The same with a new current key for each service; the older ones still open."""
        return self._with_keys(Keyring.with_new_key)

    def without_old_keys(self) -> "Secrets":
        """The same with the current key of each service alone."""
        return self._with_keys(Keyring.without_old_keys)

    def _with_keys(self, change: Callable[[Keyring], Keyring]) -> "Secrets":
        changed = {
            service: change(Keyring.from_text(text)).as_text()
            for service, text in self.encryption_keys.items()
        }
        return replace(self, encryption_keys=changed)


class Home:
    """One suite's folder. Only its owner can look inside."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.data = self.path / "postgres"
        self.audit = self.path / "audit"
        self._secrets = self.path / "secrets.json"

    def open(self) -> None:
        """Make the folder if need be. Raises HomeUnusable when it can't be written."""
        try:
            if not self.path.exists():
                self.path.mkdir(mode=0o700, parents=True)
            for folder in (self.path / "log", self.audit):
                folder.mkdir(mode=0o700, exist_ok=True)
            (self.path / "lock").touch(mode=0o600)
        except OSError as error:
            raise HomeUnusable(
                f"{self.path} can't be written ({error.strerror}); SOFTSTART_HOME names another."
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone. Raises HomeInUse."""
        with (self.path / "lock").open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HomeInUse(
                    f"Another suite (process {lock.read().strip()}) is running on {self.path};"
                    " stop it, or let SOFTSTART_HOME name another folder."
                ) from None
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def log(self, name: str) -> Path:
        """The log file of that name, begun anew when the last one has grown large."""
        path = self.path / "log" / name
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_name(name + ".1"))
        return path

    def secrets(self) -> Secrets:
        """The suite's secrets, made on its first start.

        Raises HomeUnusable when they are gone or broken: new ones could not open what the old ones
        sealed.
        """
        path = self._secrets
        if path.exists():
            try:
                return Secrets(**json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError):
                raise HomeUnusable(f"{path} is damaged; restore it from a backup.") from None
        if self.data.exists():
            raise HomeUnusable(
                f"{path} is missing, and without it nobody can read the data beside it;"
                " restore it from a backup."
            )
        made = Secrets.fresh()
        self.keep(made)
        return made

    def keep(self, secrets: Secrets) -> None:
        """These are the secrets from now on. A running suite reads new encryption keys at once."""
        _write_private(self._secrets, json.dumps(asdict(secrets), indent=1))

    def keys_of(self, service: Service) -> str:
        """Where that service finds its encryption keys, as ENCRYPTION_KEYS wants it."""
        return f"file:{self._secrets}#{service}"

    def keys_changed_at(self) -> datetime:
        """When the secrets were last replaced."""
        return datetime.fromtimestamp(self._secrets.stat().st_mtime, UTC)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all, and on disk before we go on."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
