"""The whole suite in one process on its own PostgreSQL: what `softstart up` runs.

No second code path: compose runs the same `create_app` and `declare_actors` with other addresses.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final

import dramatiq
import structlog
from flask import Flask

from services.databases import DatabaseRefused, own_or_external_server, server_at_hand
from services.given import BadInput
from services.home import Home, HomeUnusable
from services.intake import app as intake
from services.intake.settings import Settings as IntakeSettings
from services.notifier import app as notifier
from services.notifier.settings import Settings as NotifierSettings
from services.postgres import PostgresFailed
from services.scheduler import app as scheduler
from services.scheduler.settings import Settings as SchedulerSettings
from services.serving import HOST, PortUnavailable, WebServer
from shared import logs
from shared.crypto import BadKeyring
from shared.db import Database
from shared.messaging.broker import BadBrokerUrl, open_broker
from shared.messaging.ticker import Ticker
from shared.migrations import NewerDatabase
from shared.process import collect_seldom, open_database
from shared.settings import BadSetting, CommonSettings
from shared.vocabulary import PREFIX, SERVICES, Service
from shared.zones import ZoneDataTooOld, use_pinned_zones

logger = structlog.get_logger(__name__)

WORKER_THREADS: Final = 4
QUEUES: Final = 8  # as many as all three listen to; with too few connections none would hear
GOES_OUT: Final = ("SMTP_URL", "TWILIO_ACCOUNT_SID", "SINCH_SERVICE_PLAN_ID")
"""One of these says that messages really leave."""
# With the database's own five, everything is over within ten seconds of Ctrl-C.
WIND_DOWN_SECONDS: Final = 4


Refusal: Final = (
    *(BadBrokerUrl, BadKeyring, BadSetting, DatabaseRefused, HomeUnusable, NewerDatabase),
    *(PortUnavailable, PostgresFailed, ZoneDataTooOld),
)
"""What keeps a suite from starting; each says why in one sentence."""


@dataclass(frozen=True, kw_only=True)
class AllSettings:
    """The settings of the three services."""

    intake: IntakeSettings
    scheduler: SchedulerSettings
    notifier: NotifierSettings


def settings_of_all(
    url: Callable[[str], str], home: Home, env: Mapping[str, str], *, port: int
) -> AllSettings:
    """Each service's settings: what the environment says, and what the suite knows by itself.

    `url` tells how a role reaches the database. Raises BadSetting.
    """
    secrets = home.secrets()
    address = f"http://{HOST}:{port}"
    sends = any(map(env.get, GOES_OUT))
    known = {
        "BROKER_URL": url("queue"),
        "PUBLIC_URL": address,
        "DELIVERY": "live" if sends else "mailbox",
        "AUDIT_FOLDER": str(home.audit),
        **env,
        **{f"{service.upper()}_URL": address + PREFIX[service] for service in SERVICES},
        "SECRET_KEY": secrets.secret_key,
        "SERVICE_KEY": secrets.service_key,
    }

    def for_service(service: Service) -> dict[str, str]:
        own = {"DATABASE_URL": url(service), "ENCRYPTION_KEYS": home.keys_of(service)}
        return {**known, **own}

    sender = NotifierSettings.from_env(for_service("notifier"))
    return AllSettings(
        intake=IntakeSettings.from_env(for_service("intake")),
        scheduler=SchedulerSettings.from_env(
            {**for_service("scheduler"), "CHANNELS": ",".join(sorted(sender.channels))}
        ),
        notifier=sender,
    )


class Suite:
    """The three services, one broker, one ticker and one worker, assembled in this process."""

    def __init__(self, settings: AllSettings) -> None:
        self.broker = open_broker(
            settings.intake.broker_url, worker_threads=WORKER_THREADS, queues=QUEUES
        )
        ticker = Ticker()
        self.broker.add_middleware(ticker)
        self.apps: dict[Service, Flask] = {
            "intake": intake.create_app(settings.intake),
            "scheduler": scheduler.create_app(settings.scheduler),
            "notifier": notifier.create_app(settings.notifier),
        }
        intake.declare_actors(self.broker, ticker, settings.intake)
        scheduler.declare_actors(self.broker, ticker, settings.scheduler)
        notifier.declare_actors(self.broker, ticker, settings.notifier)
        self._worker = dramatiq.Worker(self.broker, worker_threads=WORKER_THREADS)

    def start(self) -> None:
        """Hear events, send what is due, tick."""
        self._worker.start()

    def stop(self) -> None:
        """Finish what is being handled; the rest waits in the database for the next start."""
        self._worker.stop(timeout=WIND_DOWN_SECONDS * 1000)
        self.broker.close()


@dataclass(frozen=True)
class RunningSuite:
    """A suite that serves, and where to find it."""

    settings: AllSettings

    def greeting(self, *, let_in: bool = False) -> tuple[str, str, str]:
        """Three lines for whoever started it: clients' page, staff's page, where mail goes.

        `let_in` gives a link for staff even when there are accounts by which to sign in.
        """
        public = self.settings.intake.public_url
        return (
            f"Clients  {public}{PREFIX['intake']}/",
            f"Staff    {_staff_page(self.settings.scheduler, let_in=let_in)}",
            f"Mail     {_where_mail_goes(self.settings.notifier)}",
        )


@contextmanager
def running(home: Home, port: int, env: Mapping[str, str]) -> Iterator[RunningSuite]:
    """The whole suite, serving while the context lasts. Raises one of `Refusal`."""
    use_pinned_zones()
    collect_seldom()
    with ExitStack() as stack:
        # The port first: that it is taken should be known before anything has been set going.
        web = WebServer(port)
        stack.callback(web.stop)
        home.open()
        stack.enter_context(home.locked())
        stream = stack.enter_context(home.log("softstart.log").open("a", encoding="utf-8"))
        logs.configure(json=True, stream=stream)
        secrets = home.secrets()
        # So is what is wrong with a setting, though the database's address is not known yet.
        settings_of_all("postgresql://{}@/".format, home, env, port=web.port)
        server = stack.enter_context(own_or_external_server(home, secrets, env))
        server.prepare()
        settings = settings_of_all(server.url, home, env, port=web.port)
        suite = Suite(settings)
        stack.callback(_all_within, WIND_DOWN_SECONDS, web.stop, suite.stop)
        web.start(suite.apps, trust_proxy="PUBLIC_URL" in env)
        suite.start()
        logger.info("suite started", port=web.port)
        stack.callback(logger.info, "suite stopping")
        yield RunningSuite(settings)


def _staff_page(settings: SchedulerSettings, *, let_in: bool) -> str:
    page = settings.public_url + PREFIX["scheduler"] + "/staff/sign-in"
    make = scheduler.new_owner_link if let_in else scheduler.first_run_link
    link = make(settings)
    return f"{link} (for the owner, once)" if link else page


def _where_mail_goes(settings: NotifierSettings) -> str:
    log = settings.public_url + PREFIX["notifier"] + "/staff/messages"
    if settings.delivery == "mailbox":
        return f"nothing leaves this machine: it stays in {log} (SMTP_URL sends it)"
    by = settings.smtp.host if settings.smtp else "nobody, texts only"
    if missing := " and ".join(settings.without_agreement):
        return f"waiting, listed in {log}: no agreement is recorded ({missing} says which)"
    return f"sent by {by}, and listed in {log}"


def staff_link(home: Home, env: Mapping[str, str], *, port: int) -> str:
    """A link that lets the owner in, once, whether or not a suite runs. Raises one of `Refusal`.

    Where the services run as separate processes, the environment is the scheduler's own.
    """
    with _scheduler_at_hand(home, env, port) as settings:
        return scheduler.new_owner_link(settings)


def staff_reset(home: Home, env: Mapping[str, str], port: int, address: str, reason: str) -> str:
    """Forget somebody's second step; a link that they sign in with, once. Raises BadInput."""
    with _scheduler_at_hand(home, env, port) as settings:
        link = scheduler.reset_sign_in(settings, address=address, reason=reason)
    if link is None:
        raise BadInput("Nobody signs in with that address.")
    return link


@contextmanager
def _scheduler_at_hand(
    home: Home, env: Mapping[str, str], port: int
) -> Iterator[SchedulerSettings]:
    use_pinned_zones()
    if "SECRET_KEY" in env:
        yield SchedulerSettings.from_env(env)
        return
    with server_at_hand(home, env) as server:
        server.prepare()
        yield settings_of_all(server.url, home, env, port=port).scheduler


@contextmanager
def own_database(settings: CommonSettings) -> Iterator[Database]:
    """That service's database, entered from outside it: for what only whoever runs it may do."""
    database = open_database(settings)
    try:
        yield database
    finally:
        database.dispose()


def _all_within(seconds: float, *steps: Callable[[], None]) -> None:
    """Run the steps side by side and wait so long; a thread in a slow call is left behind.

    It can lose nothing: whatever it was doing is a row that says so, and is taken up again.
    """
    threads = [threading.Thread(target=step, daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


@contextmanager
def until_told_to_stop() -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP ends the block, in order; later ones are ignored."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        for each in heard:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under `nohup`
        heard.append(signal.SIGHUP)
    for each in heard:
        signal.signal(each, stop)
    with suppress(KeyboardInterrupt):
        yield
