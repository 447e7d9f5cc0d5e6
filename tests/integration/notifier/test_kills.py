"""`kill -9` of workers at random moments (F1): nothing is lost, and no text is sent twice.

Real worker processes take real bookings to a carrier and to a mail server of ours, whose own logs
are what counts. `KILLS=500 make faults` is the long form; it prints a report at the end.
"""

# ruff: noqa: S311 - moments are chosen here, and no secrets

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from bench.frame import percentile
from services.simulators.carrier import Reply, Text, listening
from services.simulators.mail import Certificate, MailServer
from services.simulators.twilio import TwilioSimulator
from shared.clock import utcnow
from tests.conftest import environment_for
from tests.integration.notifier.world import Someone, World
from tests.parties.nursery import Seat, nursery
from tests.parties.workers import THREADS

KILLS: Final = int(os.environ.get("KILLS", "8"))
LONG: Final = KILLS > 8
"""The long form waits out leases and asks when they are due; the short one moves the clock on."""

SEATS: Final = 3 if LONG else 2
"""So many workers at once, each killed and started again, on its own."""

EACH_SECOND: Final = 6 if LONG else 4

LIVES: Final = (0.3, 3) if LONG else (0.1, 2)
"""Seconds that each worker works, from and to."""

GRACE_SECONDS: Final = 90
"""What is struck once is there after a lease, and a text after its carrier could be asked."""


class ACarrierWithDelays(TwilioSimulator):
    """It takes up to 0.1 s to take a text, and up to 0.2 s more to say so."""

    def next_reply(self, text: Text) -> Reply:  # noqa: ARG002
        time.sleep(random.uniform(0, 0.1))
        return Reply(201, takes=True, after_seconds=random.uniform(0, 0.2))


@dataclass
class Bookings:
    """People who book, some each second: three of four want texts, the others mail."""

    world: World
    due: dict[str, datetime] = field(default_factory=dict)
    """Number or address -> when its confirmation was due."""

    def one(self) -> None:
        n = len(self.due)
        texts = n % 4 != 3
        number, address = f"+1914{2000000 + n}", f"person{n}@example.org"
        person = Someone(
            channels=("sms",) if texts else ("email",),
            phone=number if texts else None,
            email=None if texts else address,
        )
        self.due[number if texts else address] = utcnow()
        self.world.book(person)

    def go_on(self, enough: threading.Event) -> None:
        while not enough.wait(1 / EACH_SECOND):
            self.one()


class Killer:
    """Kills whoever sits in a seat at a random moment and seats the next, until it is enough."""

    def __init__(self, seats: list[Seat], kills: int) -> None:
        self._seats = seats
        self._left = kills
        self._lock = threading.Lock()
        self.failures: list[BaseException] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self._seat, args=(one,)) for one in self._seats]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self.failures, self.failures

    def _another(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def _seat(self, seat: Seat) -> None:
        try:
            seat.start()
            while self._another():
                time.sleep(random.uniform(*LIVES))
                seat.kill()
                seat.start()
        except BaseException as error:  # noqa: BLE001 - the test's own thread fails with it
            self.failures.append(error)


@pytest.mark.slow
@pytest.mark.processes
def test_workers_killed_at_random_lose_nothing_and_send_no_text_twice_f1(
    make_world: Callable[..., World],
    database_url: str,
    mail: MailServer,
    certificate: Certificate,
    impatient: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    with listening(ACarrierWithDelays()) as texts:
        live = {
            "DELIVERY": "live",
            "SMTP_URL": f"smtp://localhost:{mail.port}",
            "SMTP_CA_FILE": str(certificate.path),
            "SMTP_BAA": "signed 2026-05-01 by Priya Raman",
            "TWILIO_BAA": "signed 2026-05-01 by Priya Raman",
            **texts.settings(),
        }
        world = make_world(**live)
        here = {
            "INTAKE_URL": world.neighbours.url("intake"),
            "SCHEDULER_URL": world.neighbours.url("scheduler"),
        }
        env = environment_for("notifier", database_url, live | here)
        with nursery(env) as party:
            seats = [Seat(party, _folder(tmp_path, n)) for n in range(SEATS)]
            bookings, seconds = _kill(world, seats)
        report = Report(bookings.due, texts, mail, kills=KILLS, seconds=seconds)

    with capsys.disabled():
        print(report, dict(_states(world)))  # noqa: T201 - the figures are what the long form is run for
    assert report.lost == []
    assert report.doubled_texts == []
    # A mail can't be asked about: its repeat comes under the same Message-ID, if anyone's does.
    assert report.strange_mails == []
    assert report.doubled_mails <= THREADS * KILLS
    assert _states(world) == {"accepted": len(bookings.due)}
    if LONG:
        assert percentile(report.lateness, 0.99) <= GRACE_SECONDS


def _kill(world: World, seats: list[Seat]) -> tuple[Bookings, float]:
    """What was booked while workers were killed, and how many seconds that went on."""
    bookings, enough = Bookings(world), threading.Event()
    booking = threading.Thread(target=bookings.go_on, args=(enough,))
    began = time.monotonic()
    try:
        booking.start()
        Killer(seats, KILLS).run()
        seconds = time.monotonic() - began
        enough.set()
        booking.join()
        _let_everything_settle(world, seats)
    finally:
        enough.set()
        booking.join()
        for seat in seats:
            seat.kill()
    return bookings, seconds


def _folder(within: Path, n: int) -> Path:
    folder = within / f"seat{n}"
    folder.mkdir()
    return folder


def _let_everything_settle(world: World, seats: list[Seat]) -> None:
    """In the long form the workers go on; in the short one leases and pauses are over at once."""
    end = time.monotonic() + (480 if LONG else 30)
    if not LONG:
        for seat in seats:
            seat.kill()
    while not _settled(world) and time.monotonic() < end:
        if LONG:
            time.sleep(1)
            continue
        world.let_leases_lapse()
        world.let_pauses_pass()
        world.make_due("confirmation")
        world.pass_on(1)


def _states(world: World) -> Counter[str]:
    return Counter(str(row.state) for row in world.rows(purpose="confirmation"))


def _settled(world: World) -> bool:
    return _states(world) == {"accepted": len(world.neighbours.answers) // 2}


class Report:
    """What the logs of the carrier and of the mail server say, joined to what was due."""

    def __init__(
        self,
        due: dict[str, datetime],
        texts: TwilioSimulator,
        mail: MailServer,
        *,
        kills: int,
        seconds: float,
    ) -> None:
        texted = Counter(text.to for text in texts.taken)
        mailed = Counter(one.recipients[0] for one in mail.accepted)
        ids = {(one.recipients[0], one.mail["Message-ID"]) for one in mail.accepted}
        self.kills, self.seconds = kills, seconds
        self.texts = sum(name.startswith("+") for name in due)
        self.mails = len(due) - self.texts
        self.lost = [name for name in due if texted[name] + mailed[name] == 0]
        self.doubled_texts = [name for name, count in texted.items() if count > 1]
        self.doubled_mails = sum(count - 1 for count in mailed.values())
        self.strange_mails = [
            name for name, count in Counter(name for name, _ in ids).items() if count > 1
        ]
        first: dict[str, datetime] = {}
        for text in texts.taken:
            first.setdefault(text.to, text.created)
        self.lateness = [(at - due[name]).total_seconds() for name, at in first.items()]

    def __str__(self) -> str:
        late = self.lateness
        return (
            f"\n{self.kills} kills in {self.seconds:.0f} s while {self.texts} texts and"
            f" {self.mails} mails went out:\n"
            f"  lost {len(self.lost)}; texts sent twice {len(self.doubled_texts)}, so with 95 %"
            f" certainty at most {3 / self.texts:.2%} (rule of three)\n"
            f"  mails sent twice {self.doubled_mails}, each under one Message-ID\n"
            f"  texts late by p50 {percentile(late, 0.5):.1f} s,"
            f" p99 {percentile(late, 0.99):.1f} s, at most {max(late):.1f} s\n"
        )
