"""To whom a Good Faith Estimate is owed, by when, and how it may be given."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.consumers import consumer
from services.intake.domain.estimates import Charges
from services.intake.operations import contacts, estimates
from services.intake.record_models import CostEstimate
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled
from shared.db import Database
from shared.messaging.events import Event
from shared.vocabulary import Role
from shared.zones import zone
from tests.integration.intake.browsing import Browser, errors_in
from tests.integration.intake.people import ALONE, COUPLE, NOW, sent
from tests.integration.intake.record_acts import DESK, asks, copy_of, post, read_all

NEW_YORK = zone("America/New_York")
# Wednesday evening in New York, Thursday in Greenwich: it counts as Wednesday.
EVENING = datetime(2027, 3, 11, 1, 30, tzinfo=UTC)
IN_TWO_WEEKS = datetime(2027, 3, 24, 18, tzinfo=UTC)
CHARGES = Charges(service="Session, 50 minutes", cents_per_visit=21_000, visits=20)


def hear(database: Database, event: Event, *, said: datetime = EVENING) -> None:
    with database.begin() as session:
        consumer.receive(event.envelope(event_id=uuid4(), at=said), session)


def booked(
    *people: UUID, appointment: UUID | None = None, at: datetime = IN_TWO_WEEKS
) -> AppointmentBooked:
    return AppointmentBooked(
        appointment_id=appointment or uuid4(),
        sequence=0,
        person_ids=people,
        starts_at=at,
        ends_at=at,
    )


def owed(
    database: Database, *, free_call: bool = True, person_id: UUID | None = None
) -> list[tuple[UUID, str, date]]:
    with database.begin() as session:
        found = estimates.owed(session, zone=NEW_YORK, free_call=free_call, person_id=person_id)
        return [(one.row.person_id, one.row.occasion, one.due_on) for one in found]


# ---------------------------------------------------------------- when it is owed


def test_l40_booking_a_session_makes_an_estimate_due_by_the_practice_s_own_days(
    intake_db: Database,
) -> None:
    _, first = sent(intake_db, {**COUPLE, "payment": "self_pay"}, "1")
    _, second = sent(intake_db, {**COUPLE, "payment": "insurance"}, "2")

    hear(intake_db, booked(first, second))

    assert owed(intake_db) == [(first, "booked", date(2027, 3, 15))]


def test_l41_of_a_couple_each_one_who_pays_gets_their_own(intake_db: Database) -> None:
    silent = {name: value for name, value in COUPLE.items() if name != "payment"}
    _, first = sent(intake_db, {**COUPLE, "payment": "not_sure"}, "1")
    _, second = sent(intake_db, silent, "2")
    event = booked(first, second)

    hear(intake_db, event)
    hear(intake_db, event)  # the same booking told twice

    assert {row[0] for row in owed(intake_db)} == {first, second}
    assert len(owed(intake_db)) == 2


def test_l40_a_free_private_call_makes_none_due_and_a_paid_one_does(intake_db: Database) -> None:
    _, person_id = sent(intake_db, {**ALONE, "payment": "self_pay"})

    hear(intake_db, booked(person_id))

    assert owed(intake_db) == []
    assert owed(intake_db, free_call=False) == [(person_id, "booked", date(2027, 3, 15))]


def test_l40_a_cancelled_visit_owes_nothing_in_whichever_order_it_is_told(
    intake_db: Database,
) -> None:
    _, first = sent(intake_db, COUPLE, "1")
    _, second = sent(intake_db, COUPLE, "2")
    for events in (("booked", "cancelled"), ("cancelled", "booked")):
        appointment = uuid4()
        told = {
            "booked": booked(first, second, appointment=appointment),
            "cancelled": AppointmentCancelled(
                appointment_id=appointment, sequence=1, person_ids=(first, second)
            ),
        }
        for name in events:
            hear(intake_db, told[name])

    assert owed(intake_db) == []


def test_l40_somebody_unknown_here_owes_and_breaks_nothing(intake_db: Database) -> None:
    hear(intake_db, booked(uuid4(), uuid4()))

    assert owed(intake_db) == []


# ---------------------------------------------------------------- how it is given


def written(database: Database, person_id: UUID) -> UUID:
    with database.begin() as session:
        row = estimates.ask(session, person_id=person_id, occasion="asked", now=NOW)
        estimates.write(session, row, charges=CHARGES)
        return row.id


def give(database: Database, person_id: UUID, estimate_id: UUID, way: str) -> None:
    with database.begin() as session:
        row = estimates.find(session, estimate_id=estimate_id, person_id=person_id, for_change=True)
        assert row is not None
        estimates.deliver(session, row, way=way, reader=DESK, now=NOW)


def test_l41_without_a_safe_address_it_is_picked_up(intake_db: Database) -> None:
    _, person_id = sent(intake_db, COUPLE)
    with intake_db.begin() as session:
        contacts.narrow(session, person_id=person_id, keep=["call"])
    estimate_id = written(intake_db, person_id)

    with pytest.raises(estimates.NotASafeWay):
        give(intake_db, person_id, estimate_id, "email")
    give(intake_db, person_id, estimate_id, "pick-up")

    assert owed(intake_db) == []
    with pytest.raises(estimates.NotWritten):
        give(intake_db, person_id, estimate_id, "pick-up")


def test_l41_by_mail_where_mail_is_safe(intake_db: Database) -> None:
    _, person_id = sent(intake_db, COUPLE)
    with intake_db.begin() as session:
        assert estimates.ways(session, person_id=person_id) == ("email", "pick-up")

    give(intake_db, person_id, written(intake_db, person_id), "email")


def test_l15_an_estimate_that_was_given_is_in_the_copy_of_the_record(intake_db: Database) -> None:
    _, person_id = sent(intake_db, COUPLE)
    give(intake_db, person_id, written(intake_db, person_id), "pick-up")
    written(intake_db, person_id)  # not given yet
    request = asks(intake_db, person_id)
    read_all(intake_db, request)

    (one,) = copy_of(intake_db, request)["estimates"]

    assert (one["cents_per_visit"], one["visits"]) == (21_000, 20)


def test_an_estimate_is_found_only_with_its_person(intake_db: Database) -> None:
    _, first = sent(intake_db, COUPLE, "1")
    _, second = sent(intake_db, COUPLE, "2")
    estimate_id = written(intake_db, first)

    with intake_db.begin() as session:
        assert estimates.find(session, estimate_id=estimate_id, person_id=second) is None


def test_l41_any_question_about_cost_is_noted_by_the_front_desk_written_and_given(
    intake_db: Database, app: Flask, signed_in: Callable[..., Browser]
) -> None:
    response_id, person_id = sent(intake_db, {**COUPLE, "name_used": "Rowan Teller"})
    desk = signed_in(app, Role.FRONT_DESK)
    home = f"/staff/inquiries/{response_id}/record"
    desk.open(home)
    page = post(desk, f"{home}/estimates/asked")
    assert "due within three business days" in page.text
    assert "Rowan Teller" in desk.open("/staff/records").text
    with intake_db.begin() as session:
        (row,) = session.scalars(select(CostEstimate))
    where = f"{home}/estimates/{row.id}"
    assert desk.open(f"{where}/paper").status_code == 404

    desk.open(where)
    wrong: dict[str, Any] = {"service": "Session", "dollars": "a lot", "visits": "500"}
    page = post(desk, where, **wrong)
    assert page.status_code == 422
    assert len(errors_in(page)) == 2
    assert 'value="a lot"' in page.text
    post(desk, where, service="Session, 50 minutes", dollars="210.50", visits="20")

    paper = desk.open(f"{where}/paper").text
    assert "20 visits at $210.50. Expected in all: $4,210.00." in paper
    assert "$400 or more above this estimate" in paper
    desk.open(where)
    assert post(desk, f"{where}/given", way="pick-up").status_code == 200
    assert owed(intake_db, person_id=person_id) == []
    assert "None is owed." in desk.open("/staff/records").text


def test_l40_a_change_of_plan_makes_a_new_one_due_a_business_day_before_the_visit(
    intake_db: Database, app: Flask, signed_in: Callable[..., Browser]
) -> None:
    response_id, person_id = sent(intake_db, COUPLE)
    desk = signed_in(app, Role.FRONT_DESK)
    home = f"/staff/inquiries/{response_id}/record"
    desk.open(home)

    post(desk, f"{home}/estimates/changed", visit_on="2027-06-01")  # the day after Memorial Day

    assert owed(intake_db) == [(person_id, "changed", date(2027, 5, 28))]


# ---------------------------------------------------------------- the plain warning


def test_l42_the_form_and_the_paper_warn_that_plans_often_do_not_pay(
    intake_db: Database, app: Flask, browser: Browser, signed_in: Callable[..., Browser]
) -> None:
    response_id, person_id = sent(intake_db, COUPLE, "1")
    estimate_id = written(intake_db, person_id)
    desk = signed_in(app, Role.FRONT_DESK)
    paper = desk.open(f"/staff/inquiries/{response_id}/record/estimates/{estimate_id}/paper").text
    browser.walk({**COUPLE, "payment": None})
    pages = " ".join(str(body) for _, _, body in browser.seen)

    warning = "Many health plans do not pay for couples sessions."
    assert warning in paper
    assert "letters from the plan may reach the person who holds the policy" in paper
    assert warning in pages
    assert "you have the right to a Good Faith Estimate" in pages
