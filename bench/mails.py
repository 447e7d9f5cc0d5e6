"""How many mails a second one process builds and hands over, with STARTTLS.

To an SMTP server in a process of its own, over the connections that the product keeps; the words
are those of a confirmation with its calendar entry. Beside it the same mails over a connection
each, which is what keeping them saves.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from bench.frame import Figure, Run
from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import SmtpServer
from services.notifier.domain.verdict import Outcome
from services.notifier.providers.mime import Sender
from services.notifier.providers.smtp import SmtpProvider
from shared.vocabulary import Channel

THREADS: Final = 8
SENDER: Final = Sender(name="Harbor Lane", address="notes@harborlane.example")
HOST: Final = "localhost"

SERVER: Final = """
import sys
from pathlib import Path
from services.simulators.mail import mail_server, make_certificate
with mail_server(make_certificate(Path(sys.argv[1]))) as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""


def measure(run: Run) -> list[Figure]:
    """One figure: mails a second, all of them taken by the server."""
    with TemporaryDirectory() as folder, _server(Path(folder)) as server:
        count, few = run.count(1600, 16), run.count(160, 8)
        kept = SmtpProvider(server, SENDER)
        ours, alone = run.best(
            partial(_hand_over, lambda: kept, count),
            partial(_hand_over, lambda: SmtpProvider(server, SENDER), few),
        )
        kept.hang_up()
    return [
        Figure(
            name="mails built and handed over with STARTTLS, one process",
            unit="/s",
            measured=count / ours,
            aim=1200,
            aimed="at least",
            baseline=few / alone,
            beside="a connection each",
        )
    ]


def _hand_over(provider: Callable[[], SmtpProvider], count: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        taken = pool.map(lambda _: _one(provider()), range(count))
        assert all(taken)


def _one(provider: SmtpProvider) -> bool:
    message = OutgoingMessage(
        message_id=str(uuid4()),
        channel=Channel.EMAIL,
        to="rowan@example.org",
        subject="A note from Harbor Lane",
        text="Your time is booked. Everything about it is here:\n\n" * 20,
        html="<p>Your time is booked. Everything about it is here:</p>\n" * 60,
        calendar="BEGIN:VCALENDAR\r\n" * 40,
        calendar_method="REQUEST",
    )
    answer = provider.send(message, attempt_id=uuid4(), handing_over=lambda: None)
    return answer.verdict.outcome is Outcome.ACCEPTED


@contextmanager
def _server(folder: Path) -> Iterator[SmtpServer]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        yield SmtpServer(host=HOST, port=port, ca_file=str(folder / "localhost.pem"))
    finally:
        process.stdin.close()
        process.wait()
