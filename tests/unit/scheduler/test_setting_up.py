"""What is missing before clients can come follows from facts alone."""

from dataclasses import replace

import pytest

from services.scheduler.domain.setting_up import Facts, Person, hindrances, next_step, steps

DANA = Person(name="Dana Whitlock", has_hours=True, has_license=True)
MARCUS = Person(name="Marcus Oyelaran", has_hours=False, has_license=False)
READY = Facts(
    practice="Harbor Lane, 914-555-0132",
    zone="Eastern Time (New York)",
    people=[DANA],
    colleagues=1,
    types=["Private call"],
    intake={"licensed_states": ["NY"], "asks_about_self_harm": True, "notice": True},
    notifier={
        "mailbox": False,
        "channels": ["email", "sms"],
        "without_agreement": [],
        "tested": "reached",
    },
)


def state_of(facts: Facts) -> dict[str, str]:
    return {step.key: step.state for step in steps(facts)}


def test_with_everything_set_nothing_is_left_to_do():
    assert set(state_of(READY).values()) == {"done"}
    assert next_step(steps(READY)) is None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"people": [replace(DANA, has_hours=False)]}, "hours"),
        ({"people": [replace(DANA, has_license=False)]}, "licenses"),
        ({"types": []}, "types"),
        ({"intake": {**(READY.intake or {}), "licensed_states": []}}, "states"),
    ],
)
def test_what_keeps_people_from_booking_is_missing_and_comes_next(change, key):
    found = steps(replace(READY, **change))

    assert [one.key for one in hindrances(found)] == [key]
    assert next_step(found) == hindrances(found)[0]


def test_one_of_two_without_hours_can_wait_and_is_named():
    found = {one.key: one for one in steps(replace(READY, people=[DANA, MARCUS]))}

    assert (found["hours"].state, found["licenses"].state) == ("open", "open")
    assert "Marcus Oyelaran" in found["hours"].says


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"intake": {**(READY.intake or {}), "asks_about_self_harm": False}}, "safety"),
        ({"intake": {**(READY.intake or {}), "notice": False}}, "notice"),
        ({"notifier": {**(READY.notifier or {}), "mailbox": True}}, "messages"),
        ({"notifier": {**(READY.notifier or {}), "without_agreement": ["SMTP_BAA"]}}, "messages"),
        ({"notifier": {**(READY.notifier or {}), "tested": ""}}, "test"),
        ({"notifier": {**(READY.notifier or {}), "tested": "failed"}}, "test"),
    ],
)
def test_what_can_wait_hinders_nobody(change, key):
    found = steps(replace(READY, **change))

    assert hindrances(found) == []
    assert next_step(found).key == key


def test_a_service_that_does_not_answer_is_not_called_missing():
    found = state_of(replace(READY, intake=None, notifier=None))

    unknown = {key for key, state in found.items() if state == "unknown"}
    assert unknown == {"states", "messages", "test", "safety", "notice"}
    assert hindrances(steps(replace(READY, intake=None, notifier=None))) == []
