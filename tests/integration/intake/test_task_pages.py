"""Tasks in the console: who sees what, who may do what, and what is said of it afterwards."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from services.intake import jobs
from services.intake.domain.tasks import State
from services.intake.models import QuestionnaireResponse
from services.intake.providers.scheduler import Scheduler
from services.intake.triage_models import Task
from shared.db import Database, database_now
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, NOW, sent
from tests.integration.intake.task_acts import (
    CANARY,
    DANA,
    KIM,
    MARCUS,
    STAFF,
    acts,
    desk,
    inquiry,
    names,
    post,
    task_of,
)

SignIn = Callable[..., Browser]


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


def test_among_equals_what_nobody_has_yet_comes_first(
    intake_db: Database, clinician: Browser
) -> None:
    had, _ = sent(intake_db, {**COUPLE, "name_used": "Had Reyes"}, "1", at=NOW)
    later = NOW + timedelta(minutes=1)
    sent(intake_db, {**COUPLE, "name_used": "Free Park"}, "2", at=later)
    clinician.open(inquiry(had))
    post(clinician, f"{desk(had)}/take")

    assert names(clinician.open("/staff/inquiries").text) == ["Free Park", "Had Reyes"]


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
