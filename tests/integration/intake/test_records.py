"""Requests about records by their verbs: access, denial, amendment, release, documents."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError

from services.intake.models import Answer, SealedRead
from services.intake.operations import (
    bookings,
    exports,
    questionnaires,
    record_requests,
    release,
)
from services.intake.operations.readers import Reader
from services.intake.operations.record_requests import NotLicensed, NotOpen, NotTheReviewer, Request
from services.intake.record_models import RecordAct, ReleaseAuthorization
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, NOW, sent

DANA = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)
OONA = Reader(account_id=UUID(int=8), name="Oona Marsh", role=Role.OWNER)
DESK = Reader(account_id=UUID(int=9), name="Front Desk", role=Role.FRONT_DESK)
TODAY = date(2027, 3, 10)
LATER = date(2027, 9, 10)
LAWYER = "Made-up & Partners, attorneys"


def asks(database: Database, person_id: UUID, kind: str = "access", **details: Any) -> Request:
    with database.begin() as session:
        return record_requests.note(
            session,
            person_id=person_id,
            kind=kind,  # type: ignore[arg-type]
            received_on=TODAY,
            details=details,
            reader=DESK,
        )


def read_all(database: Database, request: Request) -> None:
    with database.begin() as session:
        keys = [text.key for text in exports.texts(session, request)]
        exports.review(session, request, keys=keys, reader=DANA)


def copy_of(database: Database, request: Request, reader: Reader = DANA) -> dict[str, Any]:
    with database.begin() as session:
        found = again(session, request)
        return exports.make(
            session,
            found,
            appointments=[],
            reader=reader,
            reason="The person asked for it",
            now=NOW,
            today=TODAY,
        )


def again(session: Any, request: Request) -> Request:
    found = record_requests.find(
        session, request_id=request.id, person_id=request.person_id, for_change=True
    )
    assert found is not None
    return found


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
        opened = list(session.scalars(select(SealedRead.part)))
    items = questionnaires.current().items
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


def test_l17_the_copy_of_one_person_holds_nothing_of_the_other(intake_db: Database) -> None:
    _, first = sent(intake_db, {**COUPLE, "hope_text": "CANARYFIRST"}, "1")
    theirs = {
        **AFRAID,
        "name_used": "CANARYNAME",
        "email": "canary@example.org",
        "phone": "212-555-0166",
        "hope_text": "CANARYHOPE",
    }
    _, second = sent(intake_db, theirs, "2")
    together(intake_db, first, second)
    asks(intake_db, second, "amendment", text="CANARYCHANGE")
    with intake_db.begin() as session:
        release.note_document(
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


# ---------------------------------------------------------------- denial


def deny(database: Database, request: Request, reader: Reader, license_number: str) -> None:
    with database.begin() as session:
        record_requests.deny_access(
            session,
            again(session, request),
            reader=reader,
            license_number=license_number,
            ground="endangers-life",
            words="Someone has threatened them over this paper.",
            reviewer="Oona Marsh",
        )


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
    assert copy_of(intake_db, request)["forms"]
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


# ---------------------------------------------------------------- release


def together(database: Database, *people: UUID) -> None:
    appointment = uuid4()
    with database.begin() as session:
        for person in people:
            bookings.note(
                session, appointment_id=appointment, person_id=person, sequence=0, state="booked"
            )


def signs(
    session: Any, person_id: UUID, scope: str, *, recipient: str = LAWYER, expires: date = LATER
) -> UUID:
    return release.authorize(
        session,
        person_id=person_id,
        scope=scope,  # type: ignore[arg-type]
        recipient=recipient,
        purpose="A court case",
        how="On paper, in folder 3",
        given_on=TODAY,
        expires_on=expires,
        reader=DANA,
    )


def refused(session: Any, person_id: UUID, *, on: date = TODAY) -> frozenset[UUID]:
    try:
        release.permitted(session, person_id=person_id, scope="joint", recipient=LAWYER, on=on)
    except release.NotAuthorized as error:
        return error.missing
    return frozenset()


def test_l13_one_signature_does_not_release_a_joint_record(intake_db: Database) -> None:
    _, first = sent(intake_db, COUPLE, "1")
    _, second = sent(intake_db, COUPLE, "2")
    together(intake_db, first, second)
    with intake_db.begin() as session:
        assert refused(session, first) == {first, second}
        signs(session, first, "joint")
        assert refused(session, first) == {second}
        assert refused(session, second) == {second}

        theirs = signs(session, second, "joint", recipient="  made-up & partners, ATTORNEYS ")
        assert refused(session, first) == frozenset()
        assert refused(session, first, on=LATER + timedelta(days=1)) == {first, second}

        assert not release.revoke(session, authorization_id=theirs, person_id=first, reader=DANA)
        assert release.revoke(session, authorization_id=theirs, person_id=second, reader=DANA)
        assert release.revoke(session, authorization_id=theirs, person_id=second, reader=DANA)
        assert refused(session, first) == {second}


def test_l13_without_a_joint_appointment_there_is_no_joint_record(intake_db: Database) -> None:
    _, person_id = sent(intake_db, COUPLE)
    with intake_db.begin() as session:
        signs(session, person_id, "joint")
    with intake_db.begin() as session, pytest.raises(release.NothingJoint):
        release.permitted(session, person_id=person_id, scope="joint", recipient=LAWYER, on=TODAY)


@pytest.mark.parametrize("table", [RecordAct, ReleaseAuthorization])
def test_l13_what_was_signed_and_done_is_neither_changed_nor_deleted(
    intake_db: Database, table: Any
) -> None:
    _, person_id = sent(intake_db, ALONE)
    asks(intake_db, person_id)
    with intake_db.begin() as session:
        signs(session, person_id, "own")

    for statement in (update(table).values(account_name="Nobody"), delete(table)):
        with pytest.raises(ProgrammingError, match="only grows"), intake_db.begin() as session:
            session.execute(statement)


# ---------------------------------------------------------------- documents


def test_l30_a_part_2_document_stays_without_its_own_consent_or_a_court_order(
    intake_db: Database,
) -> None:
    _, person_id = sent(intake_db, ALONE)

    def going(use: str, recipient: str | None = LAWYER) -> tuple[set[str], int]:
        allowed = release.allowed_documents(
            session,
            person_id=person_id,
            use=use,  # type: ignore[arg-type]
            recipient=recipient,
            on=TODAY,
        )
        return {document.title for document in allowed.documents}, allowed.held_back

    with intake_db.begin() as session:
        for title, part2 in (("School letter", False), ("Clinic letter", True)):
            release.note_document(
                session,
                person_id=person_id,
                title=title,
                sender="Made-up Clinic",
                received_on=TODAY,
                part2=part2,
                reader=DANA,
            )
        assert going("release") == ({"School letter"}, 1)
        signs(session, person_id, "own")
        assert going("release") == ({"School letter"}, 1)

        signs(session, person_id, "part2", recipient="Somebody else")
        assert going("release") == ({"School letter"}, 1)
        signs(session, person_id, "part2")
        assert going("release") == ({"School letter", "Clinic letter"}, 0)
        assert going("proceedings") == ({"School letter"}, 1)

        signs(session, person_id, "court-order")
        assert going("proceedings") == ({"School letter", "Clinic letter"}, 0)


def test_l30_a_copy_holds_a_part_2_document_back_and_says_so(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    with intake_db.begin() as session:
        release.note_document(
            session,
            person_id=person_id,
            title="Clinic letter",
            sender="Made-up Clinic",
            received_on=TODAY,
            part2=True,
            reader=DANA,
        )
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    made = copy_of(intake_db, request)
    assert (made["documents"], made["documents_held_back"]) == ([], 1)

    with intake_db.begin() as session:
        signs(session, person_id, "part2", recipient="Myself")
    made = copy_of(intake_db, request)
    assert [each["title"] for each in made["documents"]] == ["Clinic letter"]
