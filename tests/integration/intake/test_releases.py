"""Who must agree before a record goes to somebody else, and what Part 2 holds back."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import ProgrammingError

from services.intake.operations import authorizations, documents, release
from services.intake.record_models import RecordAct, ReleaseAuthorization
from shared.db import Database
from tests.integration.intake.people import ALONE, COUPLE, sent
from tests.integration.intake.record_acts import (
    DANA,
    LATER,
    LAWYER,
    TODAY,
    asks,
    copy_of,
    linked,
    read_all,
    signs,
    together,
)

# ---------------------------------------------------------------- release


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

        assert not authorizations.revoke(
            session, authorization_id=theirs, person_id=first, reader=DANA
        )
        assert authorizations.revoke(
            session, authorization_id=theirs, person_id=second, reader=DANA
        )
        assert authorizations.revoke(
            session, authorization_id=theirs, person_id=second, reader=DANA
        )
        assert refused(session, first) == {second}


def test_l13_a_partner_who_joined_has_to_sign_before_any_appointment(intake_db: Database) -> None:
    first_form, first = sent(intake_db, COUPLE, "1")
    second_form, second = sent(intake_db, COUPLE, "2")
    linked(intake_db, first_form, second_form)
    with intake_db.begin() as session:
        signs(session, first, "joint")

        assert refused(session, first) == refused(session, second) == {second}


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
        going_out = documents.allowed(
            session,
            person_id=person_id,
            use=use,  # type: ignore[arg-type]
            recipient=recipient,
            on=TODAY,
        )
        return {document.title for document in going_out.documents}, going_out.held_back

    with intake_db.begin() as session:
        for title, part2 in (("School letter", False), ("Clinic letter", True)):
            documents.note_document(
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
        documents.note_document(
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
