"""Someone is erased: nothing more is said to them, what was said is gone, and nobody else waits."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.notifier.domain.verdict import Answer
from services.notifier.models import AttemptEvent, Errand, Notification, Suppression
from services.notifier.operations import attempts, claims, contacts, receipts, suppressions
from services.simulators.carrier import Reply
from services.simulators.mail import MailServer
from services.simulators.twilio import TwilioSimulator
from shared.contracts.intake import PersonErased
from shared.crypto import SubjectErased, SubjectKey
from shared.vocabulary import Channel, Role
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.wishes import let_a_while_pass, planned_and_waiting, wish
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]


def erase(world: World, person: Someone) -> None:
    world.hear(PersonErased(person_id=person.id))


def ends(world: World) -> set[tuple[str, str | None]]:
    return {(str(row.state), row.reason) for row in world.rows()}


def test_what_waits_for_someone_who_was_erased_is_withdrawn_l20(world: World):
    person = Someone(channels=("email",))
    planned_and_waiting(world, person, "update")
    world.book(person)
    world.pass_on()

    erase(world, person)
    world.make_due()
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email")]
    assert ends(world) == {("cancelled", "erased"), ("accepted", None)}


def test_the_key_is_gone_and_with_it_every_name_address_and_word(world: World):
    person = Someone(channels=("email",))
    wish(world, person)
    world.pass_on()

    erase(world, person)

    with world.database.begin() as session:
        assert session.get_one(SubjectKey, person.id).wrapped is None
        try:
            known = contacts.last_known(session, person_id=person.id)
        except SubjectErased:
            known = None
        assert known is None
        (errand,) = session.scalars(select(Errand)).all()
        assert (errand.details_sealed, errand.prepare_at) == (None, None)


def test_staff_see_that_someone_was_erased_and_no_error(world: World, sign_in: SignIn):
    person = Someone(name="Canary Nightingale")
    world.book(person)
    wish(world, person)
    world.pass_on()

    erase(world, person)
    client = sign_in(world, Role.OWNER)

    assert "Someone whose data was erased" in page(client)
    for row in world.rows():
        text = page(client, f"/staff/messages/{row.id}")
        assert "Nightingale" not in text
        if row.tries:
            assert "The words were erased." in text
    assert client.get("/api/messages").status_code == 200


def test_a_message_in_a_worker_s_hands_is_not_sent_any_more(world: World):
    person = Someone(channels=("email",))
    errand_id = wish(world, person)
    world.courier.errand(errand_id)
    (row,) = world.rows()
    with world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None

    erase(world, person)
    with world.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=world.settings)

    assert dispatch is None
    assert ends(world) == {("cancelled", "erased")}


def unread_answers(world: World) -> list[bytes | None]:
    """What the provider said to tries that it took."""
    with world.database.begin() as session:
        return list(
            session.scalars(
                select(AttemptEvent.answer_sealed).where(AttemptEvent.kind == "accepted")
            )
        )


def test_an_answer_that_comes_after_the_erasure_is_recorded_without_its_words(
    smtp_world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
):
    person = Someone(channels=("email",))
    provider = smtp_world.courier.providers["smtp"]
    send = provider.send

    def erased_meanwhile(*args: Any, **kwargs: Any) -> Answer:
        answer = send(*args, **kwargs)
        erase(smtp_world, person)
        return answer

    monkeypatch.setattr(provider, "send", erased_meanwhile)
    wish(smtp_world, person)
    smtp_world.pass_on()

    assert len(mail.accepted) == 1
    assert ends(smtp_world) == {("accepted", None)}
    assert unread_answers(smtp_world) == [None]


def test_a_try_that_was_opened_before_the_erasure_is_taken_back_f30(
    smtp_world: World, mail: MailServer
):
    person = Someone(channels=("email",))
    errand_id = wish(smtp_world, person)
    smtp_world.courier.errand(errand_id)
    (row,) = smtp_world.rows()
    with smtp_world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
        assert claim is not None
        dispatch = attempts.open_attempt(session, claim=claim, settings=smtp_world.settings)
    assert dispatch is not None

    erase(smtp_world, person)
    smtp_world.courier._hand_over(dispatch)

    assert mail.accepted == []
    assert ends(smtp_world) == {("cancelled", "not-wanted")}


def test_a_try_that_nobody_knows_the_end_of_is_closed_and_not_repeated(
    twilio_world: World, texts: TwilioSimulator, impatient: None
):
    texts.script.append(Reply(500, takes=True))
    person = Someone(channels=("sms",))
    wish(twilio_world, person)
    twilio_world.pass_on(2)
    assert ends(twilio_world) == {("uncertain", "no-answer")}

    erase(twilio_world, person)
    twilio_world.make_due()
    twilio_world.pass_on()

    assert ends(twilio_world) == {("unconfirmed", "erased")}
    assert len(texts.taken) == 1


def test_a_receipt_for_someone_who_was_erased_is_taken(twilio_world: World, texts: TwilioSimulator):
    person = Someone(channels=("sms",))
    wish(twilio_world, person)
    twilio_world.pass_on()
    attempt_id = UUID(texts.taken[0].callback.split("/")[-2])

    erase(twilio_world, person)
    with twilio_world.database.begin() as session:
        taken = receipts.take(
            session,
            provider="twilio",
            attempt_id=attempt_id,
            event_key="SMone:undelivered",
            receipt="undelivered",
            code=21610,
        )

    assert taken
    assert ends(twilio_world) == {("undelivered", "opted-out")}


def test_a_stopped_number_stays_stopped_and_stays_a_hash(world: World):
    person = Someone(channels=("sms",))
    wish(world, person)
    world.pass_on()
    with world.database.begin() as session:
        suppressions.suppress(
            session, channel=Channel.SMS, address=str(person.phone), reason="opted-out"
        )

    erase(world, person)

    with world.database.begin() as session:
        (kept,) = session.scalars(select(Suppression)).all()
        assert len(kept.address_index) == 32
        assert str(person.phone).encode() not in kept.address_index
        assert set(session.scalars(select(Notification.address_index))) == {None}


def test_who_shares_an_appointment_with_someone_erased_is_still_told_of_it(world: World):
    erased, other = (
        Someone(channels=("email",)),
        Someone(channels=("email",), email="o@example.org"),
    )
    wish(world, erased)
    world.pass_on()
    erase(world, erased)

    world.book(erased, other)
    world.pass_on()

    told = world.rows(purpose="confirmation")
    assert [(row.person_id, str(row.state)) for row in told] == [(other.id, "accepted")]


def test_a_wish_that_arrives_after_the_erasure_sends_nothing(world: World):
    person = Someone(channels=("email",))
    wish(world, person)
    world.pass_on()
    erase(world, person)

    wish(world, person)
    world.pass_on()
    let_a_while_pass(world)
    world.pass_on()

    assert world.kept_purposes() == [("update", "email")]
    with world.database.begin() as session:
        assert set(session.scalars(select(Errand.prepare_at))) == {None}
