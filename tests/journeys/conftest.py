"""The running products that journeys are walked on, each started once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from services.simulators.carrier import listening
from services.simulators.mail import mail_server, make_certificate
from services.simulators.twilio import TwilioSimulator
from tests.journeys.apart import Apart
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, World


def outside(port: int, authority: Path, texts: TwilioSimulator) -> dict[str, str]:
    """The settings by which mail and texts really go out."""
    return {
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
        "SMTP_CA_FILE": str(authority),
        "SMTP_BAA": "signed 2026-05-01 by Priya Raman",
        "TWILIO_URL": texts.url,
        "TWILIO_ACCOUNT_SID": texts.account_sid,
        "TWILIO_AUTH_TOKEN": texts.auth_token,
        "TWILIO_FROM": "+12125550199",
        "TWILIO_BAA": "signed 2026-05-01 by Priya Raman",
        "BOOKING_NOTICE_HOURS": "0",
        "CHANGE_NOTICE_HOURS": "0",
    }


@pytest.fixture(scope="session")
def make_world(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], World]]:
    """Makes worlds with a one-process suite of their own, and ends them all."""
    with ExitStack() as stack:

        def make() -> World:
            folder = tmp_path_factory.mktemp("suite")
            certificate = make_certificate(folder)
            mail = stack.enter_context(mail_server(certificate))
            texts = stack.enter_context(listening(TwilioSimulator()))
            suite = Suite(folder / "home", outside(mail.port, certificate.path, texts))
            stack.callback(lambda: suite.running() and suite.stop())
            world = World(suite.start(), mail, texts)
            Staff(world.url).become_owner(suite.first_run_link)
            return world

        yield make


@pytest.fixture(scope="session")
def embedded_world(make_world: Callable[[], World]) -> World:
    """One process, embedded PostgreSQL, real SMTP and HTTP outside."""
    return make_world()


@pytest.fixture(scope="session")
def apart_world(
    tmp_path_factory: pytest.TempPathFactory, server_url: str, amqp_url: str
) -> Iterator[World]:
    """Separate processes on RabbitMQ, behind the gateway."""
    name = f"softstart_apart_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    folder = tmp_path_factory.mktemp("apart")
    certificate = make_certificate(folder)
    with mail_server(certificate) as mail, listening(TwilioSimulator()) as texts:
        apart = Apart(folder, url, amqp_url, outside(mail.port, certificate.path, texts))
        try:
            world = World(apart.start(), mail, texts)
            Staff(world.url).become_owner(apart.first_run_link)
            yield world
        finally:
            apart.stop()
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["embedded", pytest.param("apart", marks=pytest.mark.processes)])
def world(request: pytest.FixtureRequest) -> World:
    """Either way of running: the journey must not notice which."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found


@pytest.fixture
def staff(world: World) -> Staff:
    """The owner, signed in."""
    return Staff(world.url).sign_in()
