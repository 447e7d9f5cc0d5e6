"""Notes with a link in the log: one title for all of them, whoever looks."""

import re

import pytest

from services.notifier.domain.message import LINK_NOTES
from shared.neutrality import telling_words
from shared.vocabulary import Channel, Role
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.wishes import (
    assign,
    let_a_while_pass,
    planned_and_waiting,
    wish,
    withdraw,
)
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]

ONE = "0" * 8


def bare(text: str) -> str:
    """A page without ids, times and the forgery mark."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", ONE, text)
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", text)
    text = re.sub(r'nonce="[^"]*"', "", text)
    return re.sub(r"\d+:\d+(:\d+)?|\b[A-Z][a-z]{2} \d+\b", "", text)


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_l07_the_log_does_not_tell_an_invitation_from_any_other_note(
    world: World, sign_in: SignIn, role: Role
):
    pages = {}
    for purpose in ("update", "resume", "invitation"):
        wish(world, Someone(channels=("email",)), purpose)
        world.pass_on()
        client = sign_in(world, role)
        (row,) = world.rows(purpose=purpose)
        pages[purpose] = bare(page(client, f"/staff/messages/{row.id}"))
        assert "A note with a link" in page(client)
        assert purpose not in page(client)
    if role is Role.FRONT_DESK:
        assert pages["update"] == pages["resume"] == pages["invitation"]


def test_l07_neither_does_the_api_nor_the_door_for_the_others(world: World, sign_in: SignIn):
    person = Someone(channels=("email",))
    for purpose in ("update", "invitation"):
        wish(world, person, purpose)
    world.pass_on()

    listed = sign_in(world, Role.FRONT_DESK).get("/api/messages").json["messages"]

    assert {one["purpose"] for one in listed} == {"note"}
    assert {one["title"] for one in listed} == {"A note with a link"}
    assert not {kind.value for kind in LINK_NOTES} & {one["purpose"] for one in listed}


def test_a_note_that_was_not_needed_any_more_says_so_calmly(world: World, sign_in: SignIn):
    errand_id = planned_and_waiting(world, Someone(channels=("email",)), "invitation")
    let_a_while_pass(world)
    withdraw(world, errand_id)
    world.make_due()
    world.pass_on()
    client = sign_in(world, Role.OWNER)

    (row,) = world.rows()
    text = page(client, f"/staff/messages/{row.id}")
    assert "It was not needed any more." in text
    assert "Withdrawn" in page(client, "/staff/messages?show=withdrawn")


def test_a_task_without_an_address_says_what_to_do(world: World, sign_in: SignIn):
    assign(world)
    world.pass_on()

    text = page(sign_in(world, Role.OWNER), "/staff/failed")

    assert "A task" in text
    assert "Set PRACTICE_STAFF_EMAIL" in text


def test_l21_the_words_for_a_machine_are_a_name_and_a_number_and_only_where_that_is_safe(
    world: World, sign_in: SignIn
):
    script = "Hello, this is Priya. Please call me back at 914-555-0132. Thank you."
    shown = {}
    for name, channels in {
        "safe": ("email", "call", "voicemail"),
        "no machine": ("email", "call"),
        "no call": ("email", "voicemail"),
    }.items():
        wish(world, Someone(channels=channels))
        world.pass_on()
        row = world.rows()[-1]
        text = page(sign_in(world, Role.CLINICIAN), f"/staff/messages/{row.id}")
        shown[name] = f"“{script}”" in text

    assert shown == {"safe": True, "no machine": False, "no call": False}
    assert telling_words(script) == []


def test_l21_no_program_leaves_a_voice_message():
    assert set(Channel) == {"email", "sms"}


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("role", list(Role))
def test_the_link_to_somebody_s_own_pages_is_shown_to_no_member_of_staff(
    world: World, sign_in: SignIn, role: Role, channel: str
):
    """With it one would read what is sealed, and no audit would know."""
    wish(world, Someone(channels=(channel,)))
    world.pass_on()
    (row,) = world.rows()

    text = page(sign_in(world, role), f"/staff/messages/{row.id}")

    assert "/begin/p/" not in text
    assert ("(their own link)" in text) is (role is not Role.FRONT_DESK)
