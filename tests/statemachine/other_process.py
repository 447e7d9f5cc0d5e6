"""A second process of the scheduler: own engine, own copies of the hours, one act after another.

Run as a module it reads lines of JSON, [act, values], and answers each with what came of it.
"""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from services.scheduler.settings import Settings
from shared.crypto import Keyring
from shared.db import Database
from shared.zones import use_pinned_zones

ROOT = Path(__file__).parent.parent.parent


class OtherProcess:
    """Our end of it."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.statemachine.other_process"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def begin(self, act: str, given: dict[str, Any]) -> None:
        """Have it done there, while we do something else."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([act, given]) + "\n")
        self._process.stdin.flush()

    def end(self) -> str:
        """What came of it. A fault over there is one here."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the other process has ended"
        outcome: str = json.loads(line)
        assert not outcome.startswith("Traceback"), outcome
        return outcome

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def main() -> None:
    """Until nobody asks any more."""
    # The zones have to be set before.
    from tests.statemachine import watch  # noqa: PLC0415
    from tests.statemachine.acts import do  # noqa: PLC0415

    watch.put_on()
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever the product logs is no answer
    settings = Settings.from_env(os.environ)
    database = Database(settings.database_url, Keyring.from_text(os.environ["ENCRYPTION_KEYS"]))
    for line in sys.stdin:
        act, given = json.loads(line)
        try:
            outcome = do(database, settings, act, given)
        except Exception:  # noqa: BLE001 - whatever it is, the test wants to see it
            outcome = traceback.format_exc()
        answers.write(json.dumps(outcome) + "\n")
        answers.flush()


if __name__ == "__main__":
    use_pinned_zones()
    main()
