"""Staff write what messages say: versions, a preview, and a lint that lets nothing telling by."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.notifier.domain.words import Words, slots
from services.notifier.models import Attempt
from services.notifier.operations import wordings
from services.notifier.operations.proofreading import proofread
from services.notifier.operations.shipped import shipped
from services.notifier.operations.wordings import WordsChanged
from shared.vocabulary import Role
from shared.web.csrf import FIELD
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.wishes import said
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]

EMAIL = "/staff/templates/confirmation/es/email"
TEXT = "/staff/templates/reminder/en/sms"
NEW = "Hola:\n\nLe esperamos:\n\n{time}\n\nVer su cita: {link}"


def send(client: FlaskClient, path: str, **fields: Any) -> Any:
    """What the form sends, with the mark against forgery that the page carries."""
    found = client.get(path).text.partition(f'name="{FIELD}" value="')[2].partition('"')[0]
    return client.post(path, data={FIELD: found, "seen": "1", "act": "save", **fields})


def test_new_words_are_in_use_from_the_next_message_on_and_each_try_keeps_its_version(
    world: World, sign_in: SignIn
) -> None:
    owner, person = sign_in(world, Role.OWNER), Someone(locale="es", channels=("email",))
    world.book(person)
    world.pass_on()
    before = said(world).text

    kept = send(owner, EMAIL, subject="Un aviso de {sender}", body=NEW)
    world.book(person)
    world.pass_on()

    assert kept.status_code == 303
    assert "Su cita está reservada" in before
    assert "Le esperamos:" in said(world).text
    with world.database.begin() as session:
        used = session.scalars(select(Attempt.wording).order_by(Attempt.opened_at)).all()
    assert [one.rpartition(" ")[0] for one in used] == [
        "confirmation es email 1",
        "confirmation es email 2",
    ]
    row = max(world.rows(state="accepted"), key=lambda one: one.changed_at)
    assert "Spanish, version 2" in page(owner, f"/staff/messages/{row.id}")
    shown = page(owner, EMAIL)
    assert "Version 2, " in shown
    assert "Priya Raman" in shown


def test_a_preview_shows_what_a_made_up_person_gets_and_keeps_nothing(
    world: World, sign_in: SignIn
) -> None:
    owner = sign_in(world, Role.OWNER)

    answer = send(owner, EMAIL, subject="Un aviso de {sender}", body=NEW, act="preview")

    assert answer.status_code == 200
    assert "Miércoles, 23 de septiembre" in answer.text
    assert "Version 2," not in page(owner, EMAIL)
    by_text = page(owner, TEXT)
    assert "GSM-7, " in by_text
    assert "characters left" in by_text


def test_an_older_version_can_be_looked_at_and_saved_anew(world: World, sign_in: SignIn) -> None:
    owner = sign_in(world, Role.OWNER)
    send(owner, EMAIL, subject="Un aviso de {sender}", body=NEW)

    first = page(owner, f"{EMAIL}/1")
    send(
        owner, EMAIL, subject="Un aviso de {sender}", body="Hola.\n\n{time}\n\nVer: {link}", seen=2
    )

    assert "Su cita está reservada:" in first
    assert "Save as version 3" in first
    assert "Le esperamos" in page(owner, f"{EMAIL}/2")
    assert "Le esperamos" not in page(owner, EMAIL)
    assert owner.get(f"{EMAIL}/9").status_code == 404


WRONG = {
    "telling": ("{time}\n\nYour therapy: {link}", "Leave out: therapy"),
    "telling in Spanish": ("{time}\n\nSu pareja: {link}", "Leave out: pareja"),
    "a name": ("{time}\n\n{with_whom}, see it: {link}", "Nothing can stand here for {with_whom}"),
    "an unknown placeholder": ("{time}\n\n{partner}: {link}", "Nothing can stand here"),
    "a broken one": ("{time}\n\nSee { link: {link}", "in braces"),
    "computing": ("{time}\n\n{{ 7 * 7 }}\n\nSee it: {link}", "in braces"),
    "markup": ("{time}\n\n<b>See it</b>: {link}", "without &lt; and &gt;"),
    "an address elsewhere": ("{time}\n\nhttps://x.example\n\nSee: {link}", "only address"),
    "a host elsewhere": ("{time}\n\nlook at bad.com\n\nSee: {link}", "only address"),
    "no link": ("{time}\n\nHello.", "Bring the link"),
    "a bare link": ("{time}\n\n{link}", "The link ends its line"),
    "no time": ("See it: {link}", "Say the time"),
    "a time in a line": ("It is {time}\n\nSee it: {link}", "of its own"),
    "nothing": ("", "Write what the message says"),
    "too much": ("{time}\n\nSee it: {link}\n\n" + "a " * 2000, "Keep it below"),
}


@pytest.mark.parametrize("case", WRONG)
def test_words_that_say_more_than_they_may_are_refused_beside_their_field(
    world: World, sign_in: SignIn, case: str
) -> None:
    body, problem = WRONG[case]

    answer = send(sign_in(world, Role.OWNER), EMAIL, subject="Un aviso", body=body)

    assert answer.status_code == 422
    assert 'id="body-err"' in answer.text
    assert problem in answer.text
    with world.database.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM wording")) == 0


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{sender}: {weekday}, {start}", "the word STOP"),
        ("{sender}: Reply STOP to stop.", "says the day and {start}"),
        ("{sender}: {weekday} {start} " + "words " * 25 + "STOP", "It comes to"),
        ("{sender}: {weekday} {start}, żółć żółć żółć żółć żółć żółć żółć STOP", "of UCS-2"),
    ],
)
def test_l24_a_text_says_how_to_end_it_and_is_one_segment(
    world: World, sign_in: SignIn, body: str, problem: str
) -> None:
    answer = send(sign_in(world, Role.OWNER), TEXT, body=body)

    assert answer.status_code == 422
    assert problem.lower() in answer.text.lower()


@pytest.mark.parametrize("subject", ["", "Your {day}", "Couples", "x" * 79])
def test_a_subject_says_the_sender_and_nothing_of_the_time(
    world: World, sign_in: SignIn, subject: str
) -> None:
    answer = send(sign_in(world, Role.OWNER), EMAIL, subject=subject, body=NEW)

    assert answer.status_code == 422
    assert 'id="subject-err"' in answer.text


@pytest.mark.parametrize("fields", [{"seen": "x"}, {"seen": ""}, {"act": "burn"}, {"more": "1"}])
def test_a_strange_form_is_no_fault_of_ours(world: World, sign_in: SignIn, fields) -> None:
    answer = send(sign_in(world, Role.OWNER), EMAIL, subject="Hola", body=NEW, **fields)

    assert answer.status_code == 422


def test_what_softstart_brings_passes_its_own_lint(world: World) -> None:
    ours = world.settings
    for slot in slots():
        words = shipped(slot)
        assert proofread(words, practice=ours.practice, public_url=ours.public_url) == {}, slot


def test_only_the_owner_writes_and_the_front_desk_stays_out(world: World, sign_in: SignIn) -> None:
    clinician = sign_in(world, Role.CLINICIAN)

    assert "Save as version" not in page(clinician, EMAIL)
    assert "Save as version 2" in page(sign_in(world, Role.OWNER), EMAIL)
    assert send(clinician, EMAIL, subject="Un aviso", body=NEW).status_code == 403
    assert sign_in(world, Role.FRONT_DESK).get(EMAIL).status_code == 403


@pytest.mark.parametrize(
    "path", ["confirmation/fr/email", "invitation/en/sms", "staff-note/es/email", "x/en/email"]
)
def test_what_is_never_sent_has_no_words(world: World, sign_in: SignIn, path: str) -> None:
    assert sign_in(world, Role.OWNER).get(f"/staff/templates/{path}").status_code == 404


def test_two_who_write_at_once_make_one_version_and_the_other_is_told(world: World) -> None:
    slot = next(iter(slots()))
    ours = shipped(slot)

    def write(number: int) -> bool:
        draft = Words(slot=slot, version=2, subject=ours.subject, body=f"{ours.body} {number}")
        try:
            with world.database.begin() as session:
                wordings.write(session, words=draft, account_id=uuid4(), name="Priya Raman")
        except WordsChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as hands:
        kept = list(hands.map(write, range(4)))

    assert sorted(kept) == [False, False, False, True]


def test_what_was_in_use_is_never_changed_and_never_gone(world: World, sign_in: SignIn) -> None:
    send(sign_in(world, Role.OWNER), EMAIL, subject="Un aviso de {sender}", body=NEW)

    for statement in ("UPDATE wording SET body = 'x'", "DELETE FROM wording"):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            world.database.begin() as session,
        ):
            session.execute(text(statement))
