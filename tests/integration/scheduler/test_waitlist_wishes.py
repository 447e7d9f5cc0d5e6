"""P27: what people who wait have wished for, and how their waiting ends."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from services.scheduler.consumers import consumer
from services.scheduler.domain.errors import (
    BadHours,
    NoSuchWay,
    NotLicensedThere,
)
from services.scheduler.models import AppointmentType, Invitation, Practitioner
from services.scheduler.operations import invitations, waitlist
from shared.contracts.intake import PersonErased
from shared.vocabulary import Channel
from tests.integration.scheduler.acts import invited
from tests.integration.scheduler.waiting import (
    NEXT_WEEK,
    NOON,
    accept,
    answers,
    entries,
    fill,
    free_again,
    look,
    starts,
    wait,
)
from tests.integration.scheduler.world import (
    a_clinician,
    a_contact,
    hours,
    local,
    token_of,
)

HOUR = timedelta(hours=1)


def test_p27_hours_and_clinicians_that_were_wished_for_count(scheduler_db, settings, full):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran", weekly=hours(("14:00", "14:20"), days=[4]))
    fill(scheduler_db, settings)
    wait(scheduler_db, invited(scheduler_db), settings, marcus)
    wait(scheduler_db, invited(scheduler_db), settings, times=hours(("13:00", "18:00")))
    wait(
        scheduler_db,
        invited(scheduler_db),
        settings,
        times=hours(("06:00", "08:00")),
        timezone="America/Los_Angeles",
    )

    free_again(scheduler_db, full[1], settings)

    (one,) = look(scheduler_db, settings)
    assert one.entry_id == entries(scheduler_db)[2].id


def test_p27_new_hours_are_offered_like_any_time_that_becomes_free(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)

    with scheduler_db.begin() as session:
        a_clinician(session, "Marcus Oyelaran", weekly=hours(("10:00", "10:20"), days=[3]))

    assert [one.starts_at for one in look(scheduler_db, settings)] == [full[0].starts_at]


def test_l43_nobody_is_offered_a_time_with_who_may_not_work_where_they_will_be(
    scheduler_db, settings, full
):
    with pytest.raises(NotLicensedThere):
        wait(scheduler_db, invited(scheduler_db), settings, location="OH")
    wait(scheduler_db, invited(scheduler_db), settings)
    with scheduler_db.begin() as session:
        session.execute(update(Practitioner).values(states=["NJ"]))

    free_again(scheduler_db, full[0], settings)

    assert look(scheduler_db, settings) == []


def test_l43_where_they_will_be_is_asked_again_when_an_offer_is_taken(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    (one,) = look(scheduler_db, settings)

    with pytest.raises(NotLicensedThere):
        accept(scheduler_db, one, settings, location="OH")
    with pytest.raises(NoSuchWay):
        accept(scheduler_db, one, settings, how="video")

    assert accept(scheduler_db, one, settings).status == "booked"


def test_l26_nobody_is_asked_in_their_night_and_in_the_morning_it_is_still_theirs(
    scheduler_db, settings, full
):
    wait(scheduler_db, invited(scheduler_db), settings, timezone="Europe/Berlin")
    free_again(scheduler_db, full[1], settings)
    night = NOON + 5 * HOUR

    assert look(scheduler_db, settings, now=night) == []
    assert starts(scheduler_db, settings) == [full[1].starts_at]

    assert len(look(scheduler_db, settings, now=night + 10 * HOUR)) == 1


def test_p27_who_may_not_be_written_to_keeps_no_time_from_others(scheduler_db, settings, full):
    silent = {"channels": {"email": False, "sms": False, "call": True, "voicemail": False}}
    with scheduler_db.begin() as session:
        quiet = invited(scheduler_db)
        invitations.keep_contact(
            session, person_id=quiet.person_id, version=2, contact=a_contact(**silent)
        )
    wait(scheduler_db, quiet, settings)
    other = wait(scheduler_db, invited(scheduler_db), settings)

    free_again(scheduler_db, full[0], settings)

    assert [one.entry_id for one in look(scheduler_db, settings)] == [other.id]


def test_p27_who_may_only_be_texted_is_not_asked_where_no_texts_are_set_up(
    scheduler_db, settings, full
):
    by_text = {"channels": {"email": False, "sms": True, "call": False, "voicemail": False}}
    mine = invited(scheduler_db)
    with scheduler_db.begin() as session:
        invitations.keep_contact(
            session, person_id=mine.person_id, version=2, contact=a_contact(**by_text)
        )
    first = wait(scheduler_db, mine, settings)
    other = wait(scheduler_db, invited(scheduler_db), settings)
    mail_alone = replace(settings, channels=frozenset({Channel.EMAIL}))
    free_again(scheduler_db, full[0], settings)

    assert [one.entry_id for one in look(scheduler_db, mail_alone)] == [other.id]

    free_again(scheduler_db, full[1], settings)
    assert [one.entry_id for one in look(scheduler_db, settings)] == [first.id]


def test_p27_a_type_that_staff_alone_give_is_offered_to_those_whom_they_gave_it(
    scheduler_db, settings, full
):
    mine, other = (invited(scheduler_db) for _ in range(2))
    with scheduler_db.begin() as session:
        session.execute(
            update(Invitation).where(Invitation.id == mine.id).values(given_by=f"staff:{uuid4()}")
        )
        session.execute(
            update(AppointmentType)
            .where(AppointmentType.code == "private-call")
            .values(staff_only=True)
        )
    with scheduler_db.begin() as session:
        given, not_given = (invitations.find(session, token_of(one.id)) for one in (mine, other))
    assert given
    assert not_given
    wait(scheduler_db, not_given, settings)
    entry = wait(scheduler_db, given, settings)
    free_again(scheduler_db, full[0], settings)

    (one,) = look(scheduler_db, settings)

    assert one.entry_id == entry.id
    assert accept(scheduler_db, one, settings).status == "booked"


def test_p27_who_joins_twice_keeps_their_place_and_has_the_later_wishes(
    scheduler_db, settings, full
):
    mine = invited(scheduler_db)
    first = wait(scheduler_db, mine, settings)
    wait(scheduler_db, invited(scheduler_db), settings)

    again = wait(scheduler_db, mine, settings, times=hours(("09:00", "12:00")))

    assert again.id == first.id
    free_again(scheduler_db, full[0], settings)
    assert [one.entry_id for one in look(scheduler_db, settings)] == [first.id]


def test_p27_who_leaves_gives_back_what_was_kept_and_the_next_is_asked(
    scheduler_db, settings, full
):
    mine = invited(scheduler_db)
    wait(scheduler_db, mine, settings)
    second = wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    look(scheduler_db, settings)

    with scheduler_db.begin() as session:
        waitlist.leave(session, invitation=mine)

    assert [one.entry_id for one in look(scheduler_db, settings)] == [second.id]
    assert answers(scheduler_db) == ["withdrawn", None]
    assert [entry.outcome for entry in entries(scheduler_db)] == ["left", None]


def test_p27_who_has_waited_as_long_as_they_wished_is_asked_no_more(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)
    with scheduler_db.begin() as session:
        session.execute(
            update(waitlist.WaitlistEntry).values(until=waitlist.func.clock_timestamp())
        )

    free_again(scheduler_db, full[0], settings)

    assert look(scheduler_db, settings) == []
    assert [entry.outcome for entry in entries(scheduler_db)] == ["expired"]


def test_who_is_erased_waits_no_more_and_nothing_is_kept_for_them(scheduler_db, settings, full):
    mine = invited(scheduler_db)
    wait(scheduler_db, mine, settings)
    free_again(scheduler_db, full[0], settings)
    look(scheduler_db, settings)

    with scheduler_db.begin() as session:
        handler = consumer.handlers[PersonErased.type][1]
        handler(PersonErased(person_id=mine.person_id), session)

    (entry,) = entries(scheduler_db)
    assert (entry.outcome, entry.location_sealed) == ("removed", None)
    assert answers(scheduler_db) == ["withdrawn"]
    assert starts(scheduler_db, settings) == [full[0].starts_at]


def test_where_they_will_be_is_sealed_with_their_own_key(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)

    with scheduler_db.begin() as session:
        (entry,) = entries(scheduler_db)
        assert b"NY" not in bytes(entry.location_sealed)
        assert waitlist.locations(session, [entry]) == {entry.id: "NY"}


def test_hours_that_hold_no_visit_are_refused(scheduler_db, settings, full):
    with pytest.raises(BadHours):
        wait(scheduler_db, invited(scheduler_db), settings, times=hours(("10:00", "10:10")))


def test_p4_wished_hours_are_those_of_the_wall_on_both_sides_of_a_change(
    scheduler_db, settings, full
):
    """Wednesday the 10th is before New York's clocks change, the 17th after it: both at ten."""
    assert [one.starts_at for one in full[:2]] == [
        local(NEXT_WEEK - timedelta(days=5), "10:00"),
        local(NEXT_WEEK + timedelta(days=2), "10:00"),
    ]
    wait(scheduler_db, invited(scheduler_db), settings, times=hours(("10:00", "10:20"), days=[3]))
    free_again(scheduler_db, full[1], settings)

    assert len(look(scheduler_db, settings)) == 1
