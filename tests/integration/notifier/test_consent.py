"""A number is asked once, and nothing else goes to it before its own YES (security 20, L22)."""

import hashlib
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from services.notifier.call_models import Call
from services.notifier.consent_models import ChannelConsent
from services.notifier.domain.consent import ONE_QUESTION_IN, Act, Agreed, Way
from services.notifier.models import Notification
from services.notifier.operations import consents, ledger, suppressions
from services.simulators.twilio import TwilioSimulator
from shared.clock import utcnow
from shared.vocabulary import Channel, Role
from tests.integration.notifier.test_fallback import calls, follow
from tests.integration.notifier.test_incoming import NUMBER, STOPPED, say
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.test_secrecy import dump
from tests.integration.notifier.wishes import planned_and_waiting, wish
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]

HOURS = timedelta(hours=1)
QUESTION = (
    "Harbor Lane: reply YES to get texts about your time, at most 3 a week."
    " Msg and data rates may apply. Reply STOP to end, HELP for help."
)
THANKS = (
    "Harbor Lane: thank you, you will get texts about your time. Reply STOP to end, HELP for help."
)


def stranger(**given: object) -> Someone:
    return Someone(**{"agreed": False, "channels": ("sms", "call")} | given)


def bodies(texts: TwilioSimulator) -> list[str]:
    return [one.body for one in texts.taken]


def acts(world: World) -> list[tuple[str, str]]:
    with world.database.begin() as session:
        rows = session.scalars(select(ChannelConsent).order_by(ChannelConsent.id))
        return [(row.act, row.way) for row in rows]


def let_hours_pass(database_url: str, hours: float) -> None:
    """Pretend that everything about consents so far was so many hours earlier."""
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE notifier.channel_consent DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE notifier.channel_consent SET at = at - make_interval(secs => %(s)s),"
            " open_until = open_until - make_interval(secs => %(s)s)",
            {"s": hours * 3600},
        )
        connection.execute("ALTER TABLE notifier.channel_consent ENABLE TRIGGER append_only")


def test_s20_a_number_that_never_said_yes_is_asked_and_told_nothing_else(
    served: World, texts: TwilioSimulator
):
    person = stranger()
    served.book(person)
    wish(served, person)
    served.pass_on()
    served.make_due()
    served.pass_on()

    assert bodies(texts) == [QUESTION]
    assert acts(served) == [("asked", "question")]


def test_s20_after_yes_the_time_is_told_and_its_reminders_are_sent_l22(
    served: World, texts: TwilioSimulator
):
    served.book(stranger())
    served.pass_on()

    assert say(served, texts, "Yes!") == THANKS
    served.pass_on()

    assert len(texts.taken) == 2
    assert "/schedule/m/" in texts.taken[1].body
    assert {row.purpose for row in served.rows(channel="sms", state="scheduled")} == {
        *("reminder-24h", "reminder-2h"),
    }
    assert acts(served) == [("asked", "question"), ("given", "text")]
    assert say(served, texts, "YES") is None


def test_l22_the_ledger_holds_version_and_hash_of_the_words_that_were_said(
    served: World, texts: TwilioSimulator
):
    served.book(stranger())
    served.pass_on()
    say(served, texts, "START")

    with served.database.begin() as session:
        for row in session.scalars(select(ChannelConsent)):
            assert row.text_sha256 == hashlib.sha256(texts.taken[0].body.encode()).hexdigest()
            assert re.fullmatch(r"question en sms 1 [0-9a-f]{7}", row.text_version or "")
            assert row.at <= utcnow()


def test_f27_a_yes_and_a_text_on_its_way_to_the_number_never_wait_for_each_other_for_ever(
    served: World, texts: TwilioSimulator, monkeypatch: pytest.MonkeyPatch
):
    """Each keeps what it takes first until the other had time to take it, too: no YES is lost."""
    waiting = planned_and_waiting(served, Someone(channels=("sms",)), "update")
    say(served, texts, "STOP")
    served.make_due()
    [row] = served.rows(errand_id=waiting)
    hold = suppressions.hold

    def taking_their_time(*about: Any, **given: Any) -> bytes:
        time.sleep(0.3)
        index = hold(*about, **given)
        time.sleep(0.3)
        return index

    monkeypatch.setattr(suppressions, "hold", taking_their_time)
    with ThreadPoolExecutor(1) as worker:
        sent = worker.submit(served.courier.deliver, row.id)
        answer = say(served, texts, "START")

    assert sent.exception(timeout=30) is None
    assert answer is not None
    assert acts(served)[-1] == ("given", "text")


@pytest.mark.parametrize("word", ["SI", "sí", "Sí."])
def test_who_reads_spanish_is_asked_and_answers_in_it(
    served: World, texts: TwilioSimulator, word: str
):
    served.book(stranger(locale="es-US"))
    served.pass_on()

    assert "responda SI para recibir mensajes" in texts.taken[0].body
    assert "gracias" in (say(served, texts, word) or "")
    served.pass_on()
    assert "STOP: parar" in texts.taken[1].body


def test_s20_whoever_asks_by_whichever_form_the_number_is_asked_once(
    served: World, texts: TwilioSimulator, database_url: str
):
    for turn in range(8):
        served.book(stranger(name=f"Rowan {turn}"))
        wish(served, stranger(name=f"Ash {turn}"))
    served.pass_on()
    let_hours_pass(database_url, 25)
    served.book(stranger())
    served.make_due("question")
    served.pass_on()

    assert bodies(texts) == [QUESTION]


def test_s20_one_who_answered_is_asked_about_somebody_else_a_day_later_and_no_sooner(
    served: World, texts: TwilioSimulator
):
    served.book(stranger())
    served.pass_on()
    say(served, texts, "STOP")
    say(served, texts, "START")
    wish(served, stranger(name="Ash Moreau"))
    served.pass_on()
    assert bodies(texts).count(QUESTION) == 1
    (row,) = served.rows(purpose="question", state="scheduled")
    assert row.reason == "enough-texts"
    assert row.due_at > utcnow() + ONE_QUESTION_IN - HOURS


def test_s20_the_database_refuses_a_second_question_within_a_day(served: World):
    index = b"i" * 32
    now = utcnow()

    def ask(at: object) -> None:
        with served.database.begin() as session:
            ledger.note(
                session,
                address_index=index,
                act=Act.ASKED,
                way=Way.QUESTION,
                person_id=uuid4(),
                agreed=Agreed(version="v", sha256="0" * 64),
                at=at,
                open_until=at + ONE_QUESTION_IN,
            )

    ask(now)
    with pytest.raises(IntegrityError, match="one_question_a_day"):
        ask(now + 23 * HOURS)
    ask(now + 24 * HOURS)


def test_l22_the_ledger_only_grows_by_trigger_and_by_grant(served: World):
    served.book(Someone(channels=("sms",)))
    for change in ("UPDATE channel_consent SET act = 'revoked'", "DELETE FROM channel_consent"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            served.database.begin() as session,
        ):
            session.execute(text(change))


def test_s20_a_refused_question_is_tried_again_and_is_no_second_one(
    served: World, texts: TwilioSimulator
):
    texts.stop()
    served.book(stranger())
    served.pass_on()
    served.make_due("question")
    served.pass_on()

    assert acts(served) == [("asked", "question")]
    (row,) = served.rows(purpose="question")
    assert row.tries == 2


def test_who_has_mail_is_told_by_mail_and_nobody_is_called(world: World):
    world.book(stranger(channels=("email", "sms", "call")))
    world.pass_on()
    follow(world)

    assert ("confirmation", "email") in world.kept_purposes()
    assert calls(world) == []


def test_nobody_is_left_untold_because_a_number_has_not_answered(
    served: World, texts: TwilioSimulator
):
    served.book(stranger())
    served.pass_on()
    follow(served)
    assert calls(served) == []

    with served.database.begin() as session:
        session.execute(
            text("UPDATE notification SET created_at = created_at - interval '3 hours'")
        )
    follow(served)

    assert calls(served) == [("confirmation", "not-agreed")]
    assert bodies(texts) == [QUESTION]


def test_who_said_yes_in_time_is_not_called(served: World, texts: TwilioSimulator):
    served.book(stranger())
    served.pass_on()
    say(served, texts, "YES")
    served.pass_on()
    with served.database.begin() as session:
        session.execute(
            text("UPDATE notification SET created_at = created_at - interval '3 hours'")
        )

    follow(served)

    assert calls(served) == []


def test_l23_a_question_answered_by_stop_is_the_last_that_the_number_hears(
    served: World, texts: TwilioSimulator, database_url: str
):
    served.book(stranger())
    served.pass_on()
    assert say(served, texts, "STOP") == STOPPED
    let_hours_pass(database_url, 24 * 40)
    served.book(stranger())
    served.pass_on()

    assert bodies(texts) == [QUESTION]
    assert acts(served)[-1] == ("revoked", "text")


def test_s40_staff_note_a_yes_by_phone_with_a_reason_and_never_over_a_stop(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    def on_the_list(person: Someone) -> None:
        served.book(person)
        served.pass_on()
        with served.database.begin() as session:
            session.execute(text("UPDATE notification SET created_at = now() - interval '3 hours'"))
        follow(served)

    def note(reason: str) -> None:
        with served.database.begin() as session:
            (call_id,) = session.scalars(select(Call.id).where(Call.closed_at.is_(None)))
        token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, "/staff/calls"))
        assert token
        form = {"csrf_token": token[1], "reason": reason}
        assert client.post(f"/staff/calls/{call_id}/agreed", data=form).status_code == 303

    client = sign_in(served, Role.CLINICIAN)
    person = stranger()
    on_the_list(person)
    assert "May we send texts about your times" in page(client, "/staff/calls")

    note("")
    assert acts(served) == [("asked", "question")]
    say(served, texts, "STOP")
    note("They said yes on the phone.")
    assert acts(served)[-1] == ("revoked", "text")
    assert "stopped texts" in page(client, "/staff/calls")
    with served.database.begin() as session:
        assert not consents.agreed(session, person_id=person.id, number=NUMBER)
        suppressions.lift_own(session, channel=Channel.SMS, address=NUMBER)
    note("They said yes on the phone.")

    assert acts(served)[-1] == ("given", "staff")
    with served.database.begin() as session:
        assert consents.agreed(session, person_id=person.id, number=NUMBER)
        rows = session.scalars(select(Notification).where(Notification.person_id == person.id))
        assert {row.reason for row in rows} >= {"not-agreed"}
    served.pass_on()
    assert "/schedule/m/" in texts.taken[-1].body


def test_the_front_desk_notes_nobody_s_yes_l01(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    client = sign_in(served, Role.FRONT_DESK)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, "/staff/calls"))
    form = {"csrf_token": token[1] if token else "", "reason": "yes"}

    assert client.post(f"/staff/calls/{uuid4()}/agreed", data=form).status_code == 403


def test_l27_another_number_is_asked_anew(served: World, texts: TwilioSimulator):
    person = stranger(agreed=False)
    booking = served.book(person)
    served.pass_on()
    say(served, texts, "YES")
    served.pass_on()
    served.change(person, phone="+19145550188")
    served.make_due()
    served.pass_on()

    assert [one.body for one in texts.taken if one.to == "+19145550188"] == [QUESTION]
    assert booking.status == "booked"


def test_l02_the_ledger_holds_no_number(served: World, texts: TwilioSimulator, database_url: str):
    served.book(stranger())
    served.pass_on()
    say(served, texts, "YES")

    assert "9145550119" not in dump(database_url)
