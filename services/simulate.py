"""`softstart simulate`: both carriers of texts and a mail server on this machine, to try things out
without anybody.

It shows what it takes, answers and reports as a recipient's meaning says, and texts the practice
what is typed. Nothing leaves the machine, and no number or address here belongs to anybody.
"""

import argparse
import sys
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, Final
from uuid import uuid4

import requests

from services.given import BadInput
from services.serving import PortUnavailable
from services.simulators.carrier import Carrier, Text, listening
from services.simulators.mail import Accepted, MailServer, serving
from services.simulators.recipients import MAILBOXES, MEANINGS
from services.simulators.sinch import SinchSimulator
from services.simulators.twilio import TwilioSimulator
from shared.vocabulary import PREFIX

WORDS: Final = "play both carriers and a mail server on this machine; recipients have meanings"
NOT_COVERED: Final = "not-a-covered-entity"


def add_command(commands: Any) -> None:
    """`softstart simulate`, which needs neither a home nor a database."""
    parser = commands.add_parser("simulate", help=WORDS, description=WORDS)
    parser.add_argument("--port", default="8100", help="the first of three (default: 8100)")
    parser.add_argument(
        "--suite",
        default="http://127.0.0.1:8000",
        metavar="URL",
        help="where texts to the practice go (default: http://127.0.0.1:8000)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Listen, and text the practice what is typed, until told to stop. Raises PortUnavailable."""
    if not (options.port.isdecimal() and 0 < int(options.port) < 65534):
        raise PortUnavailable(f"{options.port!r} is no port; it is a number up to 65533.")
    port = int(options.port)
    with ExitStack() as stack:
        try:
            carriers: dict[str, Carrier] = {
                "twilio": TwilioSimulator(port=port, plays_recipients=True),
                "sinch": SinchSimulator(port=port + 1, plays_recipients=True),
            }
            mail = MailServer(port=port + 2, plays_recipients=True)
            mail.heard = _tell_mail
            stack.enter_context(serving(mail))
        except OSError as error:
            raise PortUnavailable(f"{port} to {port + 2} are not all free.") from error
        for name, carrier in carriers.items():
            carrier.heard = _telling(name)
            stack.enter_context(listening(carrier))
        print("\n".join(_greeting(carriers.values(), mail)), flush=True)
        for line in sys.stdin:
            try:
                print(text_in(carriers, line, suite=options.suite.rstrip("/")), flush=True)
            except BadInput as reason:
                print(reason, flush=True)
        threading.Event().wait()  # nobody types: go on until told to stop


def text_in(carriers: dict[str, Carrier], line: str, *, suite: str) -> str:
    """Text the practice: `[carrier] number words`. Returns what its door said. Raises BadInput."""
    name, _, rest = line.strip().partition(" ")
    if name not in carriers:
        name, rest = "twilio", line.strip()
    number, _, words = rest.strip().partition(" ")
    if not number.startswith("+") or not words:
        raise BadInput("Type a number and what it texts to the practice: +19145550119 STOP")
    door = f"{suite}{PREFIX['notifier']}/hooks/{name}/incoming"
    try:
        answer = carriers[name].say(door, number, words, uuid4().hex)
    except requests.RequestException as error:
        raise BadInput(f"Nobody answers at {suite}.") from error
    return f"{name} < {number}: {words} ({answer.status_code}) {answer.text}".rstrip()


def _telling(name: str) -> Any:
    def tell(text: Text) -> None:
        print(f"{name} > {text.to}: {text.body}", flush=True)

    return tell


def _tell_mail(mail: Accepted) -> None:
    print(f"mail > {', '.join(mail.recipients)}: {mail.mail['Subject']}\n{mail.text}", flush=True)


def _greeting(carriers: Iterable[Carrier], mail: MailServer) -> list[str]:
    settings = {name: value for each in carriers for name, value in each.settings().items()}
    settings |= {"SMTP_URL": f"smtp://127.0.0.1:{mail.port}?starttls=never"}
    settings |= dict.fromkeys(("TWILIO_BAA", "SINCH_BAA", "SMTP_BAA"), NOT_COVERED)
    return [
        "Two carriers and a mail server listen. In another terminal:",
        "",
        *(f"  export {name}={value}" for name, value in sorted(settings.items())),
        "  softstart up --demo",
        "",
        "A text to 555-01xx arrives, but for these endings:",
        "",
        *(f"  555-01{ending}  {meaning}" for ending, meaning in MEANINGS.items()),
        "",
        "A mail arrives, but for these names (sam@clients.example arrives, gone@ does not):",
        "",
        *(f"  {name + '@':<10} {mailbox}" for name, mailbox in MAILBOXES.items()),
        "",
        "To text the practice, type a number and words: +19145550119 STOP",
    ]
