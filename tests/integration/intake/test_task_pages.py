"""Tasks in the console: who sees what, who may do what, and what is said of it afterwards."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.intake import jobs
from services.intake.audit_models import AuditEntry
from services.intake.domain.screening import decide
from services.intake.domain.tasks import State
from services.intake.models import Answer, QuestionnaireResponse
from services.intake.operations import decisions, forms, tasks
from services.intake.providers.scheduler import Scheduler
from services.intake.triage_models import HoldLift, Note, Task
from shared.db import Database, database_now
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in, form_in
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, sent

SignIn = Callable[..., Browser]
DANA, MARCUS, KIM = UUID(int=7), UUID(int=8), UUID(int=5)
STAFF = [
    {"account_id": str(account), "name": name, "role": role, "practitioner_id": None}
    for account, name, role in (
        (MARCUS, "Marcus Oyelaran", "owner"),
        (DANA, "Dana Whitlock", "clinician"),
        (KIM, "Kim Osei", "front_desk"),
    )
]
CANARY = "The canary sings at noon"
HOPE = {**COUPLE, "hope_text": CANARY}


@pytest.fixture
def app(make_app: Callable[..., Flask], scheduler: Callable[..., str]) -> Flask:
    return make_app(SCHEDULER_URL=scheduler({"/internal/staff": STAFF}))


@pytest.fixture
def clinician(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app)


@pytest.fixture
def tick(app: Flask, intake_db: Database, settings_for: Any, scheduler: Any) -> Callable[[], None]:
    """The job runs once; Marcus, the owner of the practice, is the first to get a task."""
    settings = settings_for("intake", SCHEDULER_URL=scheduler({"/internal/staff": STAFF}))

    def run() -> None:
        jobs.see_to_tasks(intake_db, settings, Scheduler(settings))

    return run


def task_of(database: Database, response_id: UUID) -> Task:
    with database.begin() as session:
        return session.get_one(Task, response_id)


def post(browser: Browser, path: str, **fields: Any) -> Any:
    """Send a form of the page that is open, to `path`, and follow where it leads."""
    token = form_in(browser.page).values["csrf_token"]
    answer = browser.client.post(path, data={"csrf_token": token, **fields})
    if answer.status_code == 303:
        return browser.open(answer.headers["Location"])
    return answer


def names(page: str) -> list[str]:
    return [part.split("</a>")[0].split(">")[1] for part in page.split("<h2><a")[1:]]


def acts(database: Database, response_id: UUID) -> list[str]:
    with database.begin() as session:
        return [event.act for event in tasks.history(session, response_id)]


def read(database: Database) -> list[tuple[str | None, str]]:
    with database.begin() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "read").order_by(AuditEntry.seq)
        )
        return [(row.part, row.reason) for row in rows]


def inquiry(response_id: UUID) -> str:
    return f"/staff/inquiries/{response_id}"


def desk(response_id: UUID) -> str:
    return f"/staff/tasks/{response_id}"


# ---------------------------------------------------------------- queue and list


def test_the_queue_shows_owner_clock_and_its_parts(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    mine, _ = sent(intake_db, {**AFRAID, "name_used": "Mine Brandt"}, "1")
    other, _ = sent(intake_db, {**COUPLE, "name_used": "Other Reyes"}, "2")
    tick()
    sent(intake_db, {**COUPLE, "name_used": "Nobodys Park"}, "3")
    clinician.open(inquiry(mine))
    post(clinician, f"{desk(mine)}/take")

    page = clinician.open("/staff/inquiries").text

    assert "Open, 3" in page
    assert "Mine, 1" in page
    assert "Marcus Oyelaran" in page
    assert re.search(r"\d days? left", page)
    assert names(clinician.open("/staff/inquiries/mine").text) == ["Mine Brandt"]
    assert names(clinician.open("/staff/inquiries/nobodys").text) == ["Nobodys Park"]
    assert task_of(intake_db, other).owner_id == MARCUS


def test_a_clock_that_ran_out_says_by_how_much(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    sent(intake_db, AFRAID)
    tick()
    with intake_db.begin() as session:
        over = database_now(session) - timedelta(minutes=28, seconds=5)
        session.execute(update(Task).values(acknowledge_by=over))

    assert "28 min over" in clinician.open("/staff/inquiries").text


def test_what_is_done_comes_last(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    urgent, _ = sent(intake_db, {**ALONE, "h_now": "yes", "name_used": "Called Idowu"}, "1")
    sent(intake_db, {**COUPLE, "name_used": "Routine Reyes"}, "2")
    tick()
    clinician.open(inquiry(urgent))
    post(clinician, f"{desk(urgent)}/called")

    assert names(clinician.open("/staff/inquiries").text) == ["Routine Reyes", "Called Idowu"]


def test_my_tasks_show_the_way_to_reach_each_person_and_one_button(
    intake_db: Database, app: Flask, signed_in: SignIn, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, {**AFRAID, "name_used": "Rowan Teller"})
    tick()
    marcus = signed_in(app, Role.OWNER, MARCUS)

    page = marcus.open("/staff/tasks").text
    assert "Get in touch with Rowan Teller" in page
    assert "Call 212-555-0100" in page
    assert "I have it" in page
    assert "Safety concern" not in page, "the text of a task holds no reason"

    post(marcus, f"{desk(response_id)}/take?back=tasks")
    assert "You have it. No clock runs." in marcus.page.text
    assert task_of(intake_db, response_id).state == State.ACKNOWLEDGED


# ---------------------------------------------------------------- what is done with one


def test_who_comes_too_late_is_told_who_has_it(
    intake_db: Database, app: Flask, signed_in: SignIn, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    marcus = signed_in(app, Role.OWNER, MARCUS)
    for one in (clinician, marcus):
        one.open(inquiry(response_id))
    first = post(clinician, f"{desk(response_id)}/take")
    assert "You have it." in first.text

    with intake_db.begin() as session:  # everybody in these tests is called Dana
        session.execute(update(Task).values(owner_name="Dana W."))
    late = post(marcus, f"{desk(response_id)}/take")

    assert "Dana W. has it by now." in late.text
    assert task_of(intake_db, response_id).owner_id == DANA


def test_handed_over_with_a_reason_that_the_trail_shows(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    clinician.open(inquiry(response_id))
    post(clinician, f"{desk(response_id)}/take")

    page = post(
        clinician,
        f"{desk(response_id)}/hand-over",
        to=str(MARCUS),
        reason="knows-them",
        seen=str(DANA),
    ).text

    assert "Marcus Oyelaran has it now, and is told that there is a task." in page
    assert "Dana Whitlock handed it to Marcus Oyelaran" in page
    assert "I know this person privately." in page
    assert task_of(intake_db, response_id).state == State.OPEN


def test_what_somebody_else_got_meanwhile_is_not_handed_over(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    clinician.open(inquiry(response_id))

    page = post(
        clinician, f"{desk(response_id)}/escalate", seen="00000000-0000-4000-8000-000000000001"
    ).text

    assert "Marcus Oyelaran has it by now." in page
    assert task_of(intake_db, response_id).owner_id == MARCUS


@pytest.mark.parametrize("to", [str(KIM), "00000000-0000-4000-8000-000000000001"])
def test_a_task_is_handed_to_no_one_who_may_not_read_it(
    intake_db: Database, clinician: Browser, to: str
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    clinician.open(inquiry(response_id))

    page = post(clinician, f"{desk(response_id)}/hand-over", to=to).text

    assert "Nothing was changed." in page
    assert task_of(intake_db, response_id).owner_id is None


def test_escalated_it_goes_to_the_next_person(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    assert "Dana Whitlock is next" in clinician.open(inquiry(response_id)).text

    post(clinician, f"{desk(response_id)}/escalate", seen=str(MARCUS))

    assert task_of(intake_db, response_id).owner_id == DANA


def test_i_have_called_marks_the_call_and_ends_the_task_and_can_be_taken_back(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    clinician.open(inquiry(response_id))

    page = post(clinician, f"{desk(response_id)}/called").text
    assert "Private call done" in page
    assert task_of(intake_db, response_id).state == State.DONE

    post(clinician, f"{desk(response_id)}/not-called")
    with intake_db.begin() as session:
        assert session.get_one(QuestionnaireResponse, response_id).call_done_at is None
    assert task_of(intake_db, response_id).owner_id == DANA
    assert acts(intake_db, response_id)[:4] == ["reopened", "call-not-done", "done", "call-done"]


@pytest.mark.parametrize(
    "verb",
    ["take", "hand-over", "escalate", "done", "reopen", "called", "not-called", "note", "lift"],
)
def test_l01_the_front_desk_has_none_of_it(
    intake_db: Database, app: Flask, signed_in: SignIn, verb: str
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    front_desk = signed_in(app, Role.FRONT_DESK)
    front_desk.open(inquiry(response_id))

    refused = post(front_desk, f"{desk(response_id)}/{verb}", note="x", because="because of this")

    assert refused.status_code == 403
    assert front_desk.client.get("/staff/tasks").status_code == 403
    assert front_desk.client.get("/staff/inquiries/mine").status_code == 403
    assert task_of(intake_db, response_id).owner_id is None


def test_l01_the_front_desk_sees_no_clock_no_owner_and_no_history(
    intake_db: Database, app: Flask, signed_in: SignIn, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, {**AFRAID, "hope_text": CANARY})
    tick()
    front_desk = signed_in(app, Role.FRONT_DESK)

    for path in ("/staff/inquiries", inquiry(response_id)):
        page = front_desk.open(path).text
        for word in (
            "Marcus",
            " left",
            " over<",
            "Same day",
            "I have",
            "Mine",
            "What happened",
            "Private",
            "/staff/tasks",
            "hold",
            CANARY,
        ):
            assert word not in page.split("<main")[1], (path, word)


def test_l39_the_page_says_to_confirm_to_no_one_that_a_person_is_known(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    response_id, _ = sent(intake_db, COUPLE)

    for role in (Role.CLINICIAN, Role.FRONT_DESK):
        page = signed_in(app, role).open(inquiry(response_id)).text
        assert "Tell no one whether you know this person" in page


# ---------------------------------------------------------------- notes


def test_a_private_note_is_sealed_and_each_reading_of_it_recorded(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, COUPLE)
    clinician.open(inquiry(response_id))

    page = post(clinician, f"{desk(response_id)}/note", note=f"{CANARY}\n<b>bold</b>").text

    assert CANARY in page
    assert "&lt;b&gt;bold" in page
    assert "Dana Whitlock" in page
    assert [part for part, _ in read(intake_db)].count("notes") == 1
    with intake_db.begin() as session:
        assert CANARY.encode() not in session.scalars(select(Note.words_sealed)).one()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "nul\x00byte"])
def test_a_note_that_cannot_be_kept_is_given_back(
    intake_db: Database, clinician: Browser, text: str
) -> None:
    response_id, _ = sent(intake_db, COUPLE)
    clinician.open(inquiry(response_id))

    page = post(clinician, f"{desk(response_id)}/note", note=text)

    assert page.status_code == 422
    assert errors_in(page)
    with intake_db.begin() as session:
        assert session.scalars(select(Note)).all() == []


# ---------------------------------------------------------------- the hold


def test_l14_lifting_a_hold_needs_a_clinician_and_a_reason_on_the_page_too(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    assert "Lift the hold" in clinician.open(inquiry(response_id)).text

    short = post(clinician, f"{desk(response_id)}/lift", because="ok")
    assert short.status_code == 422
    assert errors_in(short) == ["Say why, in a sentence that can be read later."]
    assert ">\nok</textarea>" in short.text

    page = post(clinician, f"{desk(response_id)}/lift", because="We met alone; it is safe.").text
    assert "The hold is lifted" in page
    assert "Dana Whitlock, clinician" in page
    assert "We met alone; it is safe." in page
    with intake_db.begin() as session:
        row = session.scalars(select(HoldLift)).one()
        assert (row.role, b"safe" in row.reason_sealed) == ("clinician", False)


def test_where_nothing_is_on_hold_there_is_nothing_to_lift(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, COUPLE)
    assert "Lift the hold" not in clinician.open(inquiry(response_id)).text

    page = post(clinician, f"{desk(response_id)}/lift", because="A reason that is long.").text

    assert "It stands otherwise by now." in page
    with intake_db.begin() as session:
        assert session.scalars(select(HoldLift)).all() == []


# ---------------------------------------------------------------- their own words


def written_just_now(database: Database) -> None:
    """The people of these tests write in 2027; whoever reads does it now."""
    with database.begin() as session:
        past = database_now(session) - timedelta(hours=1)
        session.execute(update(Answer).values(answered_at=past))


def test_read_prose_lets_the_invitation_be_offered_and_both_decisions_can_be_replayed(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, _ = sent(intake_db, HOPE)
    written_just_now(intake_db)
    page = clinician.open(inquiry(response_id)).text
    assert "Not read yet" in page
    assert "I have read it" not in page

    unopened = post(clinician, f"{desk(response_id)}/text-read").text
    assert "Open it first." in unopened

    opened = post(clinician, f"{inquiry(response_id)}/sealed", part="reason", reason="prepare-call")
    assert CANARY in opened.text
    assert "I have read it" in opened.text
    post(clinician, f"{desk(response_id)}/text-read")

    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        (before,), now = decisions.earlier(session, response), decisions.of(session, response)
        assert (before["partner_invite"], now["partner_invite"]) == ("hold", "offer")
        assert response.free_text_read_by == DANA
        form = forms.form_of(session, response)
        assert decide(form.screener, form.answers, form.config).as_document() == now
        unread = {k: v for k, v in form.answers.items() if k != "free_text_read"}
        assert decide(form.screener, unread, form.config).as_document() == before
    assert "May be offered" in clinician.open(inquiry(response_id)).text


def test_what_a_clinician_is_done_with_stays_done_when_the_prose_is_read(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, HOPE)
    written_just_now(intake_db)
    tick()
    clinician.open(inquiry(response_id))
    post(clinician, f"{desk(response_id)}/done")
    post(clinician, f"{inquiry(response_id)}/sealed", part="reason", reason="prepare-call")
    assert task_of(intake_db, response_id).state == State.DONE


# ---------------------------------------------------------------- the glass


def test_who_does_not_have_the_task_breaks_the_glass_with_a_reason_that_everyone_sees(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    page = clinician.open(inquiry(response_id)).text
    assert "Marcus Oyelaran has the task. Why do you have to read this all the same?" in page
    assert "To prepare the call" not in page

    path = f"{inquiry(response_id)}/sealed"
    refused = post(clinician, path, part="between_you", reason="prepare-call")
    assert "have you been afraid of a partner" not in refused.text
    assert "Marcus Oyelaran has this by now." in refused.text
    assert [part for part, _ in read(intake_db)].count("between_you") == 0

    clinician.open(inquiry(response_id))
    opened = post(clinician, path, part="between_you", reason="danger").text
    assert "have you been afraid of a partner" in opened
    assert ("between_you", "Broke the glass: somebody may be in danger") in read(intake_db)
    assert "Dana Whitlock broke the glass" in opened
    assert "Somebody may be in danger." in opened
    assert acts(intake_db, response_id)[0] == "glass"


def test_who_has_the_task_opens_what_is_sealed_without_breaking_anything(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    clinician.open(inquiry(response_id))
    post(clinician, f"{desk(response_id)}/take")

    opened = post(
        clinician, f"{inquiry(response_id)}/sealed", part="between_you", reason="prepare-call"
    )

    assert "have you been afraid of a partner" in opened.text
    assert "glass" not in acts(intake_db, response_id)
