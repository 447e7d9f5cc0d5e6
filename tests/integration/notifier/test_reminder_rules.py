"""The owner says when people are reminded, by type of appointment and channel."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifier.models import Notification
from shared.vocabulary import Role
from shared.web.csrf import FIELD
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.world import Booking, Someone, World, booked

__all__ = ["sign_in"]

USUAL = "/staff/reminders/usual"
CALL = "/staff/reminders/types/first-call"
TYPES = [
    {"code": "first-call", "title": "First call", "ended": False},
    {"code": "session", "title": "Session", "ended": False},
    {"code": "old", "title": "Long ago", "ended": True},
]


@pytest.fixture
def owner(world: World, sign_in: SignIn) -> Any:
    world.neighbours.answers["/scheduler/internal/appointment-types"] = TYPES
    return sign_in(world, Role.OWNER)


def send(client: Any, path: str, **fields: str) -> Any:
    found = client.get(path).text.partition(f'name="{FIELD}" value="')[2].partition('"')[0]
    return client.post(path, data={FIELD: found, **fields})


def waiting(world: World) -> list[tuple[str, str]]:
    rows: list[Notification] = world.rows(state="scheduled")
    return sorted((row.purpose, row.channel) for row in rows if row.channel)


def save(owner: Any, path: str, **leads: str) -> None:
    answer = send(owner, path, **leads)
    assert answer.status_code == 303, answer.text


def test_a_rule_counts_for_its_type_and_for_what_is_planned_from_then_on(
    world: World, owner: Any
) -> None:
    save(owner, CALL, email="72h, 90m", sms="none")
    person = Someone()
    world.book(person)
    world.pass_on()
    of_call = waiting(world)
    other = Booking(people=(person,), starts_at=world.book(tell=False).starts_at, type="session")
    world.publish(other)
    world.hear(booked(other))
    world.pass_on()

    assert of_call == [("reminder-72h", "email"), ("reminder-90m", "email")]
    assert ("reminder-24h", "sms") in waiting(world)
    assert ("reminder-48h", "email") in waiting(world)


def test_what_waits_follows_a_new_rule_and_what_was_sent_stays_sent(
    world: World, owner: Any
) -> None:
    world.book()
    world.pass_on()
    world.make_due("reminder-48h")
    world.pass_on()

    save(owner, USUAL, email="48h, 12h", sms="2h")
    world.pass_on()

    assert waiting(world) == [("reminder-12h", "email"), ("reminder-2h", "sms")]
    assert world.states()[("reminder-48h", "email")] == "accepted"
    gone = [row for row in world.rows(state="cancelled") if row.reason == "plan-changed"]
    assert {(row.purpose, row.channel) for row in gone} == {
        *(("reminder-24h", "email"), ("reminder-2h", "email"), ("reminder-24h", "sms")),
    }


def test_p14_a_reminder_that_was_taken_back_comes_once_when_it_is_wanted_again(
    world: World, owner: Any
) -> None:
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()
    for email in ("2h", "24h, 2h", "2h", "24h, 2h"):
        save(owner, USUAL, email=email, sms="none")
        world.pass_on()
    for _ in range(2):
        world.change(person, channels=("email",))
        world.pass_on()

    assert waiting(world) == [("reminder-24h", "email"), ("reminder-2h", "email")]
    world.make_due("reminder-24h")
    world.pass_on()
    sent = [row for row in world.rows(state="accepted") if row.purpose == "reminder-24h"]
    assert len(sent) == 1


def test_a_blank_field_of_a_type_is_as_usual_and_each_change_has_a_name(
    world: World, owner: Any
) -> None:
    save(owner, CALL, email="6h", sms="")
    save(owner, USUAL, email="30h", sms="3h")
    world.book()
    world.pass_on()

    assert waiting(world) == [("reminder-3h", "sms"), ("reminder-6h", "email")]
    listed = page(owner, "/staff/reminders")
    assert "First call" in listed
    assert "Long ago" not in listed
    assert "30 hours before" in listed
    shown = page(owner, CALL)
    assert "Priya Raman" in shown
    assert "email: 6 hours before; text: as usual" in shown
    save(owner, CALL, email="", sms="")
    assert "As every type" in page(owner, "/staff/reminders")


@pytest.mark.parametrize(
    ("path", "fields", "problem"),
    [
        (USUAL, {"email": "", "sms": "2h"}, "Or write none."),
        (USUAL, {"email": "soon", "sms": "2h"}, "is not a time like 24h or 90m"),
        (USUAL, {"email": "0h", "sms": "2h"}, "is not between"),
        (USUAL, {"email": "337h", "sms": "2h"}, "is not between"),
        (USUAL, {"email": "24h,,2h", "sms": "2h"}, "is not a time"),
        (CALL, {"sms": "48h, 24h, 2h"}, "2 at most"),
        (CALL, {"email": "x" * 201}, "email-err"),
        (CALL, {"email": "1h\x00"}, "email-err"),
        (CALL, {"more": "1"}, "does not ask for that"),
    ],
)
def test_what_is_no_rule_is_refused_beside_its_field_and_changes_nothing(
    world: World, owner: Any, path: str, fields: dict[str, str], problem: str
) -> None:
    answer = send(owner, path, **fields)

    assert answer.status_code == 422
    assert problem in answer.text
    assert "As the settings say" in page(owner, "/staff/reminders")


def test_only_the_owner_changes_rules_and_an_unknown_type_has_none(
    world: World, owner: Any, sign_in: SignIn
) -> None:
    clinician = sign_in(world, Role.CLINICIAN)

    assert "48 hours" in page(clinician, USUAL) or "48h" in page(clinician, USUAL)
    assert send(clinician, USUAL, email="2h", sms="2h").status_code == 403
    assert sign_in(world, Role.FRONT_DESK).get(USUAL).status_code == 403
    assert owner.get("/staff/reminders/types/old").status_code == 404
    assert owner.get("/staff/reminders/types/x").status_code == 404


def test_without_the_scheduler_the_page_says_so_and_the_usual_rule_can_be_changed(
    world: World, owner: Any
) -> None:
    world.neighbours.down.add("scheduler")

    assert owner.get("/staff/reminders").status_code == 503
    assert owner.get(USUAL).status_code == 200


def test_p22_a_rule_for_a_time_that_is_close_plans_only_what_is_still_to_come(
    world: World, owner: Any
) -> None:
    world.book(ahead=timedelta(hours=26))  # two hours before it is day where they are, too
    world.pass_on()

    save(owner, USUAL, email="48h, 2h", sms="none")
    world.pass_on()

    assert waiting(world) == [("reminder-2h", "email")]
