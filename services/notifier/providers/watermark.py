"""A time kept beside the database, which outlasts it: until when messages may have gone out."""

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import Final

NAME: Final = "sends.until"


class Watermark:
    """The file `sends.until` in the folder that AUDIT_FOLDER names. It is only ever raised."""

    def __init__(self, folder: str) -> None:
        self._file = Path(folder) / NAME

    def read(self) -> datetime | None:
        """The time, aware; None where nothing was ever sent. Raises OSError, ValueError."""
        try:
            return datetime.fromisoformat(self._file.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None

    def raise_to(self, until: datetime) -> None:
        """Write the time down for good, unless a later one is there. Raises OSError, ValueError."""
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.read()
            if known is not None and known >= until:
                return
            new = self._file.with_suffix(".new")
            with new.open("w", encoding="ascii") as file:
                file.write(f"{until.isoformat()}\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._file)
