"""The practice's other systems are told over real HTTP, signed, once, and by nobody else's way."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from services.notifier.jobs import tell_systems
from services.notifier.operations import webhooks
from services.notifier.webhook_models import WebhookDelivery, WebhookEndpoint
from shared.clock import utcnow
from shared.contracts.intake import ScreeningCompleted
from shared.vocabulary import Role
from tests.integration.notifier.test_pages import SignIn, sign_in
from tests.integration.notifier.world import Someone, World, booked
from tests.parties.other_system import OtherSystem, other_system

__all__ = ["sign_in"]


@pytest.fixture
def records() -> Iterator[OtherSystem]:
    with other_system() as party:
        yield party


@pytest.fixture
def telling(make_world: Callable[..., World]) -> World:
    return make_world(WEBHOOKS_ON_LOOPBACK="true")


@pytest.fixture
def owner(telling: World, sign_in: SignIn) -> FlaskClient:
    return sign_in(telling, Role.OWNER)


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    """Press a button, with the mark that the page gave."""
    mark = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/staff/systems").text)
    assert mark
    return client.post(path, data={"csrf_token": mark.group(1), **data})


def add(owner: FlaskClient, system: OtherSystem, *told: str) -> str:
    """Have it told, by the page; returns the page of the system."""
    all_of_it = ("appointment.booked", "appointment.moved", "appointment.cancelled")
    answer = post(
        owner,
        "/staff/systems",
        name="Records",
        address=system.address,
        told=list(told or all_of_it),
    )
    assert answer.status_code == 303, answer.text
    return "/staff" + str(answer.location).partition("/staff")[2]


def secret_on(owner: FlaskClient, path: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", owner.get(path).text)
    assert found
    return found.group(0)


def pass_on(world: World) -> None:
    tell_systems(world.database, on_loopback=world.settings.webhooks_on_loopback)


def make_due(world: World) -> None:
    """Pretend that the waits are over."""
    with world.database.begin() as session:
        session.execute(update(WebhookDelivery).values(due_at=utcnow(), lease_until=None))
        session.execute(update(WebhookEndpoint).values(quiet_until=None))


def only_delivery(world: World) -> WebhookDelivery:
    with world.database.begin() as session:
        return session.query(WebhookDelivery).one()


def test_it_hears_of_times_and_of_nobody_p18_p19(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    path = add(owner, records)
    booking = telling.book(Someone(name="Canary Nightingale"), Someone(name="Canary Wren"))
    telling.move(booking, ahead=timedelta(days=9))
    telling.cancel(booking)
    pass_on(telling)

    secret = secret_on(owner, path)
    documents = [heard.document for heard in records.heard]
    assert [one["type"] for one in documents] == [
        "appointment.booked",
        "appointment.moved",
        "appointment.cancelled",
    ]
    assert all(heard.signed_with(secret) for heard in records.heard)
    assert {frozenset(one["data"]) for one in documents[:2]} == {
        frozenset({"appointment_id", "sequence", "start", "end"})
    }
    assert documents[2]["data"] == {"appointment_id": str(booking.id), "sequence": 2}
    assert {frozenset(one) for one in documents} == {frozenset({"type", "timestamp", "data"})}


def test_an_inquiry_is_told_by_its_id_alone(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    add(owner, records, "inquiry.received")
    response_id = uuid4()
    telling.hear(ScreeningCompleted(response_id=response_id, person_id=uuid4(), contact_version=1))
    telling.book()
    pass_on(telling)

    (heard,) = records.heard
    assert heard.document["type"] == "inquiry.received"
    assert heard.document["data"] == {"inquiry_id": str(response_id)}


def test_f20_the_same_event_again_is_told_once(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    add(owner, records)
    booking = telling.book()
    for _ in range(3):
        telling.hear(booked(booking))
    pass_on(telling)
    pass_on(telling)

    assert len(records.heard) == 1


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_what_was_not_taken_is_told_again_under_the_same_id(
    telling: World, owner: FlaskClient, records: OtherSystem, status: int
):
    add(owner, records)
    records.answer(status, Location=records.address)
    telling.book()
    pass_on(telling)
    assert len(records.heard) == 1  # not at once, and a redirect leads nowhere

    waits = only_delivery(telling).due_at - utcnow()
    make_due(telling)
    pass_on(telling)

    assert timedelta(seconds=2) < waits < timedelta(seconds=7)
    first, second = records.heard
    assert first.id == second.id
    assert first.body == second.body
    assert only_delivery(telling).state == "told"


def test_who_asks_for_a_pause_is_left_alone_and_others_are_not(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    with other_system() as calendar:
        add(owner, records)
        add(owner, calendar)
        records.answer(429, Retry_After="600")
        telling.book()
        pass_on(telling)
        telling.book()
        pass_on(telling)

        assert len(records.heard) == 1
        assert len(calendar.heard) == 2


def test_gone_is_for_ever_until_staff_start_it_again(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    path = add(owner, records)
    records.answer(410)
    telling.book()
    pass_on(telling)
    telling.book()
    pass_on(telling)
    assert len(records.heard) == 1
    assert "It wants no more" in owner.get("/staff/systems").text

    post(owner, f"{path}/start")
    telling.book()
    pass_on(telling)

    assert len(records.heard) == 2


def test_after_the_last_try_it_waits_for_staff_who_tell_it_once_more(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    path = add(owner, records)
    telling.book()
    for _ in range(12):
        records.answer(500)
        make_due(telling)
        pass_on(telling)
    assert len(records.heard) == 10
    assert only_delivery(telling).state == "given-up"
    page = owner.get(path).text
    assert "Not told" in page
    assert page.count("It answered 500") == 10

    records.answers.clear()
    post(owner, f"{path}/tellings/{only_delivery(telling).id}")
    pass_on(telling)

    assert len({heard.id for heard in records.heard}) == 1
    assert only_delivery(telling).state == "told"


def test_a_worker_that_dies_on_the_way_leaves_it_to_the_next(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    add(owner, records)
    telling.book()
    with telling.database.begin() as session:
        assert webhooks.claim(session) is not None
    pass_on(telling)
    assert records.heard == []  # somebody may still be telling it

    make_due(telling)  # the lease has run out
    pass_on(telling)

    assert len(records.heard) == 1
    assert only_delivery(telling).tries == 2


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    path = add(owner, records)
    old = secret_on(owner, path)
    post(owner, f"{path}/secret")
    new = secret_on(owner, path)
    telling.book()
    pass_on(telling)
    with telling.database.begin() as session:
        session.execute(update(WebhookEndpoint).values(old_secret_until=utcnow()))
    telling.book()
    pass_on(telling)

    during, after = records.heard
    assert during.signed_with(old)
    assert during.signed_with(new)
    assert after.signed_with(new)
    assert not after.signed_with(old)


def test_a_system_that_was_removed_is_told_nothing_and_its_secret_is_gone(
    telling: World, owner: FlaskClient, records: OtherSystem
):
    path = add(owner, records)
    telling.book()
    post(owner, f"{path}/remove")
    telling.book()
    pass_on(telling)

    assert records.heard == []
    assert owner.get(path).status_code == 404
    with telling.database.begin() as session:
        row = session.query(WebhookEndpoint).one()
        assert (row.address_sealed, row.secret_sealed) == (b"", b"")


def test_without_practice_runs_only_the_internet_is_told(
    make_world: Callable[..., World], owner: FlaskClient, records: OtherSystem
):
    add(owner, records)  # named while practice runs were allowed
    world = make_world()
    world.book()
    pass_on(world)

    assert records.heard == []
    assert only_delivery(world).state == "waiting"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": ""}, "name"),
        ({"address": "http://records.example/hooks"}, "address"),
        ({"address": "https://us:word@records.example/"}, "address"),
        ({"address": "https://"}, "address"),
        ({"address": "https://records.example:99999/"}, "address"),
        ({"address": "records.example"}, "address"),
        ({"told": []}, "told"),
        ({"told": ["webhook.test"]}, "told"),
        ({"told": ["everything"]}, "told"),
    ],
)
def test_what_can_not_be_told_is_said_beside_its_field(
    world: World, sign_in: SignIn, data: dict[str, str], field: str
):
    whole = {
        "name": "Records",
        "address": "https://records.example/hooks",
        "told": ["appointment.booked"],
    }
    answer = post(sign_in(world, Role.OWNER), "/staff/systems", **whole | data)

    assert answer.status_code == 422
    assert f'id="{field}-err"' in answer.text


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_only_the_owner_names_systems(world: World, sign_in: SignIn, role: Role):
    client = sign_in(world, role)

    assert client.get("/staff/systems").status_code == 403
    assert client.get(f"/staff/systems/{UUID(int=7)}").status_code == 403
    assert sign_in(world, Role.OWNER).get(f"/staff/systems/{UUID(int=7)}").status_code == 404
