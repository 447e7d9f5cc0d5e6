"""Each person chooses what they are sent, by a link under every mail."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from services.notifier.app import create_app
from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.preferences import Preferences
from services.notifier.models import Attempt
from services.notifier.operations import attempts, planning, preferences
from services.notifier.operations.preferences import without_offers
from services.notifier.operations.rendering import render
from services.notifier.preference_models import Preference
from services.simulators.twilio import TwilioSimulator
from shared.crypto import destroy_key
from shared.vocabulary import PREFIX, Role
from tests.integration.notifier.test_fallback import calls, follow
from tests.integration.notifier.test_offers import offered
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.wishes import ends, planned_and_waiting, said
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]

EVERYTHING = {"emails": "true", "texts": "true", "offers": "true"}


def link(world: World, person: Someone, *, below: str = preferences.PAGE) -> str:
    """The address as the notifier's app knows it, below its prefix."""
    whole = preferences.link(world.settings, person.id, below=below)
    return whole.removeprefix(world.settings.public_url + PREFIX["notifier"])


@pytest.fixture
def visitor(world: World) -> FlaskClient:
    return create_app(world.settings).test_client()


def save(visitor: FlaskClient, path: str, **ticked: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(path).text)
    assert token
    return visitor.post(path, data=ticked | {"csrf_token": token[1]}).status_code


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in EVERYTHING.items() if name not in names}


def chosen(world: World) -> list[tuple[bool, bool, bool, str]]:
    with world.database.begin() as session:
        rows = session.scalars(select(Preference).order_by(Preference.id))
        return [(row.emails, row.texts, row.offers, row.way) for row in rows]


def turn_off(world: World, person: Someone, wanted: Preferences) -> None:
    with world.database.begin() as session:
        preferences.choose(session, person.id, lambda _: wanted, way="page")


def test_every_mail_to_a_client_says_where_they_choose(world: World):
    person = Someone(channels=("email",))
    world.book(person)
    offered(world, person)
    world.pass_on()

    whole = preferences.link(world.settings, person.id)
    for row in world.rows(state="accepted", channel="email"):
        assert row.person_id == person.id
    told = said(world)
    assert f"Choose what is sent to you:\n{whole}\n" in told.text
    assert f'<a href="{whole}">Choose what is sent to you</a>' in told.html


def test_the_practice_s_own_people_get_no_such_link(world: World):
    with world.database.begin() as session:
        planning.plan_staff_note(session, about=uuid4())
    world.pass_on()

    assert "Choose what is sent" not in said(world).text


def test_the_page_shows_what_holds_and_keeps_what_is_chosen(world: World, visitor: FlaskClient):
    person = Someone()
    world.book(person)
    world.pass_on()
    path = link(world, person)
    assert visitor.get(path).text.count(" checked") == 3

    assert save(visitor, path, **without("texts")) == 303

    again = visitor.get(path).text
    assert "Saved. It counts from now on." in again
    assert again.count(" checked") == 2
    assert chosen(world) == [(True, False, True, "page")]


def test_opening_the_link_changes_nothing_p20(world: World, visitor: FlaskClient):
    person = Someone()
    world.book(person)
    world.pass_on()

    visitor.get(link(world, person))
    answer = visitor.get(link(world, person, below=preferences.ONE_CLICK))

    assert answer.status_code == 303
    assert answer.location.endswith(link(world, person))
    assert chosen(world) == []


def test_two_people_who_want_the_same_see_the_same_bytes_l32(world: World, visitor: FlaskClient):
    one = Someone(channels=("email",))
    other = Someone(name="Ash Moreau", email="ash@example.org", phone=None)
    world.book(one, other)
    world.pass_on()

    pages = [
        visitor.get(link(world, who)).text.replace(link(world, who), "") for who in (one, other)
    ]

    assert pages[0] == pages[1]
    assert "Rowan" not in pages[0]


@pytest.mark.parametrize("below", [preferences.PAGE, preferences.ONE_CLICK])
def test_a_mark_opens_one_person_s_choices_and_no_other(
    world: World, visitor: FlaskClient, below: str
):
    one, other = Someone(), Someone(name="Ash Moreau")
    world.book(one, other)
    world.pass_on()
    mark = link(world, one).rpartition("/")[2]

    for path in (f"{below}/{other.id}/{mark}", f"{below}/{uuid4()}/{mark}", f"{below}/{one.id}/x"):
        assert visitor.get(path).status_code == 404
        assert visitor.post(path, data={"List-Unsubscribe": "One-Click"}).status_code in {400, 404}
    assert chosen(world) == []


def test_of_someone_erased_nothing_is_there_to_choose(world: World, visitor: FlaskClient):
    person = Someone()
    world.book(person)
    world.pass_on()
    with world.database.begin() as session:
        destroy_key(session, person.id)

    assert visitor.get(link(world, person)).status_code == 404
    gone = visitor.post(
        link(world, person, below=preferences.ONE_CLICK), data={"List-Unsubscribe": "One-Click"}
    )
    assert gone.status_code == 204
    assert chosen(world) == []


def test_what_was_planned_before_is_not_sent_after_f27(world: World, visitor: FlaskClient):
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()
    save(visitor, link(world, person), **without("emails"))

    world.make_due()
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email")]
    assert ("reminder-24h", "email", "suppressed", "turned-off") in ends(world)


def test_f27_a_message_in_a_worker_s_hands_is_not_sent_after_it_was_turned_off(
    served: World, texts: TwilioSimulator
):
    person = Someone(channels=("sms",))
    errand_id = planned_and_waiting(served, person, "update")
    served.make_due()
    (row,) = served.rows(errand_id=errand_id)
    turn_off(served, person, Preferences(texts=False))

    served.courier.deliver(row.id)

    assert texts.taken == []
    assert ends(served) == {("update", "sms", "suppressed", "turned-off")}


def test_f27_a_choice_waits_for_a_question_that_is_being_opened_and_none_opens_after_it(
    served: World, texts: TwilioSimulator, monkeypatch: pytest.MonkeyPatch
):
    """A question is about no time that both could lock: the choices themselves are held."""
    person = Someone(agreed=False, channels=("sms",))
    booking = served.book(person)
    served.courier.prepare(booking.id)
    (row,) = served.rows(purpose="question")
    looked = Event()

    def slowly(*about: Any) -> OutgoingMessage:
        looked.set()
        time.sleep(0.5)
        return render(*about)

    monkeypatch.setattr(attempts, "render", slowly)
    with ThreadPoolExecutor(1) as worker:
        sent = worker.submit(served.courier.deliver, row.id)
        assert looked.wait(10)
        turn_off(served, person, Preferences(texts=False))
        with served.database.begin() as session:
            begun_by_then = session.scalar(select(func.count()).select_from(Attempt))
        sent.result(timeout=30)

    with served.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == begun_by_then == 1


def test_what_is_no_tick_is_refused_and_changes_nothing(world: World, visitor: FlaskClient):
    person = Someone()
    world.book(person)
    world.pass_on()

    for wrong in ({"emails": "perhaps"}, {"more": "true"}, {"texts": "\x00"}):
        assert save(visitor, link(world, person), **wrong) == 422
    assert chosen(world) == []


def test_the_way_that_is_left_is_used(world: World):
    person = Someone(channels=("email", "sms"))
    world.book(person, tell=False)
    turn_off(world, person, Preferences(texts=False))
    world.book(person)
    world.pass_on()

    assert {channel for _, channel in world.kept_purposes()} == {"email"}


def test_turned_on_again_it_is_sent_again(world: World):
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()
    turn_off(world, person, Preferences(emails=False))
    turn_off(world, person, Preferences())

    world.make_due("reminder-24h")
    world.pass_on()

    assert ("reminder-24h", "email") in world.kept_purposes()


def test_nobody_asks_a_number_whose_texts_were_turned_off_s20(
    served: World, texts: TwilioSimulator
):
    person = Someone(agreed=False, channels=("sms",))
    turn_off(served, person, Preferences(texts=False))
    served.book(person)
    served.pass_on()

    assert texts.taken == []
    assert ("confirmation", None, "suppressed", "turned-off") in ends(served)


def test_staff_are_asked_to_call_only_about_a_time_that_was_told_and_changes(world: World):
    """A reminder that somebody does not want is no reason for a call; a moved time is."""
    person = Someone(channels=("email", "call"))
    booking = world.book(person)
    world.pass_on()
    turn_off(world, person, Preferences(emails=False))
    world.make_due()
    world.pass_on()
    follow(world)
    assert calls(world) == []

    world.cancel(booking)
    world.pass_on()
    follow(world)

    assert [purpose for purpose, _ in calls(world)] == ["cancelled"]


def test_staff_see_that_there_is_a_link_and_not_where_it_leads(world: World, sign_in: SignIn):
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()
    (row,) = world.rows(purpose="confirmation")

    shown = page(sign_in(world, Role.OWNER), f"/staff/messages/{row.id}")

    assert "Choose what is sent to you:" in shown
    assert link(world, person) not in shown


def test_staff_do_not_send_again_what_its_reader_turned_off(world: World, sign_in: SignIn):
    person = Someone(channels=("email",))
    world.book(person)
    turn_off(world, person, Preferences(emails=False))
    world.pass_on()
    turned_off = next(row for row in world.rows() if row.reason == "turned-off")

    shown = page(sign_in(world, Role.OWNER), f"/staff/messages/{turned_off.id}")

    assert "They chose not to be sent this." in shown
    assert "disabled" in shown


def test_two_choices_at_once_are_both_kept_and_one_click_undoes_no_other(world: World):
    person = Someone()
    turn_off(world, person, Preferences(texts=False))
    with world.database.begin() as session:
        preferences.choose(session, person.id, without_offers, way="one-click")

    assert chosen(world) == [(True, False, True, "page"), (True, False, False, "one-click")]


def test_choices_only_grow(world: World):
    turn_off(world, Someone(), Preferences(texts=False))

    for change in ("UPDATE preference SET texts = true", "DELETE FROM preference"):
        with (
            pytest.raises((IntegrityError, ProgrammingError)),
            world.database.begin() as session,
        ):
            session.execute(text(change))


def test_the_page_is_in_spanish_for_who_reads_it(make_world: Callable[..., World]):
    world = make_world(CLIENT_LANGUAGES="en,es")
    visitor = create_app(world.settings).test_client()
    person = Someone(locale="es-US", channels=("email",))
    world.book(person)
    world.pass_on()

    shown = visitor.get(link(world, person), headers={"Accept-Language": "es"}).text

    assert '<html lang="es-US">' in shown
    assert "Qué le enviamos" in shown
    assert "Elija qué se le envía:" in said(world).text


def test_an_id_that_is_no_id_is_not_there(visitor: FlaskClient):
    assert visitor.get(f"/p/{UUID(int=0).hex[:5]}/x").status_code == 404
