"""Inside the window in which one can not change a time alone, a wish goes to staff (P22)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from services.scheduler.domain.appointment import Hand, Outcome, Wish
from services.scheduler.domain.errors import InTime, NoSuchLink, NotPossible, TooLate
from services.scheduler.models import Appointment, AppointmentHistory, AppointmentType
from services.scheduler.operations import bookings, changes, participants
from services.scheduler.request_models import ChangeRequest
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.acts import book, cancel, invited, move, wanted
from tests.integration.scheduler.browsing import booked, held
from tests.integration.scheduler.world import events, live_rows, words

STAFF = Hand.staff(UUID(int=7), "spoke on the phone")
SECOND = timedelta(seconds=1)


def rules(database: Database, **changed: timedelta) -> None:
    with database.begin() as session:
        session.execute(update(AppointmentType).values(**changed))


def ask(
    database: Database,
    one: Appointment,
    wish: Wish,
    settings: Settings,
    now: datetime,
    said: str = "",
    person: UUID | None = None,
) -> ChangeRequest:
    with database.begin() as session:
        return changes.ask(
            session,
            appointment_id=one.id,
            person_id=person or participants.person_ids(session, one.id)[0],
            wish=wish,
            words=said,
            settings=settings,
            now=now,
        )


def wishes(database: Database) -> list[tuple[str, str | None]]:
    with database.begin() as session:
        rows = session.scalars(select(ChangeRequest).order_by(ChangeRequest.asked_at))
        return [(row.wish, row.outcome) for row in rows]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_p22_each_type_has_a_window_for_cancelling_and_one_for_moving_to_the_second(
    scheduler_db, settings, dana, seconds
):
    rules(scheduler_db, cancel_notice=timedelta(hours=24), move_notice=timedelta(hours=48))
    one, other = (
        book(scheduler_db, invited(scheduler_db), wanted(clock, dana), settings)
        for clock in ("10:00", "11:00")
    )
    to_move = one.starts_at - timedelta(hours=48) + seconds * SECOND
    to_cancel = other.starts_at - timedelta(hours=24) + seconds * SECOND

    if seconds > 0:
        with pytest.raises(TooLate) as late:
            move(scheduler_db, one, wanted("13:00"), settings, now=to_move)
        assert late.value.until == one.starts_at - timedelta(hours=48)
        with pytest.raises(TooLate):
            cancel(scheduler_db, other, settings, now=to_cancel)
    else:
        move(scheduler_db, one, wanted("13:00"), settings, now=to_move)
        cancel(scheduler_db, other, settings, now=to_cancel)

    assert len(live_rows(scheduler_db)) == (2 if seconds > 0 else 1)


def test_p22_the_practices_own_window_holds_where_the_type_has_none(scheduler_db, settings, dana):
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    strict = replace(settings, change_notice=timedelta(hours=24))

    with pytest.raises(TooLate):
        cancel(scheduler_db, one, strict, now=one.starts_at - timedelta(hours=23))


def test_p22_a_wish_changes_nothing_and_is_told_to_staff_once(scheduler_db, settings, dana):
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    late = one.starts_at - settings.change_notice + SECOND

    first = ask(scheduler_db, one, Wish.MOVE, settings, late, "Thursday would be good")
    again = ask(scheduler_db, one, Wish.MOVE, settings, late)

    assert again.id == first.id
    assert live_rows(scheduler_db)[0].sequence == 0
    assert events(scheduler_db) == ["appointment.booked.v1", "attention.requested.v1"]
    with scheduler_db.begin() as session:
        row = session.scalars(select(ChangeRequest)).one()
        assert b"Thursday" not in (row.words_sealed or b"")
        assert changes.words_of(session, row) == "Thursday would be good"
        assert row.asked_at == late


def test_p22_whoever_can_do_it_alone_asks_nobody_and_what_is_over_is_over(
    scheduler_db, settings, dana
):
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    deadline = one.starts_at - settings.change_notice

    with pytest.raises(InTime):
        ask(scheduler_db, one, Wish.CANCEL, settings, deadline)
    with pytest.raises(NotPossible):
        ask(scheduler_db, one, Wish.CANCEL, settings, one.starts_at)
    with pytest.raises(NoSuchLink):
        ask(scheduler_db, one, Wish.CANCEL, settings, deadline + SECOND, person=UUID(int=9))

    assert wishes(scheduler_db) == []


def test_p22_staff_grant_a_wish_by_doing_it_and_history_says_that_it_was_late(
    scheduler_db, settings, dana
):
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    late = one.starts_at - SECOND
    ask(scheduler_db, one, Wish.MOVE, settings, late)
    ask(scheduler_db, one, Wish.CANCEL, settings, late)

    with scheduler_db.begin() as session:
        bookings.move(
            session,
            appointment_id=one.id,
            wanted=wanted("13:00"),
            settings=settings,
            now=late,
            by=STAFF,
        )
    assert sorted(wishes(scheduler_db)) == [("cancel", None), ("move", "done")]
    with scheduler_db.begin() as session:
        bookings.cancel(
            session,
            appointment_id=one.id,
            settings=settings,
            now=late,
            by=replace(STAFF, reason=None),
        )

    assert {outcome for _, outcome in wishes(scheduler_db)} == {"done"}
    with scheduler_db.begin() as session:
        reasons = session.scalars(
            select(AppointmentHistory.reason).order_by(AppointmentHistory.id)
        ).all()
    assert reasons == [None, "asked for late; spoke on the phone", "asked for late"]


def test_p22_a_wish_may_be_refused_and_is_not_granted_afterwards_by_mistake(
    scheduler_db, settings, dana
):
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    row = ask(scheduler_db, one, Wish.CANCEL, settings, one.starts_at - SECOND)

    for _ in range(2):
        with scheduler_db.begin() as session:
            kept = changes.keep(session, wish_id=row.id, by=STAFF)
    assert kept.outcome == Outcome.KEPT
    assert live_rows(scheduler_db)[0].status == "booked"

    second = ask(scheduler_db, one, Wish.CANCEL, settings, one.starts_at - SECOND)
    with scheduler_db.begin() as session:
        bookings.cancel(
            session, appointment_id=one.id, settings=settings, now=one.starts_at, by=STAFF
        )
    with pytest.raises(NotPossible), scheduler_db.begin() as session:
        changes.keep(session, wish_id=second.id, by=STAFF)
    assert [outcome for _, outcome in wishes(scheduler_db)] == ["kept", "done"]


def test_p22_nobody_asks_without_end(scheduler_db, settings, dana):
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    late = one.starts_at - SECOND
    for _ in range(changes.MOST):
        row = ask(scheduler_db, one, Wish.CANCEL, settings, late)
        with scheduler_db.begin() as session:
            changes.keep(session, wish_id=row.id, by=STAFF)

    with pytest.raises(NotPossible):
        ask(scheduler_db, one, Wish.CANCEL, settings, late)


# ---------------------------------------------------------------- pages


def starts_in(database: Database, ahead: timedelta) -> None:
    with database.begin() as session:
        soon = utcnow() + ahead
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": soon, "b": soon + timedelta(minutes=20)},
        )


def test_p22_the_page_takes_a_wish_and_says_calmly_what_becomes_of_it(visitor, token, scheduler_db):
    own = booked(visitor, token)
    starts_in(scheduler_db, timedelta(minutes=90))

    page = visitor.open(f"{own}/change")
    nothing = visitor.send(f"{own}/wish", page, words="Sorry, and <b>thanks</b>")
    sent = visitor.send(f"{own}/wish", page, wish="cancel", words="I am ill")
    after = visitor.open(sent.location)

    assert nothing.status_code == 422
    assert "Say what you would like." in words(nothing)
    assert "Sorry, and &lt;b&gt;thanks&lt;/b&gt;" in nothing.get_data(as_text=True)
    assert "You asked us today at" in words(after)
    assert "to cancel it. Your time stands until we have answered." in words(after)
    assert "I am ill" not in words(after)
    assert "to cancel it. Your time stands" in words(visitor.open(own))

    with scheduler_db.begin() as session:
        row = session.scalars(select(ChangeRequest)).one()
        changes.keep(session, wish_id=row.id, by=STAFF)
    assert "so your time stays as it is" in words(visitor.open(f"{own}/change"))


def test_p22_what_can_still_be_done_alone_is_and_only_the_rest_is_asked_for(
    visitor, token, scheduler_db
):
    own = booked(visitor, token)
    rules(scheduler_db, move_notice=timedelta(hours=24), cancel_notice=timedelta(hours=1))
    starts_in(scheduler_db, timedelta(hours=3))

    page = visitor.open(f"{own}/change")

    assert "It is too close to the time to move it here. You can still cancel it" in words(page)
    assert "Yes, cancel it" in words(page)
    assert "Ask to move it" in words(page)
    assert visitor.send(f"{own}/wish", page, wish="cancel").status_code == 409
    assert visitor.send(f"{own}/wish", page, wish="move").status_code == 303
    assert visitor.send(f"{own}/cancel", page).status_code == 303
    assert [row[1] for row in wishes(scheduler_db)] == ["done"]


def test_p22_a_wish_about_a_time_that_is_over_or_cancelled_is_explained(
    visitor, token, scheduler_db
):
    own = booked(visitor, token)
    starts_in(scheduler_db, timedelta(minutes=90))
    page = visitor.open(f"{own}/change")
    starts_in(scheduler_db, timedelta(minutes=-90))

    answer = visitor.send(f"{own}/wish", page, wish="cancel")

    assert answer.status_code == 409
    assert "can not be changed any more" in words(answer)
    with scheduler_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(ChangeRequest)) == 0


# ---------------------------------------------------------------- a hold on the page (P3)


def test_p3_the_page_keeps_a_time_longer_once(visitor, token, scheduler_db):
    held(visitor, token)
    first = live_rows(scheduler_db)[0].hold_until
    check = visitor.open(f"/t/{token}/check")

    renewed = visitor.send(f"/t/{token}/renew", check)
    again = visitor.send(f"/t/{token}/renew", check)
    after = visitor.open(renewed.location)

    assert "Keep it 15 more minutes" in words(check)
    assert (renewed.status_code, again.status_code) == (303, 303)
    assert live_rows(scheduler_db)[0].hold_until - first == timedelta(minutes=15)
    assert "Keep it 15 more minutes" not in words(after)
    assert "We are holding this time for you" in words(after)
