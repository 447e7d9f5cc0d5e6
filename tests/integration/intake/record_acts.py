"""What the tests about records do again and again, by the verbs."""

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from services.intake.couple_models import Couple
from services.intake.operations import authorizations, bookings, exports, record_requests
from services.intake.operations.readers import Reader
from services.intake.operations.record_requests import Request
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import NOW

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
    return authorizations.authorize(
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


def post(browser: Browser, path: str, **values: Any) -> Any:
    """Send one of a page's forms, which has no other hidden field than its token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.page.text)
    assert token
    return browser._follow(browser.client.post(path, data={"csrf_token": token[1], **values}))


def linked(database: Database, first_form: UUID, second_form: UUID) -> None:
    """A couple: the second answered the first one's invitation."""
    with database.begin() as session:
        session.add(
            Couple(
                a_response_id=first_form,
                b_response_id=second_form,
                how_sealed=b"",
                opened_by_name="Dana Whitlock",
            )
        )
