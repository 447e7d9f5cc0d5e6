"""The message log as staff see it, by page and by API, and what other doors give away."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from services.notifier.app import create_app
from services.notifier.models import Notification
from services.simulators.mail import MailServer
from shared.clock import utcnow
from shared.tokens import service_token
from shared.vocabulary import Role
from shared.web.audiences import StaffIdentity
from shared.web.sessions import issue_staff_session
from tests.integration.notifier.conftest import SERVICE_KEY
from tests.integration.notifier.world import Someone, World

SignIn = Callable[[World, Role], FlaskClient]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which someone of this role has signed in."""

    def make(world: World, role: Role) -> FlaskClient:
        app = create_app(world.settings)
        identity = StaffIdentity(
            session_id=uuid4(),
            account_id=uuid4(),
            name="Priya Raman",
            role=role,
            second_factor=True,
        )
        return signed_in(app, identity)

    return make


def signed_in(app: Flask, identity: StaffIdentity) -> FlaskClient:
    client = app.test_client()
    with app.test_request_context():
        response = app.make_response("")
        issue_staff_session(response, identity, utcnow())
    name, _, value = response.headers["Set-Cookie"].partition(";")[0].partition("=")
    client.set_cookie(name, value)
    return client


def page(client: FlaskClient, path: str = "/staff/messages") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def confirmation(world: World, channel: str | None = "email") -> Notification:
    (row,) = world.rows(purpose="confirmation", channel=channel)
    return row


def test_an_empty_log_says_what_will_be_here(world: World, sign_in: SignIn):
    text = page(sign_in(world, Role.OWNER))

    assert "No messages yet" in text
    assert "Today: 0 kept here, 0 waiting, none did not go out." in text


def test_the_log_names_person_purpose_and_state(world: World, sign_in: SignIn):
    world.book(Someone(name="Rowan Ellery"))
    world.pass_on()

    text = page(sign_in(world, Role.CLINICIAN))

    assert text.count("Rowan Ellery</b>") == 2
    assert "Time booked" in text
    assert "Kept here" in text
    assert "Waiting, 5" in text


def test_the_pills_filter(world: World, sign_in: SignIn):
    world.book(Someone(channels=("call",)))
    world.book(Someone(name="Ash Moreau", channels=("email",)))
    world.pass_on()
    client = sign_in(world, Role.OWNER)

    failed = page(client, "/staff/failed")
    waiting = page(client, "/staff/messages?show=waiting")

    assert "Nothing may be sent" in failed
    assert "Call, or wait until they write." in failed
    assert "Ash Moreau" not in failed
    assert waiting.count("Reminder,") >= 3
    assert "Rowan Ellery" not in waiting


def test_what_was_withdrawn_has_a_list_of_its_own_p13(world: World, sign_in: SignIn):
    booking = world.book(Someone(channels=("email",)))
    world.pass_on()
    world.cancel(booking)
    world.pass_on()
    client = sign_in(world, Role.OWNER)

    withdrawn = page(client, "/staff/messages?show=withdrawn")

    assert withdrawn.count(">Withdrawn</span>") == 3
    assert "The appointment changed, so this was no longer true." in withdrawn
    assert ">Withdrawn</span>" not in page(client)


def test_a_kept_message_can_be_read_its_link_opened_and_its_entry_downloaded(
    world: World, sign_in: SignIn
):
    person = Someone()
    booking = world.book(person)
    world.pass_on()
    client = sign_in(world, Role.CLINICIAN)
    path = f"/staff/messages/{confirmation(world).id}"

    text = page(client, path)
    entry = client.get(f"{path}/appointment.ics")

    assert "rowan@example.org" in text
    assert f'<a href="{booking.link(person)}"' in text
    assert "METHOD:REQUEST" in text
    assert "It has not left this machine." in text
    assert entry.content_type.startswith("text/calendar")
    assert b"BEGIN:VCALENDAR" in entry.data
    assert "914-555-0119" in text
    assert "No voice message." in text


def test_the_front_desk_sees_how_it_ended_and_not_what_was_said_l01(world: World, sign_in: SignIn):
    person = Someone()
    booking = world.book(person)
    world.pass_on()
    client = sign_in(world, Role.FRONT_DESK)
    path = f"/staff/messages/{confirmation(world).id}"

    pages = page(client) + page(client, path)

    assert "Kept here" in pages
    for secret in ("rowan@example.org", "914-555-0119", booking.link(person), "METHOD:REQUEST"):
        assert secret not in pages
    assert client.get(f"{path}/appointment.ics").status_code == 403


def test_every_try_is_on_the_trail_with_the_provider_s_own_words(
    smtp_world: World, mail: MailServer, sign_in: SignIn
):
    mail.refuse("rcpt", "451 4.7.1 come back later", "550 5.1.1 nobody of that name")
    smtp_world.book(Someone(channels=("email",)))
    smtp_world.pass_on()
    smtp_world.make_due("confirmation")
    smtp_world.pass_on()

    text = page(sign_in(smtp_world, Role.OWNER), f"/staff/messages/{confirmation(smtp_world).id}")

    assert "First try refused" in text
    assert "come back later" in text
    assert "Second try refused" in text
    assert "nobody of that name" in text
    assert "There is no such address." in text
    assert "Did not go out" in text


def test_a_practice_that_keeps_its_messages_is_told_so_on_the_page(world: World, sign_in: SignIn):
    assert "Nothing is sent out." in page(sign_in(world, Role.OWNER))


def test_nobody_reads_without_having_signed_in(world: World):
    client = create_app(world.settings).test_client()

    for path in ("/staff/messages", f"/staff/messages/{uuid4()}"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert "/staff/sign-in" in answer.location
    assert client.get("/api/messages").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        f"/staff/messages/{UUID(int=7)}",
        f"/staff/messages/{UUID(int=7)}/appointment.ics",
        "/staff/messages/nonsense",
    ],
)
def test_a_message_that_is_not_there_is_a_page_that_says_so(
    world: World, sign_in: SignIn, path: str
):
    assert sign_in(world, Role.OWNER).get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["show=nonsense", "page=0", "page=-1", "page=9999", "page=%00", "page=1e9", "page=²"]
)
def test_a_strange_query_never_breaks_the_log(world: World, sign_in: SignIn, query: str):
    assert sign_in(world, Role.OWNER).get(f"/staff/messages?{query}").status_code in {200, 404}


def test_a_long_log_has_pages(world: World, sign_in: SignIn):
    for _ in range(22):
        world.courier.prepare(world.book(Someone()).id)
    world.pass_on(1)
    client = sign_in(world, Role.OWNER)

    first, second = page(client), page(client, "/staff/messages?show=all&page=2")

    assert first.count("<summary><time") == 40
    assert second.count("<summary><time") == 4
    assert "Older" in first
    assert "Newer" in second


def test_the_log_costs_the_same_few_statements_however_long_it_is(world: World, sign_in: SignIn):
    client = sign_in(world, Role.OWNER)

    def statements() -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            if "practice_facts" not in str(args[2]):  # read every few seconds, whoever asks
                seen.append(str(args[2]))

        engine = client.application.extensions["softstart"].database.engine
        event.listen(engine, "before_cursor_execute", note)
        page(client)
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    world.courier.prepare(world.book(Someone()).id)
    world.pass_on(1)
    few = statements()
    for _ in range(5):
        world.courier.prepare(world.book(Someone()).id)
    world.pass_on(1)

    assert statements() == few


def test_the_api_lists_states_and_no_words(world: World, sign_in: SignIn):
    world.book()
    world.pass_on()

    answer = sign_in(world, Role.FRONT_DESK).get("/api/messages?show=all")

    assert answer.status_code == 200
    document = answer.get_json()
    assert {row["state"] for row in document["messages"]} == {"accepted"}
    assert document["more"] is False
    assert "rowan" not in answer.text.lower()


def test_the_api_names_a_bad_argument(world: World, sign_in: SignIn):
    answer = sign_in(world, Role.OWNER).get("/api/messages?show=nonsense&page=0")

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert {error["field"] for error in answer.get_json()["errors"]} == {"show", "page"}


def test_another_service_may_ask_what_became_of_a_person_s_messages(world: World):
    person = Someone()
    world.book(person)
    world.book(Someone(name="Ash Moreau"))
    world.pass_on()
    client = create_app(world.settings).test_client()
    pass_ = service_token(SERVICE_KEY, issuer="intake", audience="notifier")

    answer = client.get(
        f"/internal/people/{person.id}/messages", headers={"Authorization": f"Bearer {pass_}"}
    )

    messages = answer.get_json()["messages"]
    assert len(messages) == 7
    assert {"title", "state", "label", "channel"} <= set(messages[0])


def test_a_session_that_has_ended_at_the_scheduler_ends_here(world: World):
    session_id, account_id = uuid4(), uuid4()
    known = f"/scheduler/internal/staff-sessions/{session_id}"
    world.neighbours.answers[known] = {
        "session_id": str(session_id),
        "account_id": str(account_id),
        "name": "Priya Raman",
        "role": "owner",
    }
    app = create_app(world.settings)
    confirm = app.extensions["softstart"].confirm_session

    assert confirm(session_id).role is Role.OWNER
    del world.neighbours.answers[known]
    assert confirm(session_id) is None


def test_looking_changes_nothing_p20(world: World, sign_in: SignIn):
    world.book()
    world.pass_on()
    client = sign_in(world, Role.OWNER)
    before = [(row.id, row.state, row.changed_at) for row in world.rows()]

    for _ in range(2):
        page(client)
        page(client, f"/staff/messages/{confirmation(world).id}")

    assert [(row.id, row.state, row.changed_at) for row in world.rows()] == before
