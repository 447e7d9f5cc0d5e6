"""Where a keyring comes from, and changing its keys while everything runs (ASVS 11.1.1).

ENCRYPTION_KEYS is the keyring itself, or `file:/path`, or `file:/path.json#name`. A file is read
anew as soon as it was replaced, so that running processes learn of a new key with their next
transaction.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.crypto import BadKeyring, Keyring, SubjectKey

logger = structlog.get_logger(__name__)

_FILE: Final = "file:"
BATCH: Final = 200


class KeyringFile:
    """A keyring in a file; with a name, one of several in a JSON file's `encryption_keys`."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self._path, self._name = path, name
        self._mark = self._mark_now()
        self._keyring = self._read()

    def now(self) -> Keyring:
        """The keyring as the file says now; the last good one while the file can't be read."""
        try:
            mark = self._mark_now()
            if mark != self._mark:
                self._keyring, self._mark = self._read(), mark
        except BadKeyring:
            logger.warning("the file of keys can't be read; the keys stay as they were")
        return self._keyring

    def _mark_now(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise BadKeyring(f"ENCRYPTION_KEYS: {self._path} is not there.") from error
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self) -> Keyring:
        try:
            text = self._path.read_text(encoding="utf-8").strip()
            if self._name is not None:
                text = json.loads(text)["encryption_keys"][self._name]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadKeyring(f"ENCRYPTION_KEYS: {self._path} can't be read.") from error
        return Keyring.from_text(text)


def open_keyring(text: str) -> Keyring | KeyringFile:
    """What ENCRYPTION_KEYS says. Raises BadKeyring."""
    if not text.startswith(_FILE):
        return Keyring.from_text(text)
    path, _, name = text.removeprefix(_FILE).partition("#")
    return KeyringFile(Path(path), name or None)


def rewrap(session: Session, *, limit: int = BATCH) -> int:
    """Wrap some people's data keys with the current key; returns how many, 0 when all are.

    The data stay as they are: a data key is the same before and after. Rows that somebody else is
    changing are passed over and found again by the next call.
    """
    keyring: Keyring = session.info["keyring"]
    rows = session.scalars(
        select(SubjectKey)
        .where(SubjectKey.key_version != keyring.current, SubjectKey.wrapped.is_not(None))
        .order_by(SubjectKey.subject_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        assert row.wrapped is not None
        data_key = keyring.unwrap(row.subject_id, row.key_version, row.wrapped)
        row.wrapped, row.key_version = keyring.wrap(row.subject_id, data_key), keyring.current
    session.flush()
    return len(rows)


def in_use(session: Session) -> Mapping[int, int]:
    """How many people's data keys each numbered key wraps."""
    counted = session.execute(
        select(SubjectKey.key_version, func.count())
        .where(SubjectKey.wrapped.is_not(None))
        .group_by(SubjectKey.key_version)
    )
    return {version: total for version, total in counted}  # noqa: C416 - rows are not pairs to mypy
