"""The notifier on a real database, with real servers around it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import pytest
from werkzeug.serving import make_server

from services.notifier.app import create_app
from services.notifier.operations import outcomes
from services.notifier.settings import AGREEMENT
from services.simulators.carrier import Carrier, listening
from services.simulators.mail import Certificate, MailServer, mail_server, make_certificate
from services.simulators.sinch import SinchSimulator
from services.simulators.twilio import TwilioSimulator
from shared.db import Database
from tests.integration.notifier.world import World
from tests.parties.neighbours import Neighbours, neighbours

SIGNED = "signed 2026-05-01 by Priya Raman"
SERVICE_KEY = "a-service-key-for-tests-that-is-long"


@pytest.fixture(scope="session")
def next_door() -> Iterator[Neighbours]:
    with neighbours(SERVICE_KEY) as party:
        yield party


@pytest.fixture
def make_world(
    notifier_db: Database, settings_for: Callable[..., object], next_door: Neighbours
) -> Callable[..., World]:
    """The world with these settings: `make_world(DELIVERY="live", SMTP_URL=...)`."""

    def make(**overrides: str) -> World:
        next_door.answers.clear()
        next_door.asked.clear()
        next_door.down.clear()
        next_door.stranger = False
        settings = settings_for(
            "notifier",
            INTAKE_URL=next_door.url("intake"),
            SCHEDULER_URL=next_door.url("scheduler"),
            **dict.fromkeys(AGREEMENT.values(), SIGNED) | overrides,
        )
        return World(notifier_db, settings, next_door)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The world of somebody who has configured nothing: messages stay in the mailbox."""
    return make_world()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mail(certificate: Certificate) -> Iterator[MailServer]:
    with mail_server(certificate) as server:
        yield server


@pytest.fixture
def smtp_world(
    make_world: Callable[..., World], mail: MailServer, certificate: Certificate
) -> World:
    """Live by SMTP with STARTTLS; no texts."""
    return make_world(
        DELIVERY="live",
        SMTP_URL=f"smtp://localhost:{mail.port}",
        SMTP_CA_FILE=str(certificate.path),
    )


@pytest.fixture
def texts() -> Iterator[TwilioSimulator]:
    with listening(TwilioSimulator()) as party:
        yield party


@pytest.fixture
def twilio_world(make_world: Callable[..., World], texts: TwilioSimulator) -> World:
    """Live by Twilio; no e-mail."""
    return make_world(DELIVERY="live", **texts.settings())


@pytest.fixture
def sinch() -> Iterator[SinchSimulator]:
    with listening(SinchSimulator()) as party:
        yield party


@contextmanager
def serving(make_world: Callable[..., World], *carriers: Carrier) -> Iterator[World]:
    """Live by these carriers, with our own web floor listening where the callbacks go."""
    reserved = make_server("127.0.0.1", 0, lambda *_: [])
    port = reserved.port
    reserved.server_close()
    known = {name: value for carrier in carriers for name, value in carrier.settings().items()}
    world = make_world(DELIVERY="live", PUBLIC_URL=f"http://127.0.0.1:{port}", **known)
    app = create_app(world.settings)

    def below_the_prefix(environ, start_response):
        environ["SCRIPT_NAME"] = "/notify"
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/notify")
        return app(environ, start_response)

    server = make_server("127.0.0.1", port, below_the_prefix, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield world
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(texts: TwilioSimulator, make_world: Callable[..., World]) -> Iterator[World]:
    """Live by Twilio, served."""
    with serving(make_world, texts) as world:
        yield world


@pytest.fixture
def served_by_sinch(sinch: SinchSimulator, make_world: Callable[..., World]) -> Iterator[World]:
    """Live by Sinch, served."""
    with serving(make_world, sinch) as world:
        yield world


@pytest.fixture
def served_by_both(
    texts: TwilioSimulator, sinch: SinchSimulator, make_world: Callable[..., World]
) -> Iterator[World]:
    """Live by either, served."""
    with serving(make_world, texts, sinch) as world:
        yield world


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer is asked about at once instead of after a minute and a half."""
    monkeypatch.setattr(outcomes, "SETTLING", timedelta(0))
