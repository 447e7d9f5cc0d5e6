"""Errands in a process of their own, so that it can be killed on the way.

`python -m tests.integration.notifier.errand deliver <id> ...`, with the service's environment.
"""

# ruff: noqa: T201 - its parent waits for the word
import sys
from uuid import UUID

from services.notifier.app import make_courier
from services.notifier.settings import Settings
from shared.crypto import Keyring
from shared.db import Database
from shared.zones import use_pinned_zones


def main() -> None:
    use_pinned_zones()
    settings = Settings.from_env()
    database = Database(settings.database_url, Keyring.from_text(settings.encryption_keys))
    courier = make_courier(settings, database)
    errands = {"deliver": courier.deliver, "prepare": courier.prepare}
    print("ready", flush=True)
    for id_ in sys.argv[2:]:
        errands[sys.argv[1]](UUID(id_))


if __name__ == "__main__":
    main()
