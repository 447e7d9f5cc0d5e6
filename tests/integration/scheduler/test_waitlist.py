"""P27: a freed time is offered to the best match, alone and for a while; then the next is asked."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.scheduler.domain.errors import (
    AlreadyBooked,
    OfferOver,
    SlotTaken,
)
from services.scheduler.models import Appointment
from services.scheduler.operations.offers import Wanted
from tests.integration.scheduler.acts import book, cancel, history, hold, invited
from tests.integration.scheduler.waiting import (
    NOON,
    accept,
    answers,
    decline,
    entries,
    free_again,
    let_lapse,
    look,
    offered,
    permission_of,
    starts,
    wait,
)
from tests.integration.scheduler.world import (
    events,
    live_rows,
)

HOUR = timedelta(hours=1)


def test_p27_a_cancelled_time_is_offered_held_and_booked_by_who_waits(scheduler_db, settings, full):
    mine = invited(scheduler_db)
    wait(scheduler_db, mine, settings)
    assert look(scheduler_db, settings) == []

    free_again(scheduler_db, full[2], settings)
    (one,) = look(scheduler_db, settings)

    assert one.starts_at == full[2].starts_at
    assert starts(scheduler_db, settings) == []
    with pytest.raises(SlotTaken):
        book(scheduler_db, invited(scheduler_db), Wanted(one.starts_at), settings, now=NOON)
    place = accept(scheduler_db, one, settings)
    assert (place.status, place.appointment.starts_at) == ("booked", one.starts_at)
    assert place.participant.person_id == mine.person_id
    assert answers(scheduler_db) == ["accepted"]
    assert [entry.outcome for entry in entries(scheduler_db)] == ["booked"]
    assert events(scheduler_db)[-2:] == ["waitlist.offered.v1", "appointment.booked.v1"]


def test_p27_the_offer_its_hold_and_its_event_are_one_commit_and_end_together(
    scheduler_db, settings, full
):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)

    (one,) = look(scheduler_db, settings)

    (held,) = [row for row in live_rows(scheduler_db) if row.status == "proposed"]
    assert (held.id, held.hold_until) == (one.held_id, one.expires_at)
    assert held.invitation_id is None
    assert 119 * 60 < (one.expires_at - one.offered_at).total_seconds() < 121 * 60
    assert events(scheduler_db)[-1] == "waitlist.offered.v1"


def test_p27_who_has_waited_longest_is_asked_first_and_the_next_when_it_lapses(
    scheduler_db, settings, full
):
    first, second = (wait(scheduler_db, invited(scheduler_db), settings) for _ in range(2))
    free_again(scheduler_db, full[0], settings)

    (one,) = look(scheduler_db, settings)
    assert look(scheduler_db, settings) == []
    let_lapse(scheduler_db)
    (next_one,) = look(scheduler_db, settings)

    assert (one.entry_id, next_one.entry_id) == (first.id, second.id)
    assert one.starts_at == next_one.starts_at
    assert answers(scheduler_db) == ["lapsed", None]
    with pytest.raises(OfferOver):
        accept(scheduler_db, one, settings)
    assert accept(scheduler_db, next_one, settings).status == "booked"
    assert entries(scheduler_db)[0].ended_at is None


def test_p27_after_a_no_the_next_is_asked_at_once_and_nobody_twice_about_one_time(
    scheduler_db, settings, full
):
    for _ in range(2):
        wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    for _ in range(2):
        (one,) = look(scheduler_db, settings)
        decline(scheduler_db, one, settings)

    assert look(scheduler_db, settings) == []
    assert starts(scheduler_db, settings) == [full[0].starts_at]
    assert answers(scheduler_db) == ["declined", "declined"]


def test_p27_an_answer_that_is_sent_twice_counts_once(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    (one,) = look(scheduler_db, settings)

    first = accept(scheduler_db, one, settings)
    again = accept(scheduler_db, one, settings)
    decline(scheduler_db, one, settings)

    assert again.appointment.id == first.appointment.id
    assert answers(scheduler_db) == ["accepted"]
    assert history(scheduler_db)[-1] == ("book", 0, "booked")


def test_p27_who_let_an_offer_lapse_is_asked_after_the_others(scheduler_db, settings, full):
    _, second = (wait(scheduler_db, invited(scheduler_db), settings) for _ in range(2))
    free_again(scheduler_db, full[0], settings)
    look(scheduler_db, settings)
    let_lapse(scheduler_db)
    (one,) = look(scheduler_db, settings)
    decline(scheduler_db, one, settings)

    free_again(scheduler_db, full[1], settings)

    assert [one.entry_id for one in look(scheduler_db, settings)] == [second.id]


def test_p27_who_has_a_time_is_offered_only_a_sooner_one_and_is_moved_to_it(
    scheduler_db, settings, full
):
    mine = full[3]
    wait(scheduler_db, permission_of(scheduler_db, mine), settings)

    free_again(scheduler_db, full[4], settings)
    assert look(scheduler_db, settings) == []
    free_again(scheduler_db, full[1], settings)
    (one,) = look(scheduler_db, settings)
    place = accept(scheduler_db, one, settings)

    assert (place.appointment.id, place.appointment.starts_at) == (mine.id, full[1].starts_at)
    assert place.appointment.sequence == 1
    assert mine.starts_at in starts(scheduler_db, settings)
    assert events(scheduler_db)[-1] == "appointment.moved.v1"
    assert [row.status for row in live_rows(scheduler_db)].count("proposed") == 0


def test_p27_who_books_a_later_time_meanwhile_still_waits_for_a_sooner_one(
    scheduler_db, settings, full
):
    mine = invited(scheduler_db)
    wait(scheduler_db, mine, settings)
    free_again(scheduler_db, full[3], settings)
    book(scheduler_db, mine, Wanted(full[3].starts_at), settings, now=NOON)
    free_again(scheduler_db, full[4], settings)
    assert look(scheduler_db, settings) == []

    free_again(scheduler_db, full[2], settings)

    assert [one.starts_at for one in look(scheduler_db, settings)] == [full[2].starts_at]


def test_p27_who_found_a_sooner_time_meanwhile_keeps_it(scheduler_db, settings, full):
    mine = invited(scheduler_db)
    wait(scheduler_db, mine, settings)
    free_again(scheduler_db, full[3], settings)
    (one,) = look(scheduler_db, settings)
    free_again(scheduler_db, full[0], settings)
    sooner = book(scheduler_db, mine, Wanted(full[0].starts_at), settings, now=NOON)

    with pytest.raises(AlreadyBooked):
        accept(scheduler_db, one, settings)

    assert [row.id for row in live_rows(scheduler_db) if row.invitation_id == mine.id] == [
        sooner.id
    ]
    assert answers(scheduler_db) == [None]


def test_p27_taking_the_offer_lets_go_of_a_time_that_was_only_held(scheduler_db, settings, full):
    mine = invited(scheduler_db)
    wait(scheduler_db, mine, settings)
    free_again(scheduler_db, full[3], settings)
    (one,) = look(scheduler_db, settings)
    free_again(scheduler_db, full[4], settings)
    hold(scheduler_db, mine, Wanted(full[4].starts_at), settings)

    place = accept(scheduler_db, one, settings)

    assert place.appointment.starts_at == full[3].starts_at
    assert starts(scheduler_db, settings) == [full[4].starts_at]


def test_p27_what_everybody_could_choose_when_one_began_to_wait_is_not_offered(
    scheduler_db, settings, full
):
    for one in full[2:4]:
        free_again(scheduler_db, one, settings)
    wait(scheduler_db, invited(scheduler_db), settings)

    assert look(scheduler_db, settings) == []
    free_again(scheduler_db, full[4], settings)
    assert look(scheduler_db, settings) == [], "later than what is free for everybody"
    free_again(scheduler_db, full[1], settings)
    assert [one.starts_at for one in look(scheduler_db, settings)] == [full[1].starts_at]


def test_p27_what_was_free_once_and_then_taken_is_offered_when_it_is_free_again(
    scheduler_db, settings, full
):
    free_again(scheduler_db, full[2], settings)
    wait(scheduler_db, invited(scheduler_db), settings)
    taken = book(scheduler_db, invited(scheduler_db), Wanted(full[2].starts_at), settings, now=NOON)
    assert look(scheduler_db, settings) == []

    free_again(scheduler_db, taken, settings)

    assert [one.starts_at for one in look(scheduler_db, settings)] == [full[2].starts_at]


def test_p27_nobody_is_offered_the_time_that_they_gave_back_themselves(
    scheduler_db, settings, full
):
    wait(scheduler_db, permission_of(scheduler_db, full[2]), settings)

    cancel(scheduler_db, full[2], settings, now=NOON)

    assert look(scheduler_db, settings) == []
    free_again(scheduler_db, full[3], settings)
    assert [one.starts_at for one in look(scheduler_db, settings)] == [full[3].starts_at]


def test_p3_a_lapsed_offer_is_free_for_all_without_any_worker(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    look(scheduler_db, settings)

    let_lapse(scheduler_db)

    other = invited(scheduler_db)
    taken = book(scheduler_db, other, Wanted(full[0].starts_at), settings, now=NOON)
    assert taken.status == "booked"
    with scheduler_db.begin() as session:
        assert session.scalars(select(Appointment.status).where(Appointment.id == taken.id)).one()
    with pytest.raises(OfferOver):
        accept(scheduler_db, offered(scheduler_db)[0], settings)
