"""What a process of its own does first, the same for all three services."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

import dramatiq

from shared import logs
from shared.db import Database
from shared.keyrings import open_keyring
from shared.messaging.broker import open_broker
from shared.messaging.ticker import Ticker
from shared.settings import CommonSettings
from shared.zones import use_pinned_zones

ALIVE_SECONDS: Final = 5
_SELDOM: Final = (20_000, 20, 50)

Own = TypeVar("Own", bound=CommonSettings)
Taken_contra = TypeVar("Taken_contra", bound=CommonSettings, contravariant=True)


class DeclareActors(Protocol[Taken_contra]):
    """A composition root's `declare_actors`."""

    def __call__(self, broker: dramatiq.Broker, ticker: Ticker, settings: Taken_contra, /) -> None:
        """Bind the service's actors and its periodic work."""
        ...


def settings_of_process(read: Callable[[], Own]) -> Own:
    """Pin the zones, read the environment, begin to log. Raises ZoneDataTooOld, BadSetting."""
    use_pinned_zones()
    collect_seldom()
    settings = read()
    logs.configure(json=settings.log_json)
    return settings


def collect_seldom() -> None:
    """Look for circles of garbage after every 20,000 new objects, not 700, and seldom in all.

    A process that knows the hours of a thousand clinicians keeps a quarter of a million objects,
    and going over them takes 0.2 s. By the usual thresholds one of fifty questions for the soonest
    times waited for that. What is in no circle goes at once, as ever.
    """
    gc.set_threshold(*_SELDOM)


def open_database(settings: CommonSettings) -> Database:
    """The service's own schema, with its keys. Raises BadKeyring."""
    return Database(settings.database_url, open_keyring(settings.encryption_keys))


def run_worker(read: Callable[[], Own], declare_actors: DeclareActors[Own]) -> dramatiq.Broker:
    """What `dramatiq services.<service>.app:worker` runs: the broker, everything bound to it."""
    settings = settings_of_process(read)
    broker = open_broker(settings.broker_url)
    ticker = Ticker()
    broker.add_middleware(ticker)
    declare_actors(broker, ticker, settings)
    if settings.alive_file:
        ticker.every(ALIVE_SECONDS, "alive", Path(settings.alive_file).touch)
    dramatiq.set_broker(broker)
    return broker
