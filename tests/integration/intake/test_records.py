"""Requests about records by their verbs: access, denial, amendment, release, documents."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from services.intake.audit_models import AuditEntry
from services.intake.models import Answer, QuestionnaireResponse
from services.intake.operations import (
    documents,
    exports,
    questionnaires,
    record_requests,
    retention,
)
from services.intake.operations.readers import Reader
from services.intake.operations.record_requests import NotLicensed, NotOpen, NotTheReviewer
from shared.db import Database
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, NOW, sent
from tests.integration.intake.record_acts import (
    DANA,
    DESK,
    OONA,
    TODAY,
    again,
    asks,
    copy_of,
    deny,
    linked,
    read_all,
    signs,
    together,
)

# ---------------------------------------------------------------- access


def test_l15_the_copy_holds_sealed_answers_in_words_and_is_due_in_30_days(
    intake_db: Database,
) -> None:
    _, person_id = sent(intake_db, {**AFRAID, "hope_text": "The canary would like rest"})
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    made = copy_of(intake_db, request)
    text = json.dumps(made)

    assert request.due_on == date(2027, 4, 9)
    assert "The canary would like rest" in text
    with intake_db.begin() as session:
        sealed = set(session.scalars(select(Answer.link_id).where(Answer.level == "sealed")))
        opened = list(session.scalars(select(AuditEntry.part).where(AuditEntry.act == "read")))
    items = questionnaires.shipped().items
    asked = {row["question"] for row in made["forms"][0]["answers"]}
    assert len(sealed) > 10
    assert {items[name].text for name in sealed} <= asked
    assert made["forms"][0]["decision"]["track"] == "staff-review"
    assert {consent["consent"] for consent in made["consents"]} >= {"c_screening"}
    assert made["contacts"][0]["email"] == AFRAID.get("email")
    assert "Private notes of clinicians" in made["left_out"]
    assert opened == ["export"]


def test_l15_what_a_sealed_answer_said_before_is_in_the_copy(intake_db: Database) -> None:
    _, person_id = sent(intake_db, {**ALONE, "hope_text": "First words"})
    with intake_db.begin() as session:
        session.execute(
            update(Answer).where(Answer.link_id == "hope_text").values(superseded_at=NOW)
        )
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    answers = copy_of(intake_db, request)["forms"][0]["answers"]

    (before,) = [row for row in answers if row["answer"] == "First words"]
    assert before["replaced_at"]


def test_l15_the_copy_is_delivered_by_staff_once_it_was_made(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    with intake_db.begin() as session, pytest.raises(NotOpen):
        record_requests.deliver(session, again(session, request), way="in-person", reader=DANA)
    read_all(intake_db, request)
    copy_of(intake_db, request)

    with intake_db.begin() as session:
        record_requests.deliver(session, again(session, request), way="in-person", reader=DANA)

    with intake_db.begin() as session:
        assert again(session, request).state == "done"
        history = [act.act for act in record_requests.acts(session, request)]
    assert history == ["received", "reviewed", "exported", "delivered"]


def test_l15_the_front_desk_makes_no_copy(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    with pytest.raises(NotLicensed):
        copy_of(intake_db, request, reader=DESK)


def test_l17_a_copy_waits_until_every_free_text_was_read(intake_db: Database) -> None:
    _, person_id = sent(intake_db, {**ALONE, "hope_text": "My brother Rafi hit me"})
    asks(intake_db, person_id, "amendment", text="Rafi is a cousin")
    request = asks(intake_db, person_id)
    with intake_db.begin() as session:
        found = exports.texts(session, request)
    assert {"My brother Rafi hit me", "Rafi is a cousin"} <= {text.text for text in found}

    with pytest.raises(exports.NotReviewed):
        copy_of(intake_db, request)
    with intake_db.begin() as session:
        assert not exports.review(session, request, keys=[found[0].key], reader=DANA)
    with pytest.raises(exports.NotReviewed):
        copy_of(intake_db, request)
    with intake_db.begin() as session:
        keys = [text.key for text in found] + ["answer:of-somebody-else"]
        assert exports.review(session, request, keys=keys, reader=DANA)

    assert copy_of(intake_db, request)["forms"]


def test_l17_a_text_that_would_endanger_somebody_is_held_back_by_a_licensed_professional(
    intake_db: Database,
) -> None:
    _, person_id = sent(intake_db, {**ALONE, "hope_text": "My brother Rafi lives at Mill Lane"})
    asks(intake_db, person_id, "amendment", text="I moved in June")
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    def hold_back(reader: Reader, license_number: str) -> None:
        with intake_db.begin() as session:
            keys = [t.key for t in exports.texts(session, request) if "Rafi" in t.text]
            exports.hold_back(
                session,
                again(session, request),
                keys=keys,
                reader=reader,
                license_number=license_number,
                ground="harms-other",
            )

    for reader, license_number in ((DESK, "NY 1"), (DANA, "")):
        with pytest.raises(NotLicensed):
            hold_back(reader, license_number)
    assert "Mill Lane" in json.dumps(copy_of(intake_db, request))

    hold_back(DANA, "NY 1")

    text = json.dumps(copy_of(intake_db, request))
    assert "Mill Lane" not in text
    assert "This part is held back" in text
    assert "I moved in June" in text


def test_l17_the_copy_of_one_person_holds_nothing_of_the_other(intake_db: Database) -> None:
    first_form, first = sent(intake_db, {**COUPLE, "hope_text": "CANARYFIRST"}, "1")
    theirs = {
        **AFRAID,
        "name_used": "CANARYNAME",
        "email": "canary@example.org",
        "phone": "212-555-0166",
        "hope_text": "CANARYHOPE",
    }
    second_form, second = sent(intake_db, theirs, "2")
    together(intake_db, first, second)
    linked(intake_db, first_form, second_form)
    asks(intake_db, second, "amendment", text="CANARYCHANGE")
    with intake_db.begin() as session:
        documents.note_document(
            session,
            person_id=second,
            title="CANARYTITLE",
            sender="CANARYSENDER",
            received_on=TODAY,
            part2=False,
            reader=DANA,
        )
        signs(session, second, "joint", recipient="CANARYLAWYER")
    request = asks(intake_db, first)
    read_all(intake_db, request)

    text = json.dumps(copy_of(intake_db, request))

    assert "CANARYFIRST" in text
    assert text.upper().count("CANARY") == 1
    assert str(second) not in text
    assert "5550166" not in text


def test_a_request_is_found_only_with_its_person(intake_db: Database) -> None:
    _, first = sent(intake_db, ALONE, "1")
    _, second = sent(intake_db, ALONE, "2")
    request = asks(intake_db, first)

    with intake_db.begin() as session:
        assert record_requests.find(session, request_id=request.id, person_id=second) is None


def test_l49_a_record_that_somebody_waits_for_is_not_purged(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    with intake_db.begin() as session:
        session.execute(update(QuestionnaireResponse).values(closed_at=NOW))
    years_later = NOW + timedelta(days=4000)

    def goes() -> bool:
        with intake_db.begin() as session:
            found = retention.eligible(session, now=years_later, drafts=timedelta(days=30))
            return person_id in {one.person_id for one in found}

    assert not goes()
    with intake_db.begin() as session:
        record_requests.withdraw(session, again(session, request), reader=DANA)
    assert goes()


# ---------------------------------------------------------------- denial


def test_l16_only_a_licensed_professional_denies_and_the_ground_is_recorded(
    intake_db: Database,
) -> None:
    _, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    for reader, number in ((DESK, "NY 012345"), (DANA, " ")):
        with pytest.raises(NotLicensed):
            deny(intake_db, request, reader, number)

    deny(intake_db, request, DANA, "NY 012345")

    with intake_db.begin() as session:
        assert again(session, request).state == "denied"
        last = record_requests.acts(session, request)[-1]
    assert (last.act, last.by) == ("denied", "Dana Whitlock")
    assert last.details["license"] == "NY 012345"
    assert last.details["ground"] == "endangers-life"
    assert last.details["reviewer"] == "Oona Marsh"
    with pytest.raises(NotOpen):
        copy_of(intake_db, request)


def test_l16_a_denial_is_reviewed_by_another_licensed_professional(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    deny(intake_db, request, DANA, "NY 012345")

    def review(reader: Reader, *, upheld: bool) -> None:
        with intake_db.begin() as session:
            record_requests.review_denial(
                session,
                again(session, request),
                reader=reader,
                license_number="NY 543210",
                upheld=upheld,
                words="",
            )

    with pytest.raises(NotTheReviewer):
        review(DANA, upheld=False)
    with pytest.raises(NotLicensed):
        review(DESK, upheld=False)

    review(OONA, upheld=False)

    read_all(intake_db, request)
    text = json.dumps(copy_of(intake_db, request))
    assert "endangers-life" in text
    assert "Someone has threatened them" not in text
    with pytest.raises(NotOpen):
        review(OONA, upheld=True)


# ---------------------------------------------------------------- amendment


@pytest.mark.parametrize("accepted", [True, False])
def test_l18_an_amendment_stands_beside_the_original_in_the_copy(
    intake_db: Database, accepted: bool
) -> None:
    _, person_id = sent(intake_db, {**ALONE, "hope_text": "The original words"})
    change = asks(intake_db, person_id, "amendment", text="Please say it differently")
    with intake_db.begin() as session:
        record_requests.decide_amendment(
            session,
            again(session, change),
            reader=DANA,
            accepted=accepted,
            ground="" if accepted else "accurate",
            words="Noted on the phone",
        )
    if not accepted:
        with intake_db.begin() as session:
            record_requests.disagree(
                session, again(session, change), reader=DESK, words="I still disagree"
            )
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    text = json.dumps(copy_of(intake_db, request))

    assert change.due_on == date(2027, 5, 9)
    assert "The original words" in text
    assert "Please say it differently" in text
    assert ("accepted" in text) is accepted
    assert ("I still disagree" in text) is not accepted
    with intake_db.begin() as session, pytest.raises(NotOpen):
        record_requests.decide_amendment(
            session, again(session, change), reader=DANA, accepted=True
        )
