"""The database goes away under load and comes back: what was promised is kept (F7, F8).

The suite runs on a PostgreSQL server of the test's own, which is stopped while people book. A
booking that was answered with 201 is there afterwards and confirmed; any other answer was a plain
"not now", never a traceback.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import psutil
import pytest
import requests

from services.postgres import EmbeddedPostgres
from services.simulators.carrier import listening
from services.simulators.mail import mail_server, make_certificate
from services.simulators.twilio import TwilioSimulator
from tests.journeys.conftest import outside
from tests.journeys.people import SINGLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, World, somebody, until

BACK_SECONDS = 10
"""How soon after the database's return people can book again (delivery.md, F7)."""

SETTLED_SECONDS = 100
"""A lease, and the provider's settling."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    folder = tmp_path_factory.mktemp("fragile")
    server = EmbeddedPostgres(folder / "data", folder / "postgres.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, server: EmbeddedPostgres) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("suite")
    certificate = make_certificate(folder)
    with mail_server(certificate) as mail, listening(TwilioSimulator()) as texts:
        settings = outside(mail.port, certificate.path, texts)
        suite = Suite(folder / "home", settings | {"DATABASE_URL": server.url()})
        try:
            world = World(suite.start(), mail, texts)
            Staff(world.url).become_owner(suite.first_run_link)
            yield world
        finally:
            suite.stop()


class People:
    """They come one after the other and book, until they are told that it is enough."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._enough = threading.Event()
        self.booked: list[dict[str, Any]] = []
        self.refused: list[int] = []
        self.last_at = 0.0
        self._thread = threading.Thread(target=self._come)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()

    def _come(self) -> None:
        while not self._enough.is_set():
            person = somebody(SINGLE)
            try:
                if self._books(person):
                    self.booked.append(person)
                    self.last_at = time.monotonic()
            except requests.RequestException:
                self.refused.append(0)  # cut off: who was on the way hears nothing

    def _books(self, person: dict[str, Any]) -> bool:
        api = self._world.api
        draft = self._said(api.call("POST", "/begin/api/responses"))
        if draft is None:
            return False
        token = draft["token"]
        answers = {"answers": person}
        for method, path, more in (
            ("PATCH", "/begin/api/response", {"json": answers}),
            ("POST", "/begin/api/response/completion", {}),
        ):
            sent = self._said(api.call(method, path, token, **more))
            if sent is None:
                return False
        permission = sent["booking"]["permission_token"]
        free = self._said(api.call("GET", "/schedule/api/slots", permission, params={"days": 30}))
        return free is not None and bool(
            self._said(api.book(permission, free["slots"][len(self.booked)]["start"]))
        )

    def _said(self, answer: requests.Response) -> dict[str, Any] | None:
        if answer.ok:
            document: dict[str, Any] = answer.json()
            return document
        self.refused.append(answer.status_code)
        return None


def restart(server: EmbeddedPostgres) -> None:
    """`pg_ctl restart -m fast`: what is open is rolled back."""
    server.stop()
    server.start()


def crash(server: EmbeddedPostgres) -> None:
    """`kill -9` of the postmaster and all its children, as when the power goes."""
    postmaster = psutil.Process(int((server.folder / "postmaster.pid").read_text().split()[0]))
    dead = [postmaster, *postmaster.children(recursive=True)]
    for process in dead:
        process.kill()
    psutil.wait_procs(dead, timeout=10)
    server.start()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strike", "times"),
    [pytest.param(restart, 6, id="f7"), pytest.param(crash, 3, id="f8")],
)
def test_the_database_goes_under_load_and_what_was_promised_is_kept_f7_f8(
    world: World,
    server: EmbeddedPostgres,
    strike: Callable[[EmbeddedPostgres], None],
    times: int,
) -> None:
    with People(world) as people:
        for _ in range(times):
            known = len(people.booked)
            until(lambda known=known: len(people.booked) > known, 60)
            strike(server)
            back_at = time.monotonic()
            until(lambda back_at=back_at: people.last_at > back_at, 60)
            assert people.last_at - back_at < BACK_SECONDS

    assert set(people.refused) <= {0, 503}, people.refused
    for person in people.booked:
        address = person["email"]
        until(lambda address=address: world.entries(address, "REQUEST"), SETTLED_SECONDS)
    # Only SMTP can't be asked what became of a mail: it comes again under the same Message-ID.
    sent = {
        person["email"]: {mail.mail["Message-ID"] for mail in world.mails_to(person["email"])}
        for person in people.booked
    }
    assert [address for address, ids in sent.items() if len(ids) != 1] == []
