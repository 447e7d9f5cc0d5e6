"""People text back over the real web floor: STOP, START, HELP, and words of their own."""

import threading
from datetime import timedelta
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
import requests
from sqlalchemy import func, select, update

from services.notifier.models import IncomingText, Notification, Suppression
from services.notifier.operations import attempts, claims, incoming, retention, suppressions
from services.simulators.twilio import TwilioSimulator, sign
from shared.clock import utcnow
from shared.contracts.intake import PersonErased
from shared.neutrality import telling_words
from shared.vocabulary import Channel, Role
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.test_secrecy import dump
from tests.integration.notifier.wishes import planned_and_waiting, wish
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]

NUMBER = "+19145550119"
STOPPED = "Harbor Lane: you will get no more texts. Reply START to get them again."


def door(world: World) -> str:
    return f"{world.settings.public_url}/notify/hooks/twilio/incoming"


def say(
    world: World,
    texts: TwilioSimulator,
    body: str,
    *,
    number: str = NUMBER,
    sid: str | None = None,
    **more: str,
) -> str | None:
    """Somebody texts us. Returns the answer that goes out, if any."""
    form = texts.incoming_form(number, body, sid or f"SM{uuid4().hex}") | more
    headers = {"X-Twilio-Signature": texts.signature(door(world), form)}
    answer = requests.post(door(world), data=form, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")
    root = ET.fromstring(answer.content)  # noqa: S314 - our own answer
    assert root.tag == "Response"
    assert len(root) <= 1
    return root.findtext("Message")


def one_waits(world: World, purpose: str = "update") -> None:
    planned_and_waiting(world, Someone(channels=("sms",)), purpose)


def ends(world: World) -> set[tuple[str, str | None, str, str | None]]:
    return {(row.purpose, row.channel, str(row.state), row.reason) for row in world.rows()}


@pytest.mark.parametrize(
    "word",
    ["STOP", "StopAll", "QUIT", "end.", "Revoke", "OPT OUT", "optout", "CANCEL", "Unsubscribe!"],
)
def test_l23_each_word_stops_at_once_and_is_confirmed_once(
    served: World, texts: TwilioSimulator, word: str
):
    one_waits(served)

    assert say(served, texts, word) == STOPPED
    served.make_due()
    served.pass_on()

    assert texts.taken == []
    assert ("update", "sms", "suppressed", "opted-out") in ends(served)


def test_l23_a_queued_reminder_is_not_sent_after_stop(served: World, texts: TwilioSimulator):
    served.book(Someone(channels=("sms",)))
    served.pass_on()
    assert len(texts.taken) == 1

    say(served, texts, "stop")
    served.make_due("reminder-24h")
    served.make_due("reminder-2h")
    served.pass_on()

    assert len(texts.taken) == 1
    reminders = [row for row in served.rows() if row.purpose.startswith("reminder")]
    assert {(str(row.state), row.reason) for row in reminders} == {("suppressed", "opted-out")}


def test_l23_a_reminder_in_a_worker_s_hands_is_not_sent_after_stop(
    served: World, texts: TwilioSimulator
):
    one_waits(served)
    served.make_due()
    (row,) = served.rows()
    with served.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None

    say(served, texts, "STOP")
    with served.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=served.settings)

    assert dispatch is None
    assert ends(served) == {("update", "sms", "suppressed", "opted-out")}


def test_l23_a_stop_waits_for_a_text_that_is_being_opened_and_nothing_opens_after_it_f27(
    served: World, texts: TwilioSimulator
):
    one_waits(served)
    served.make_due()
    (row,) = served.rows()
    with served.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None
    stopping = threading.Thread(target=say, args=(served, texts, "STOP"))

    with served.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=served.settings)
        stopping.start()
        stopping.join(timeout=0.4)
        assert stopping.is_alive()
    stopping.join(timeout=5)

    assert dispatch is not None
    assert not stopping.is_alive()


def test_l23_said_again_it_is_not_confirmed_again(served: World, texts: TwilioSimulator):
    answers = [say(served, texts, word) for word in ("STOP", "stop!", "please stop", "QUIT")]

    assert answers == [STOPPED, None, None, None]


def test_l23_free_wording_stops_at_once_and_lies_before_staff(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    one_waits(served)

    assert say(served, texts, "Please stop texting me, this is my work phone") == STOPPED
    served.make_due()
    served.pass_on()

    assert texts.taken == []
    text = page(sign_in(served, Role.CLINICIAN), "/staff/replies")
    assert "this is my work phone" in text
    assert "Texts stopped" in text


def test_l23_the_same_text_delivered_twice_does_nothing_the_second_time(
    served: World, texts: TwilioSimulator
):
    assert say(served, texts, "STOP", sid="SMone") == STOPPED
    assert say(served, texts, "START", sid="SMtwo") is not None

    assert say(served, texts, "STOP", sid="SMone") is None

    with served.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(IncomingText)) == 2
        assert suppressions.suppressed(session, channel=Channel.SMS, address=NUMBER) is None


def test_l23_a_forged_text_is_refused(served: World, texts: TwilioSimulator):
    form = texts.incoming_form(NUMBER, "START", "SMforged")
    headers = {"X-Twilio-Signature": sign("another token", door(served), form)}

    assert requests.post(door(served), data=form, timeout=5).status_code == 403
    assert requests.post(door(served), data=form, headers=headers, timeout=5).status_code == 403
    signed = {"X-Twilio-Signature": texts.signature(door(served), form)}
    changed = form | {"From": "+19145550177"}
    assert requests.post(door(served), data=changed, headers=signed, timeout=5).status_code == 403
    elsewhere = {"X-Twilio-Signature": texts.signature("https://evil.example/notify", form)}
    forged_host = elsewhere | {"Host": "evil.example"}
    assert requests.post(door(served), data=form, headers=forged_host, timeout=5).status_code != 200
    with served.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(IncomingText)) == 0


def test_l23_start_works_only_after_stop_and_only_on_what_the_person_stopped(
    served: World, texts: TwilioSimulator
):
    assert say(served, texts, "START") is None
    assert say(served, texts, "YES") is None
    say(served, texts, "STOP")

    assert say(served, texts, "yes") is not None

    one_waits(served)
    served.make_due()
    served.pass_on()
    assert len(texts.taken) == 1

    with served.database.begin() as session:
        suppressions.suppress(
            session, channel=Channel.SMS, address="+19145550177", reason="blocked"
        )
    assert say(served, texts, "START", number="+19145550177") is None
    with served.database.begin() as session:
        reason = suppressions.suppressed(session, channel=Channel.SMS, address="+19145550177")
    assert reason == "blocked"


def test_l23_help_has_one_fixed_answer_and_two_machines_do_not_go_on_for_ever(
    served: World, texts: TwilioSimulator
):
    first = say(served, texts, "HELP")

    assert first is not None
    assert "914-555-0132" in first
    assert say(served, texts, "info") is None
    assert say(served, texts, "help", number="+19145550177") == first


def test_l07_no_answer_says_what_the_practice_is_for(served: World, texts: TwilioSimulator):
    answers = [say(served, texts, word) for word in ("STOP", "START", "HELP")]

    for answer in answers:
        assert answer is not None
        assert telling_words(answer) == []
        assert len(answer) <= 160


def test_l23_a_stop_counts_for_everyone_at_that_number_and_for_every_kind(
    served: World, texts: TwilioSimulator
):
    say(served, texts, "STOP")

    wish(served, Someone(channels=("sms",)))
    served.book(Someone(channels=("sms",)))
    served.pass_on()

    assert texts.taken == []


def test_l23_staff_can_see_a_stop_and_have_no_way_to_lift_it(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    one_waits(served)
    say(served, texts, "STOP")
    served.make_due()
    served.pass_on()
    client = sign_in(served, Role.OWNER)

    assert "They asked for no more texts." in page(client)
    rules = [rule for rule in client.application.url_map.iter_rules() if "POST" in rule.methods]
    doors = {rule.rule for rule in rules if rule.rule.startswith(("/staff", "/api"))}
    # A new door is named here only once it is known that it lifts nothing.
    lifts_nothing = (
        *("replies", "still-here", "calls", "templates", "systems", "reminders", "held"),
        # What "blocked" lifts is never a STOP: test_blocked.py.
        *("messages", "failed", "blocked", "carriers"),
        # It sends nothing to a number that said STOP: test_trials.py.
        "test-message",
    )
    known = tuple(f"{root}/{name}" for root in ("/staff", "/api/staff") for name in lifts_nothing)
    assert {door for door in doors if not door.startswith(known)} == set()


def test_l23_what_the_carrier_has_answered_is_obeyed_and_not_answered_twice(
    served: World, texts: TwilioSimulator
):
    assert say(served, texts, "ARRET", OptOutType="STOP") is None

    one_waits(served)
    served.make_due()
    served.pass_on()

    assert texts.taken == []
    assert say(served, texts, "HELP", OptOutType="HELP") is None
    assert say(served, texts, "START", OptOutType="START") is None
    with served.database.begin() as session:
        assert suppressions.suppressed(session, channel=Channel.SMS, address=NUMBER) is None


def test_l50_without_an_agreement_a_stop_is_obeyed_and_not_answered(
    served: World, texts: TwilioSimulator
):
    with served.database.begin() as session:
        answer = incoming.take(session, sid="SMquiet", number=NUMBER, body="STOP", may_answer=False)

    assert answer is None
    with served.database.begin() as session:
        reason = suppressions.suppressed(session, channel=Channel.SMS, address=NUMBER)
    assert reason == "opted-out"


# ---------------------------------------------------------------- words of their own


def test_a_reply_lies_before_staff_until_somebody_has_read_it(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    person = Someone(name="Rowan Ellery", channels=("sms",))
    served.book(person)
    served.pass_on()
    assert say(served, texts, "Can we make it <b>four</b>?") is None
    client = sign_in(served, Role.CLINICIAN)

    text = page(client, "/staff/replies")
    assert "Rowan Ellery" in text
    assert "Can we make it &lt;b&gt;four&lt;/b&gt;?" in text
    assert "Replies to read, 1" in page(client)

    with served.database.begin() as session:
        (reply,) = session.scalars(select(IncomingText)).all()
        assert incoming.mark_read(session, reply_id=reply.id, account_id=uuid4())
    assert "Nothing to read" in page(client, "/staff/replies")


def test_the_front_desk_sees_that_there_is_a_reply_and_not_what_it_says_l01(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    served.book(Someone(name="Rowan Ellery", channels=("sms",)))
    served.pass_on()
    say(served, texts, "my secret words")

    text = page(sign_in(served, Role.FRONT_DESK), "/staff/replies")

    assert "Rowan Ellery" in text
    assert "secret words" not in text
    assert "I have read it" not in text


def test_of_a_shared_number_nobody_guesses_whose_it_is(
    served: World, texts: TwilioSimulator, sign_in: SignIn
):
    for name in ("Rowan Ellery", "Sam Ellery"):
        served.book(Someone(name=name, channels=("sms",)))
        served.pass_on()
        served.make_due()
    with served.database.begin() as session:
        index = suppressions.index_of(session, channel=Channel.SMS, address=NUMBER)
        session.execute(
            update(Notification).where(Notification.channel == "sms").values(address_index=index)
        )
    say(served, texts, "hello?")

    text = page(sign_in(served, Role.OWNER), "/staff/replies")

    assert "Ellery" not in text
    assert NUMBER in text


def test_the_practice_is_told_that_there_is_something_to_read(
    served: World, texts: TwilioSimulator
):
    say(served, texts, "hello?")

    served.pass_on()

    assert served.kept_purposes() == [("staff-reply", "email")]


def test_numbers_and_words_of_a_reply_lie_nowhere_in_the_open_l02(
    served: World, texts: TwilioSimulator, database_url: str
):
    say(served, texts, "canary of a sentence")
    say(served, texts, "STOP")

    stored = dump(database_url)

    assert "canary of" not in stored
    assert "9145550119" not in stored


def test_what_was_read_long_ago_is_forgotten(served: World, texts: TwilioSimulator):
    say(served, texts, "hello?")
    with served.database.begin() as session:
        session.execute(update(IncomingText).values(read_at=utcnow()))

    with served.database.begin() as session:
        retention.forget_words(session, now=utcnow() + timedelta(days=31))

    with served.database.begin() as session:
        (reply,) = session.scalars(select(IncomingText)).all()
        assert reply.body_sealed is None


def test_who_was_erased_leaves_no_reply_and_stays_stopped(served: World, texts: TwilioSimulator):
    person = Someone(channels=("sms",))
    served.book(person)
    served.pass_on()
    say(served, texts, "please stop, this is not safe")

    served.hear(PersonErased(person_id=person.id))

    with served.database.begin() as session:
        assert session.scalars(select(IncomingText)).all() == []
        (kept,) = session.scalars(select(Suppression)).all()
        assert (kept.reason, len(kept.address_index)) == ("opted-out", 32)
        indexes = session.scalars(select(Notification.address_index)).all()
        assert set(indexes) == {None}
        assert isinstance(person.id, UUID)
