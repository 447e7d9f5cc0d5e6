"""The whole product in this process, on real HTTP, PostgreSQL and SMTP; its clock stands still.

The clock that pages read stands still, so that two people who come one after the other come at the
same moment; leases and due times run on the database's own, as always. In this process, so that a
test of the test can plant a leak.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import structlog

from services import embedded
from services.home import Home
from services.intake.settings import Settings as IntakeSettings
from services.notifier.settings import Settings as NotifierSettings
from services.scheduler.settings import Settings as SchedulerSettings
from services.simulators.carrier import Text, listening
from services.simulators.mail import Accepted, MailServer, mail_server, make_certificate
from services.simulators.twilio import TwilioSimulator
from shared import logs
from tests.journeys.conftest import outside
from tests.journeys.suite import free_port
from tests.journeys.world import Staff


class StandingClock(datetime):
    """`datetime`, whose `now` stands still until somebody sets it."""

    moment = datetime.now(UTC)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.moment.astimezone(tz)


@dataclass
class Product:
    """The product that runs, and the parties it writes to."""

    url: str
    mail: MailServer
    texts: TwilioSimulator
    intake: IntakeSettings
    scheduler: SchedulerSettings
    notifier: NotifierSettings
    staff: Staff
    today: datetime = field(default_factory=lambda: datetime.now(UTC))

    def begin_today(self) -> None:
        """The first day, for all who are to be compared, is this very moment."""
        self.today = datetime.now(UTC)
        self.set_clock(days=0)

    def set_clock(self, *, days: int) -> datetime:
        """That many days after the first is what pages see from now on."""
        StandingClock.moment = self.today + timedelta(days=days)
        return StandingClock.moment

    def mails(self, address: str) -> list[Accepted]:
        """What an address was sent so far."""
        return [one for one in list(self.mail.accepted) if address in one.recipients]

    def texts_to(self, number: str) -> list[Text]:
        """What a number was sent so far."""
        return [one for one in list(self.texts.taken) if one.to == number]

    def settle(self) -> None:
        """Wait until nothing is on its way any more: no event unheard, no message due."""
        end = time.monotonic() + 60
        while waiting := self._under_way():
            assert time.monotonic() < end, waiting
            time.sleep(0.03)

    def _under_way(self) -> dict[str, int]:
        found = {name: self._count(url, query) for name, url, query in self._queries()}
        return {name: count for name, count in found.items() if count}

    def _queries(self) -> Iterator[tuple[str, str, str]]:
        unheard = "SELECT count(*) FROM outbox WHERE acknowledged_at IS NULL"
        urls = (self.intake.database_url, self.scheduler.database_url, self.notifier.database_url)
        for name, url in zip(("intake", "scheduler", "notifier"), urls, strict=True):
            yield f"unheard of {name}", url, unheard
        for name, query in _DUE.items():
            yield name, self.notifier.database_url, query

    def _count(self, url: str, query: str) -> int:
        with psycopg.connect(url) as connection:
            row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        assert row is not None
        return int(row[0])


_DUE = {
    "unprepared": "SELECT count(*) FROM appointment_projection WHERE prepare_at IS NOT NULL",
    "errands": "SELECT count(*) FROM errand WHERE prepare_at IS NOT NULL",
    "unsent": "SELECT count(*) FROM notification WHERE state IN ('claimed', 'attempting')"
    " OR (state = 'scheduled' AND due_at <= clock_timestamp())",
}


@contextmanager
def own_logs() -> Iterator[None]:
    """The product's logging ends with it: tests that come later look at logs of their own."""
    root, configure = logging.getLogger(), logs.configure
    handlers, level = list(root.handlers), root.level

    def uncached(**how: Any) -> None:
        configure(**how)
        structlog.configure(cache_logger_on_first_use=False)

    with patch.object(logs, "configure", uncached):
        yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@contextmanager
def running(folder: Path) -> Iterator[Product]:
    """Start it with an owner who works around the clock."""
    with ExitStack() as stack:
        stack.enter_context(own_logs())
        # Before the clock stands: TLS asks the real one whether the certificate holds.
        certificate = make_certificate(folder)
        stack.enter_context(patch("shared.clock.datetime", StandingClock))
        mail = stack.enter_context(mail_server(certificate))
        texts = stack.enter_context(listening(TwilioSimulator()))
        env = outside(mail.port, certificate.path, texts)
        suite = stack.enter_context(embedded.running(Home(folder / "home"), free_port(), env))
        url = suite.settings.intake.public_url
        link = suite.greeting()[1].split()[1]
        yield Product(
            url=url,
            mail=mail,
            texts=texts,
            intake=suite.settings.intake,
            scheduler=suite.settings.scheduler,
            notifier=suite.settings.notifier,
            staff=Staff(url).become_owner(link),
        )
