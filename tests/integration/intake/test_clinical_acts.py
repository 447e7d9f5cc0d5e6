"""What clinicians write and decide about an inquiry: notes, holds, prose read, broken glass."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.intake import jobs
from services.intake.audit_models import AuditEntry
from services.intake.domain.screening import decide
from services.intake.domain.tasks import State
from services.intake.models import Answer, QuestionnaireResponse
from services.intake.operations import decisions, forms
from services.intake.providers.scheduler import Scheduler
from services.intake.triage_models import HoldLift, Note
from services.intake.web import audit_words
from shared.db import Database, database_now
from tests.integration.intake.browsing import Browser, errors_in
from tests.integration.intake.people import AFRAID, COUPLE, sent
from tests.integration.intake.task_acts import (
    CANARY,
    DANA,
    HOPE,
    STAFF,
    acts,
    desk,
    inquiry,
    post,
    read,
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


def test_whatever_is_done_with_a_task_is_in_the_audit_by_a_name_that_its_page_knows(
    intake_db: Database, clinician: Browser, tick: Callable[[], None]
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    clinician.open(inquiry(response_id))
    post(clinician, f"{inquiry(response_id)}/sealed", part="between_you", reason="danger")
    clinician.open(inquiry(response_id))
    for verb in ("take", "called", "not-called", "done", "reopen"):
        post(clinician, f"{desk(response_id)}/{verb}")
    post(clinician, f"{desk(response_id)}/note", note="Mornings are best.")

    with intake_db.begin() as session:
        acts_noted = set(session.scalars(select(AuditEntry.act)))

    assert {"task-glass", "task-taken", "task-done", "task-reopened", "write-note"} <= acts_noted
    assert acts_noted <= set(audit_words.ACTS)
