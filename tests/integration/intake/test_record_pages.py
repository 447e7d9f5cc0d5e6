"""The pages about records, by role: what is asked for, made, denied, and by whom."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.wrappers import Response

from services.intake.operations import record_requests
from services.intake.record_models import RecordRequest
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role
from shared.web.identity import StaffIdentity
from shared.web.sessions import StaffSession, set_session
from tests.integration.intake.browsing import Browser, errors_in
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, sent
from tests.integration.intake.record_acts import OONA, TODAY, asks, deny, post, together

SignIn = Callable[..., Browser]
AFRAID_OF_RAFI = {**AFRAID, "name_used": "Rowan Teller", "hope_text": "Canary Rafi scares me"}


@pytest.fixture
def app(make_app: Callable[..., Flask], scheduler: Callable[[dict[str, Any]], str]) -> Flask:
    """Intake, with a scheduler that knows of no appointment of anybody."""
    answers = _Nothing()
    return make_app(SCHEDULER_URL=scheduler(answers))


class _Nothing(dict[str, Any]):
    def __contains__(self, path: object) -> bool:
        return str(path).startswith("/internal/people/")

    def __getitem__(self, path: str) -> Any:
        return []


@pytest.fixture
def clinician(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app)


@pytest.fixture
def front_desk(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app, Role.FRONT_DESK)


def signed_in_long_ago(app: Flask, browser: Browser) -> None:
    begun = utcnow() - timedelta(minutes=11)
    who = StaffIdentity(
        session_id=uuid4(),
        account_id=UUID(int=7),
        name="Dana Whitlock",
        role=Role.CLINICIAN,
        second_factor=True,
    )
    with app.test_request_context():
        response = Response()
        set_session(
            response,  # type: ignore[arg-type]
            StaffSession(identity=who, started_at=begun, seen_at=utcnow(), confirmed_at=utcnow()),
        )
    name, _, value = response.headers["Set-Cookie"].split(";")[0].partition("=")
    browser.client.set_cookie(name, value)


def record_of(response_id: UUID) -> str:
    return f"/staff/inquiries/{response_id}/record"


# ---------------------------------------------------------------- access


def test_l15_a_copy_goes_from_request_to_hand(intake_db: Database, clinician: Browser) -> None:
    response_id, _ = sent(intake_db, AFRAID_OF_RAFI)
    home = record_of(response_id)
    clinician.open(home)
    page = post(clinician, f"{home}/requests", kind="access", received_on=TODAY.isoformat())
    assert "Noted. Act on it by April 9." in page.text
    link = re.search(rf'href="({home}/requests/[0-9a-f-]+)"', page.text)
    assert link
    where = link[1]

    page = clinician.open(where)
    assert "Canary Rafi" not in page.text
    assert 'value="file"' not in page.text

    page = post(clinician, f"{where}/texts")
    assert "Canary Rafi scares me" in page.text
    keys = form_in_all(page.text, "keys")
    page = post(clinician, f"{where}/reviewed", keys=keys)
    assert "All texts are read." in page.text

    printed = post(clinician, f"{where}/copy", make="page")
    assert "Canary Rafi scares me" in printed.text
    clinician.open(where)
    made = post(clinician, f"{where}/copy", make="file")
    assert made.headers["Content-Disposition"] == 'attachment; filename="record.json"'
    assert "no-store" in made.headers["Cache-Control"]
    assert "Canary Rafi scares me" in json.dumps(json.loads(made.text))

    clinician.open(where)
    page = post(clinician, f"{where}/delivered", way="in-person")
    assert "Done. The request is closed." in page.text
    assert "Copy given to the person" in page.text


def test_l17_holding_a_text_back_asks_for_license_and_ground(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, person_id = sent(intake_db, AFRAID_OF_RAFI)
    request = asks(intake_db, person_id)
    where = f"{record_of(response_id)}/requests/{request.id}"
    clinician.open(where)
    keys = form_in_all(post(clinician, f"{where}/texts").text, "held")

    page = post(clinician, f"{where}/reviewed", keys=keys, held=keys)
    assert page.status_code == 422
    assert len(errors_in(page)) == 2
    assert page.text.count(f'value="{keys[0]}" checked') == 2

    held = {"held": keys, "held_license": "NY LMFT 1", "held_ground": "endangers-life"}
    page = post(clinician, f"{where}/reviewed", **held)
    assert "A text is held back" in page.text
    printed = post(clinician, f"{where}/copy", make="page").text
    assert "Canary Rafi" not in printed
    assert "This part is held back" in printed


def form_in_all(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', page)


def test_l15_a_copy_needs_a_fresh_sign_in(
    intake_db: Database, app: Flask, clinician: Browser
) -> None:
    response_id, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    where = f"{record_of(response_id)}/requests/{request.id}"
    post_reviewed(clinician, where)
    signed_in_long_ago(app, clinician)

    page = clinician.open(where)
    assert "You signed in more than ten minutes ago." in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = clinician.client.post(f"{where}/copy", data={"csrf_token": token[1], "make": "file"})

    assert answer.status_code == 303
    assert "/schedule/staff/sign-in?away=1&next=" in answer.headers["Location"]
    with intake_db.begin() as session:
        found = record_requests.find(session, request_id=request.id, person_id=person_id)
        assert found
        assert "exported" not in {act.act for act in record_requests.acts(session, found)}


def post_reviewed(browser: Browser, where: str) -> None:
    browser.open(where)
    page = post(browser, f"{where}/texts")
    if keys := form_in_all(page.text, "keys"):
        post(browser, f"{where}/reviewed", keys=keys)


def test_l15_without_the_calendar_there_is_no_half_copy(
    intake_db: Database, make_app: Callable[..., Flask], signed_in: SignIn
) -> None:
    response_id, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    where = f"{record_of(response_id)}/requests/{request.id}"
    browser = signed_in(make_app())
    post_reviewed(browser, where)

    assert post(browser, f"{where}/copy", make="file").status_code == 503


def test_l15_no_address_for_a_copy_is_open_to_anybody_else(
    intake_db: Database, app: Flask, front_desk: Browser
) -> None:
    response_id, person_id = sent(intake_db, ALONE, "1")
    other, _ = sent(intake_db, ALONE, "2")
    request = asks(intake_db, person_id)
    where = f"{record_of(response_id)}/requests/{request.id}"

    assert app.test_client().get(where).status_code == 303
    assert front_desk.open(where).status_code == 403
    front_desk.open(record_of(response_id))
    for act in ("texts", "reviewed", "copy", "delivered", "denied", "released", "withdrawn"):
        answer = post(front_desk, f"{where}/{act}", make="file", way="in-person")
        assert answer.status_code in (403, 422), act
        front_desk.open(record_of(response_id))
    assert front_desk.open(f"{record_of(other)}/requests/{request.id}").status_code == 403


def test_a_request_is_not_found_under_another_inquiry(
    intake_db: Database, clinician: Browser
) -> None:
    _, person_id = sent(intake_db, ALONE, "1")
    other, _ = sent(intake_db, ALONE, "2")
    request = asks(intake_db, person_id)

    assert clinician.open(f"{record_of(other)}/requests/{request.id}").status_code == 404


# ---------------------------------------------------------------- denial, amendment


def test_l16_a_denial_asks_for_license_and_ground(
    intake_db: Database, app: Flask, clinician: Browser, signed_in: SignIn
) -> None:
    response_id, person_id = sent(intake_db, ALONE)
    request = asks(intake_db, person_id)
    where = f"{record_of(response_id)}/requests/{request.id}"
    clinician.open(where)
    page = post(clinician, f"{where}/denied", words="Somebody reads over their shoulder")
    assert page.status_code == 422
    assert len(errors_in(page)) == 2
    assert "Somebody reads over their shoulder" in page.text

    page = post(
        clinician, f"{where}/denied", license="NY LMFT 012345", ground="endangers-life", words=""
    )
    assert "license NY LMFT 012345" in page.text
    page = post(clinician, f"{where}/reviewed-denial", license="NY 1", outcome="reversed")
    assert page.status_code == 409
    assert "You denied it yourself." in page.text

    owner = signed_in(app, Role.OWNER, account_id=UUID(int=8))
    owner.open(where)
    page = post(owner, f"{where}/reviewed-denial", license="NY 1", outcome="reversed")
    assert "Denial reviewed: give the copy" in page.text


def test_l01_the_front_desk_sees_no_word_and_no_denial(
    intake_db: Database, front_desk: Browser
) -> None:
    response_id, person_id = sent(intake_db, AFRAID_OF_RAFI)
    asks(intake_db, person_id, "amendment", text="Canary change")
    denied = asks(intake_db, person_id)
    deny(intake_db, denied, OONA, "NY 1")

    page = front_desk.open(record_of(response_id)).text

    assert "Canary" not in page
    assert "Denied" not in page
    assert "Closed" in page
    assert "Documents that came in" not in page
    assert "/record/requests/" not in page


def test_l18_a_change_is_noted_with_its_words_and_decided_on_its_page(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    home = record_of(response_id)
    clinician.open(home)
    page = post(clinician, f"{home}/requests", kind="amendment", received_on="2027-03-10")
    assert errors_in(page) == ["Write down what they want changed."]
    post(
        clinician,
        f"{home}/requests",
        kind="amendment",
        received_on="2027-03-10",
        change_text="I moved out in June",
    )
    with intake_db.begin() as session:
        (row,) = session.scalars(select(RecordRequest))
    where = f"{home}/requests/{row.id}"
    assert "I moved out in June" in clinician.open(where).text

    assert errors_in(post(clinician, f"{where}/amendment", outcome="denied")) == [
        "Choose why it is denied."
    ]
    page = post(clinician, f"{where}/amendment", outcome="denied", ground="accurate")
    assert "The record is accurate and complete." in page.text
    page = post(clinician, f"{where}/disagreement", disagreement="I know when I moved")
    assert "I know when I moved" in page.text


# ---------------------------------------------------------------- release, documents


def test_l13_the_page_counts_signatures_and_refuses_with_one(
    intake_db: Database, clinician: Browser
) -> None:
    first_response, first = sent(intake_db, {**COUPLE, "name_used": "Rowan"}, "1")
    second_response, second = sent(intake_db, {**COUPLE, "name_used": "Ash"}, "2")
    together(intake_db, first, second)
    paper = {
        "scope": "joint",
        "recipient": "Made-up & Partners",
        "purpose": "A court case",
        "how": "Folder 3",
        "given_on": "2020-01-01",
        "expires_on": "2090-01-01",
    }
    clinician.open(record_of(first_response))
    post(clinician, f"{record_of(first_response)}/authorizations", **paper)
    page = post(
        clinician,
        f"{record_of(first_response)}/releases",
        release_scope="joint",
        release_to="made-up & partners",
        release_use="release",
        release_received_on="2027-03-10",
    )
    where = page.request.path
    assert "1 of 2 signed for this recipient." in page.text
    assert post(clinician, f"{where}/released").status_code == 409

    clinician.open(record_of(second_response))
    post(clinician, f"{record_of(second_response)}/authorizations", **paper)
    assert "It may go" in clinician.open(where).text
    assert "Record went out" in post(clinician, f"{where}/released").text


def test_l30_a_part_2_document_is_marked_and_held_back_on_the_page(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    home = record_of(response_id)
    clinician.open(home)
    page = post(
        clinician,
        f"{home}/documents",
        title="Clinic letter",
        sender="Made-up Clinic",
        document_received_on="2027-03-10",
        part2="yes",
    )
    assert "Clinic letter" in page.text
    assert "Part 2</span>" in page.text

    page = post(
        clinician,
        f"{home}/releases",
        release_scope="own",
        release_to="A court",
        release_use="proceedings",
        release_received_on="2027-03-10",
    )
    assert "1 held back" in page.text
    assert "Clinic letter" not in page.text


@pytest.mark.parametrize(
    "day", ["9999-12-31", "0001-01-01", "2027-02-30", "soon", "2027-03-10\x00"]
)
def test_a_day_that_no_calendar_counts_from_is_asked_for_again(
    intake_db: Database, clinician: Browser, day: str
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    home = record_of(response_id)
    forms = {
        "requests": {"kind": "access", "received_on": day},
        "estimates/changed": {"visit_on": day},
        "documents": {"title": "x", "sender": "y", "document_received_on": day},
    }
    for path, values in forms.items():
        clinician.open(home)
        page = post(clinician, f"{home}/{path}", **values)
        assert page.status_code == 422, path
        assert len(errors_in(page)) == 1, path


def test_what_is_due_stands_in_one_list(
    intake_db: Database, clinician: Browser, front_desk: Browser
) -> None:
    _, person_id = sent(intake_db, {**ALONE, "name_used": "Rowan Teller"})
    asks(intake_db, person_id)

    for browser in (clinician, front_desk):
        page = browser.open("/staff/records").text
        assert "Rowan Teller" in page
        assert 'datetime="2027-04-09"' in page
        assert "Call 212-555-0100" in page
