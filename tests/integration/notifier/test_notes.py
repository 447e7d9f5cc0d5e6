"""Notes with a link, and word of a task: the same words to everyone, and not at night."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from services.notifier.models import Errand, Notification
from services.notifier.operations import preferences
from services.simulators.mail import MailServer
from shared.clock import utcnow
from shared.neutrality import telling_words
from tests.integration.notifier.wishes import (
    LINK,
    assign,
    ends,
    let_a_while_pass,
    planned_and_waiting,
    said,
    wish,
)
from tests.integration.notifier.world import Someone, World, where_it_is_night

# ---------------------------------------------------------------- what is said


def foot(world: World, person: Someone) -> str:
    return f"Choose what is sent to you:\n{preferences.link(world.settings, person.id)}\n"


def test_an_update_goes_out_by_every_way_that_is_permitted(world: World):
    person = Someone()
    wish(world, person)

    world.pass_on()

    assert world.kept_purposes() == [("update", "email"), ("update", "sms")]
    mail, text = said(world), said(world, "sms")
    assert (mail.subject, mail.to) == ("A note from Harbor Lane", "rowan@example.org")
    assert mail.text == (
        f"Hello. You have an update. Sign in here to read it:\n{LINK}\n\n"
        "If you did not ask for this, you can ignore it. To change how we reach you, "
        f"call 914-555-0132.\n\nHarbor Lane\n\n{foot(world, person)}"
    )
    assert text.text == (
        f"Harbor Lane: you have an update. {LINK} Reply STOP to stop, HELP for help."
    )
    assert len(text.text) <= 160


def test_l07_a_link_to_go_on_with_says_what_every_other_note_says(world: World):
    person = Someone()
    wish(world, person, purpose="update")
    world.pass_on()
    update_mail, update_text = said(world), said(world, "sms")

    wish(world, person, purpose="resume")
    world.pass_on()

    assert said(world).text == update_mail.text
    assert said(world).html == update_mail.html
    assert said(world, "sms").text == update_text.text


def test_an_invitation_has_words_of_its_own_and_they_say_how_long_the_link_lives(world: World):
    person = Someone(channels=("email",))
    wish(world, person, "invitation")

    world.pass_on()

    mail = said(world)
    assert mail.subject == "A note from Harbor Lane"
    assert mail.text == (
        "Hello. Someone you know asked us to send you this link. If you want to, you can fill in "
        f"your own private form here:\n{LINK}\n\n"
        "It is your choice. We will not tell them whether you opened this or what you decide. "
        f"The link stops working in 14 days.\n\nHarbor Lane\n\n{foot(world, person)}"
    )


@pytest.mark.parametrize("purpose", ["update", "resume", "invitation"])
def test_l07_no_note_holds_a_telling_word_or_a_name(world: World, purpose: str):
    wish(world, Someone(name="Canary Nightingale"), purpose)

    world.pass_on()

    mail = said(world)
    for words in (mail.subject, mail.text, mail.html):
        assert telling_words(words.replace(LINK, "").replace(mail.to, "")) == []
        assert "Nightingale" not in words
        assert "Canary" not in words


def test_l25_an_invitation_is_never_texted_whatever_the_contact_says(world: World):
    wish(world, Someone(channels=("email", "sms", "call")), "invitation")

    world.pass_on()

    assert world.kept_purposes() == [("invitation", "email")]
    assert ends(world) == {("invitation", "email", "accepted", None)}


def test_l25_a_row_that_would_text_an_invitation_is_refused_at_the_door(world: World):
    wish(world, Someone(), "invitation")
    world.courier.errand(world_errand(world))
    with world.database.begin() as session:
        session.execute(update(Notification).values(channel="sms"))

    world.pass_on()

    assert ends(world) == {("invitation", "sms", "suppressed", "not-permitted")}


def world_errand(world: World) -> UUID:
    with world.database.begin() as session:
        return session.scalars(select(Errand.id)).one()


# ---------------------------------------------------------------- wishes and nights


def test_l19_new_wishes_count_for_a_note_that_already_waits(world: World):
    person = Someone(channels=("email", "sms"))
    planned_and_waiting(world, person, "update")

    world.change(person, channels=("email",), email="new@example.org")
    world.make_due()
    world.pass_on()

    assert world.kept_purposes() == [("update", "email")]
    assert said(world).to == "new@example.org"
    assert ("update", "sms", "suppressed", "not-permitted") in ends(world)


def test_l19_between_the_news_and_the_new_wishes_nothing_goes_out(world: World):
    person = Someone(channels=("email",))
    planned_and_waiting(world, person, "update")
    world.neighbours.down.add("intake")
    world.change(person, channels=("call",))

    world.make_due()
    world.pass_on()

    assert ends(world) == {("update", "email", "scheduled", "wishes-unknown")}


def test_l27_a_new_number_that_is_not_called_safe_yet_gets_nothing(world: World):
    """Intake clears "safe" and consent with the number; here that is a version without texts."""
    person = Someone(channels=("sms",))
    planned_and_waiting(world, person, "update")

    world.change(person, phone="+19145550177", channels=("call",))
    world.make_due()
    world.pass_on()

    assert world.kept() == []
    assert ("update", "sms", "suppressed", "not-permitted") in ends(world)
    assert ("update", None, "suppressed", "no-way") in ends(world)


def test_l19_who_has_read_it_gets_no_second_copy_for_a_new_wish(world: World):
    person = Someone(channels=("email",))
    wish(world, person)
    world.pass_on()

    world.change(person, channels=("email", "sms"))
    world.pass_on()

    assert world.kept_purposes() == [("update", "email")]


@pytest.mark.parametrize("purpose", ["update", "invitation"])
def test_l26_a_note_that_nobody_asked_for_waits_for_the_morning(world: World, purpose: str):
    wish(world, Someone(timezone=where_it_is_night(), channels=("email",)), purpose)

    world.pass_on()

    assert world.kept() == []
    assert ends(world) == {(purpose, "email", "scheduled", "night")}
    (row,) = world.rows()
    assert row.due_at > utcnow()


def test_l26_the_link_that_someone_asked_for_just_now_may_come_at_night(world: World):
    wish(world, Someone(timezone=where_it_is_night(), channels=("email",)), "resume")

    world.pass_on()

    assert world.kept_purposes() == [("resume", "email")]


def test_l26_asked_for_an_hour_ago_it_waits_for_the_morning_too(world: World):
    person = Someone(timezone=where_it_is_night(), channels=("email",))
    wish(world, person, "resume", ago=timedelta(hours=1))

    world.pass_on()

    assert ends(world) == {("resume", "email", "scheduled", "night")}


# ---------------------------------------------------------------- tasks


def test_l35_word_of_a_task_says_that_there_is_one_and_nothing_else(
    smtp_world: World, mail: MailServer
):
    assign(smtp_world, "marcus@harborlane.example")

    smtp_world.pass_on()

    (message,) = mail.accepted
    assert message.recipients == ("marcus@harborlane.example",)
    assert said(smtp_world).text == (
        "Hello.\n\nThere is a task for you. Sign in here to see it:\n"
        "http://127.0.0.1:8000/begin/staff/tasks\n\nHarbor Lane\n"
    )
    assert "Marcus" not in said(smtp_world).html


def test_l35_word_of_a_task_does_not_wait_for_the_morning(make_world: Any, mail: MailServer):
    world = make_world(PRACTICE_TIMEZONE=where_it_is_night())
    assign(world, "marcus@harborlane.example")

    world.pass_on()

    assert ends(world) == {("staff-task", "email", "accepted", None)}


def test_l35_whose_address_nobody_knows_the_practice_is_told(make_world: Any):
    world = make_world(PRACTICE_STAFF_EMAIL="front@harborlane.example")
    assign(world)

    world.pass_on()

    assert said(world).to == "front@harborlane.example"


def test_l35_without_any_address_a_row_tells_staff(world: World):
    assign(world)

    world.pass_on()

    assert ends(world) == {("staff-task", None, "suppressed", "nobody")}


def test_l35_a_silent_scheduler_does_not_keep_a_task_from_the_practice(make_world: Any):
    world = make_world(PRACTICE_STAFF_EMAIL="front@harborlane.example")
    world.neighbours.down.add("scheduler")
    assign(world, "marcus@harborlane.example")

    for _ in range(4):
        world.pass_on(1)
        let_a_while_pass(world)
    world.pass_on()

    assert said(world).to == "front@harborlane.example"
    assert world.kept_purposes() == [("staff-task", "email")]


def test_each_assignment_is_told_once_and_an_escalation_again(world: World):
    assign(world, "marcus@harborlane.example")
    assign(world, "ines@harborlane.example")

    world.pass_on()
    world.pass_on()

    assert world.kept_purposes() == [("staff-task", "email")] * 2


def test_nothing_that_was_asked_lies_open_l02(world: World):
    errand_id = wish(world, Someone(channels=("email",)))
    assign(world, "marcus@harborlane.example")

    world.pass_on()

    with world.database.begin() as session:
        rows = {row.id: row for row in session.scalars(select(Errand))}
    assert rows[errand_id].details_sealed
    for row in rows.values():
        assert isinstance(row.noted_at, datetime)
        assert LINK.encode() not in (row.details_sealed or b"")
        assert b"marcus" not in (row.details_sealed or b"")
