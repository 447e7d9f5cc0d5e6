"""Whose turn it is: every inquiry is in somebody's hands, and passed on when time is up."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from services.intake import jobs
from services.intake.domain.practice import PracticeSettings
from services.intake.domain.tasks import Colleague, State
from services.intake.models import QuestionnaireResponse
from services.intake.operations import calls, holds, inquiries, tasks
from services.intake.operations.readers import Reader
from services.intake.providers.scheduler import StaffMember
from services.intake.triage_models import Task, TaskEvent
from shared.clock import utcnow
from shared.contracts.intake import TaskAssigned
from shared.db import Database, database_now
from shared.messaging.tables import Outbox
from shared.vocabulary import Role
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, fill_in, sent

DANA, MARCUS, PRIYA = (
    Colleague(account_id=UUID(int=n), name=name, role=role)
    for n, name, role in (
        (7, "Dana Whitlock", Role.OWNER),
        (8, "Marcus Oyelaran", Role.CLINICIAN),
        (9, "Priya Raman", Role.CLINICIAN),
    )
)
DESK = Colleague(account_id=UUID(int=5), name="Kim Osei", role=Role.FRONT_DESK)
RULES = {"settings": PracticeSettings(), "zone": ZoneInfo("America/New_York")}


class Directory:
    """The scheduler, as far as the job asks it."""

    def __init__(self, *people: Colleague) -> None:
        self.people: tuple[Colleague, ...] | None = people

    def staff(self) -> tuple[StaffMember, ...] | None:
        if self.people is None:
            return None
        return tuple(
            StaffMember(account_id=one.account_id, name=one.name, role=one.role)
            for one in self.people
        )


def reader(colleague: Colleague) -> Reader:
    return Reader(account_id=colleague.account_id, name=colleague.name, role=colleague.role)


@pytest.fixture
def tick(intake_db: Database, settings_for: Any) -> Any:
    """The job runs once."""
    directory = Directory(DESK, DANA, MARCUS, PRIYA)

    def run(*people: Colleague | None) -> None:
        if people:
            directory.people = None if people == (None,) else people  # type: ignore[assignment]
        jobs.see_to_tasks(intake_db, settings_for("intake"), directory)  # type: ignore[arg-type]

    return run


def task_of(database: Database, response_id: UUID) -> Task:
    with database.begin() as session:
        found = tasks.find(session, response_id)
    assert found is not None
    return found


def time_is_up(database: Database, response_id: UUID) -> None:
    with database.begin() as session:
        past = database_now(session) - timedelta(seconds=1)
        session.execute(
            update(Task).where(Task.response_id == response_id).values(acknowledge_by=past)
        )


def told(database: Database) -> list[UUID]:
    """Who was told of a task, in order."""
    with database.begin() as session:
        rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()
    return [
        UUID(row.envelope["data"]["account_id"])
        for row in rows
        if row.envelope["type"] == TaskAssigned.type
    ]


def test_every_inquiry_is_given_to_the_first_who_may_read_it(
    intake_db: Database, tick: Any
) -> None:
    calm, _ = sent(intake_db, ALONE)
    afraid, _ = sent(intake_db, AFRAID, "another token")

    tick()
    tick()

    assert {task_of(intake_db, one).owner_id for one in (calm, afraid)} == {DANA.account_id}
    assert told(intake_db) == [DANA.account_id] * 2


def test_an_unfinished_form_waits_unless_somebody_may_be_in_danger(
    intake_db: Database, tick: Any
) -> None:
    with intake_db.begin() as session:
        calm = fill_in(session, "one", COUPLE).response.id
        crisis = fill_in(session, "two", {**COUPLE, "h_now": "yes"}).response.id

    tick()

    assert task_of(intake_db, calm).state == State.WAITING
    assert task_of(intake_db, crisis).state == State.OPEN


def test_l35_an_unacknowledged_crisis_goes_to_the_next_person(
    intake_db: Database, tick: Any
) -> None:
    crisis, _ = sent(intake_db, {**COUPLE, "h_now": "yes"})
    tick()
    first = task_of(intake_db, crisis)
    assert first.acknowledge_by is not None
    assert first.opened_at is not None
    assert first.acknowledge_by - first.opened_at == timedelta(minutes=30)

    for _ in range(3):
        tick()  # before the time is up nothing happens
        time_is_up(intake_db, crisis)
        tick()

    people = [DANA, MARCUS, PRIYA, DANA]
    assert told(intake_db) == [one.account_id for one in people]
    assert task_of(intake_db, crisis).owner_name == "Dana Whitlock"


def test_l35_who_said_i_have_it_keeps_it(intake_db: Database, tick: Any) -> None:
    crisis, _ = sent(intake_db, {**COUPLE, "h_now": "yes"})
    tick()
    with intake_db.begin() as session:
        tasks.acknowledge(session, response_id=crisis, reader=reader(DANA))

    time_is_up(intake_db, crisis)
    tick()

    assert task_of(intake_db, crisis).state == State.ACKNOWLEDGED
    assert told(intake_db) == [DANA.account_id]


def test_what_somebody_had_who_has_left_goes_to_the_next(intake_db: Database, tick: Any) -> None:
    crisis, _ = sent(intake_db, {**COUPLE, "h_now": "yes"})
    tick()
    with intake_db.begin() as session:
        tasks.acknowledge(session, response_id=crisis, reader=reader(DANA))

    tick(DESK, MARCUS, PRIYA)

    task = task_of(intake_db, crisis)
    assert (task.owner_id, task.state) == (MARCUS.account_id, State.OPEN)
    assert told(intake_db) == [DANA.account_id, MARCUS.account_id]


def test_who_takes_it_before_the_job_has_looked_keeps_it(intake_db: Database, tick: Any) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    with intake_db.begin() as session:
        tasks.acknowledge(session, response_id=response_id, reader=reader(PRIYA))

    tick()

    task = task_of(intake_db, response_id)
    assert (task.owner_id, task.state) == (PRIYA.account_id, State.ACKNOWLEDGED)
    assert told(intake_db) == []


def test_l35_two_workers_at_once_pass_a_task_on_once(intake_db: Database, tick: Any) -> None:
    crises = [sent(intake_db, {**COUPLE, "h_now": "yes"}, str(n))[0] for n in range(3)]
    tick()
    for crisis in crises:
        time_is_up(intake_db, crisis)

    workers = [threading.Thread(target=tick) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tick()

    assert {task_of(intake_db, one).owner_id for one in crises} == {MARCUS.account_id}
    assert sorted(told(intake_db)) == sorted([DANA.account_id] * 3 + [MARCUS.account_id] * 3)


class Killed(Exception):
    pass


def test_l35_killed_before_the_commit_nothing_is_lost_and_nobody_is_told_twice(
    intake_db: Database, tick: Any
) -> None:
    crisis, _ = sent(intake_db, {**COUPLE, "h_now": "yes"})
    tick()
    time_is_up(intake_db, crisis)
    people = [DANA, MARCUS, PRIYA]
    working = [one.account_id for one in people]

    with pytest.raises(Killed), intake_db.begin() as session:  # noqa: PT012
        assert tasks.assign(
            session,
            response_id=crisis,
            people=people,
            working=working,
            **RULES,  # type: ignore[arg-type]
        )
        raise Killed

    assert task_of(intake_db, crisis).owner_id == DANA.account_id
    tick()
    assert told(intake_db) == [DANA.account_id, MARCUS.account_id]


def test_l35_an_alert_carries_ids_alone(intake_db: Database, tick: Any) -> None:
    sent(intake_db, {**COUPLE, "h_now": "yes"})
    tick()

    with intake_db.begin() as session:
        rows = session.scalars(select(Outbox)).all()
    data = [r.envelope["data"] for r in rows if r.envelope["type"] == TaskAssigned.type]
    assert [set(one) for one in data] == [{"assignment_id", "account_id"}]


def test_with_nobody_known_the_task_waits_and_is_given_as_soon_as_somebody_is(
    intake_db: Database, tick: Any
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    tick(None)
    tick(DESK)
    assert task_of(intake_db, response_id).owner_id is None

    tick(DESK, PRIYA)

    assert task_of(intake_db, response_id).owner_id == PRIYA.account_id


def test_of_two_who_take_it_one_has_it_and_the_other_is_told_who(
    intake_db: Database, tick: Any
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    tick()
    with intake_db.begin() as session:
        tasks.acknowledge(session, response_id=response_id, reader=reader(MARCUS))

    with intake_db.begin() as session, pytest.raises(tasks.SomebodyHasIt) as refused:
        tasks.acknowledge(session, response_id=response_id, reader=reader(PRIYA))

    assert refused.value.owner == "Marcus Oyelaran"


def test_handed_over_it_has_to_be_acknowledged_anew(intake_db: Database, tick: Any) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    with intake_db.begin() as session:
        tasks.acknowledge(session, response_id=response_id, reader=reader(DANA))
        tasks.hand_over(
            session,
            response_id=response_id,
            reader=reader(DANA),
            to=PRIYA,
            reason="knows-them",
            **RULES,  # type: ignore[arg-type]
        )

    handed = task_of(intake_db, response_id)
    assert (handed.state, handed.owner_name) == (State.OPEN, "Priya Raman")
    assert told(intake_db) == [DANA.account_id, PRIYA.account_id]


def test_passed_on_it_goes_to_the_next_and_never_to_the_same(
    intake_db: Database, tick: Any
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    tick()
    with intake_db.begin() as session:
        to = tasks.escalate(
            session,
            response_id=response_id,
            reader=reader(DANA),
            people=[DANA, MARCUS],
            reason="",
            **RULES,  # type: ignore[arg-type]
        )
    assert to == MARCUS

    with intake_db.begin() as session, pytest.raises(tasks.NobodyElse):
        tasks.escalate(
            session,
            response_id=response_id,
            reader=reader(MARCUS),
            people=[MARCUS],
            reason="",
            **RULES,  # type: ignore[arg-type]
        )


def test_closed_and_opened_again_it_is_with_whoever_opened_it(
    intake_db: Database, tick: Any
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    tick()
    with intake_db.begin() as session:
        found = inquiries.find(session, response_id=response_id, reader=reader(DANA))
        assert found is not None
        inquiries.close(session, inquiry=found, reader=reader(DANA), now=utcnow())
    assert task_of(intake_db, response_id).state == State.DONE
    tick()
    assert task_of(intake_db, response_id).state == State.DONE

    with intake_db.begin() as session:
        found = inquiries.find(session, response_id=response_id, reader=reader(PRIYA))
        assert found is not None
        inquiries.reopen(session, inquiry=found, reader=reader(PRIYA))

    assert task_of(intake_db, response_id).owner_name == "Priya Raman"
    with intake_db.begin() as session:
        acts = [event.act for event in tasks.history(session, response_id)]
    assert acts == ["reopened", "done", "assigned", "opened"]


def test_the_history_of_a_task_only_grows(intake_db: Database, tick: Any) -> None:
    sent(intake_db, ALONE)
    tick()

    with pytest.raises(Exception, match="only grows"), intake_db.begin() as session:
        session.execute(update(TaskEvent).values(act="nothing"))


def test_l14_lifting_a_hold_needs_a_clinician_and_a_reason(intake_db: Database) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        with pytest.raises(ValueError, match="clinical"):
            holds.lift(session, response=response, reader=reader(DESK), reason="a long reason")
        with pytest.raises(holds.NoReason):
            holds.lift(session, response=response, reader=reader(DANA), reason="  because  ")
        assert not holds.lifted(session, response)

        holds.lift(
            session, response=response, reader=reader(DANA), reason="We met alone; she asked."
        )

        assert holds.lifted(session, response)


def test_that_the_call_took_place_is_said_once_and_can_be_taken_back(intake_db: Database) -> None:
    response_id, _ = sent(intake_db, ALONE)
    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        calls.mark_done(session, response=response, reader=reader(DANA), now=utcnow())
        calls.mark_done(session, response=response, reader=reader(PRIYA), now=utcnow())
        assert (calls.done(response), response.call_done_by) == (True, DANA.account_id)

        calls.unmark(session, response=response, reader=reader(PRIYA))

        assert not calls.done(response)
        assert uuid4() not in {event.by_id for event in tasks.history(session, response_id)}
