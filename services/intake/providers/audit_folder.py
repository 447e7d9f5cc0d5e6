"""Files that stand beside the database and outlast it: the audit's anchors, the list of erasures.

Whoever can rewrite the database can't rewrite these, and a restored backup doesn't undo them.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

ANCHORS: Final = "anchors.log"
ERASURES: Final = "erasures.log"


class AuditFolder:
    """The folder that AUDIT_FOLDER names."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def lines(self, name: str) -> list[str]:
        """What the file says so far; nothing when it was not begun."""
        try:
            return (self._path / name).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def add(self, name: str, more: Callable[[list[str]], list[str]]) -> list[str]:
        """Add the lines that `more` makes of those that are there, one process at a time."""
        descriptor = os.open(self._path / name, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            added = more(file.read().splitlines())
            file.writelines(f"{line}\n" for line in added)
            file.flush()
            os.fsync(file.fileno())
        return added
