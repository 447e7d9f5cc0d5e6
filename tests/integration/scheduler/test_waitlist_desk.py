"""The waitlist as staff see it: who waits, who has to be called, a time offered by hand (P27)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import (
    AskedAlready,
    AsleepThere,
    CanNotBeAsked,
    HasSooner,
    NotLicensedThere,
    SlotTaken,
    TooNear,
    WaitsNoMore,
)
from services.scheduler.models import Appointment, Practitioner
from services.scheduler.operations import holds, invitations, waitlist_desk
from services.scheduler.operations.offers import Wanted
from shared.clock import utcnow
from shared.vocabulary import Channel
from tests.integration.notifier.world import where_it_is_day
from tests.integration.scheduler.acts import invited
from tests.integration.scheduler.staff_programs import named_fields
from tests.integration.scheduler.test_openings import SOON, a_booking, ada, noor
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
    a_clinician,
    a_contact,
    events,
    local,
    words,
)

__all__ = ["ada", "noor"]

BY = Hand.staff(uuid4(), "They rang")
SILENT = {"email": False, "sms": False, "call": True, "voicemail": False}


def host(database: Any, one: Appointment) -> Any:
    """The clinician of an appointment."""
    with database.begin() as session:
        return holds.practitioner_of(session, one)


def by_hand(database: Any, settings: Any, entry: Any, one: Appointment, now: Any = NOON) -> Any:
    """Staff offer the time that somebody else gave back."""
    wanted = Wanted(one.starts_at, host(database, one))
    with database.begin() as session:
        return waitlist_desk.offer(
            session, entry_id=entry.id, wanted=wanted, settings=settings, now=now, by=BY
        )


def test_p27_a_time_that_staff_offer_is_kept_told_and_taken_like_any(scheduler_db, settings, full):
    first, second = (wait(scheduler_db, invited(scheduler_db), settings) for _ in range(2))
    free_again(scheduler_db, full[1], settings)

    one = by_hand(scheduler_db, settings, second, full[1])
    again = by_hand(scheduler_db, settings, second, full[1])

    assert (again.id, one.offered_by) == (one.id, str(BY))
    assert starts(scheduler_db, settings) == []
    assert look(scheduler_db, settings) == [], "the first is asked about nothing that is kept"
    assert events(scheduler_db).count("waitlist.offered.v1") == 1
    place = accept(scheduler_db, one, settings)
    assert (place.status, place.appointment.starts_at) == ("booked", full[1].starts_at)
    assert [row.outcome for row in entries(scheduler_db)] == [None, "booked"]
    assert first.id != second.id


def test_p27_staff_may_offer_what_was_free_all_along_and_what_was_let_go(
    scheduler_db, settings, full
):
    free_again(scheduler_db, full[0], settings)
    entry = wait(scheduler_db, invited(scheduler_db), settings)
    assert look(scheduler_db, settings) == [], "they could have taken it like everybody"

    decline(scheduler_db, by_hand(scheduler_db, settings, entry, full[0]), settings)
    by_hand(scheduler_db, settings, entry, full[0])

    assert answers(scheduler_db) == ["declined", None]


def test_p27_what_staff_can_not_offer_is_refused_with_the_reason_and_nothing_is_kept(
    scheduler_db, settings, full
):
    entry = wait(scheduler_db, invited(scheduler_db), settings)
    nothing_set_up = replace(settings, channels=frozenset[Channel]())
    free_again(scheduler_db, full[1], settings)
    hour = timedelta(hours=1)

    with pytest.raises(SlotTaken):
        by_hand(scheduler_db, settings, entry, full[0])
    with pytest.raises(CanNotBeAsked):
        by_hand(scheduler_db, nothing_set_up, entry, full[1])
    with pytest.raises(AsleepThere):
        by_hand(scheduler_db, settings, entry, full[1], now=NOON + 11 * hour)
    with pytest.raises(TooNear):
        by_hand(scheduler_db, settings, entry, full[1], now=full[1].starts_at - hour / 2)
    has_sooner = wait(scheduler_db, permission_of(scheduler_db, full[0]), settings)
    with pytest.raises(HasSooner):
        by_hand(scheduler_db, settings, has_sooner, full[1])
    elsewhere = wait(scheduler_db, invited(scheduler_db), settings)
    with scheduler_db.begin() as session:
        stranger = a_clinician(session, "Ada Brandt")
        stranger.states = ["CA"]
    with scheduler_db.begin() as session, pytest.raises(NotLicensedThere):
        waitlist_desk.offer(
            session,
            entry_id=elsewhere.id,
            wanted=Wanted(full[1].starts_at, stranger.id),
            settings=settings,
            now=NOON,
            by=BY,
        )
    assert offered(scheduler_db) == []

    by_hand(scheduler_db, settings, entry, full[1])
    free_again(scheduler_db, full[2], settings)
    with pytest.raises(AskedAlready):
        by_hand(scheduler_db, settings, entry, full[2])


def test_p27_an_offer_that_lapsed_a_moment_ago_is_no_hindrance(scheduler_db, settings, full):
    entry = wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    look(scheduler_db, settings)
    let_lapse(scheduler_db)

    by_hand(scheduler_db, settings, entry, full[0])

    assert answers(scheduler_db) == ["lapsed", None]


def test_p27_who_is_taken_off_stays_to_be_seen_with_the_reason_and_their_time_is_free(
    scheduler_db, settings, full
):
    entry = wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    look(scheduler_db, settings)

    for by in (BY, replace(BY, reason="Once more")):
        with scheduler_db.begin() as session:
            waitlist_desk.take_off(session, entry_id=entry.id, by=by)

    (row,) = entries(scheduler_db)
    assert (row.outcome, row.ended_by, row.reason) == ("removed", str(BY), "They rang")
    assert answers(scheduler_db) == ["withdrawn"]
    assert starts(scheduler_db, settings) == [full[0].starts_at]
    with pytest.raises(WaitsNoMore):
        by_hand(scheduler_db, settings, entry, full[0])
    with scheduler_db.begin() as session:
        (seen,) = waitlist_desk.ended(session)
        assert [one.offer.answer for one in seen.asked] == ["withdrawn"]
        assert waitlist_desk.waiting(session) == []


# ---------------------------------------------------------------- by page


@pytest.fixture
def mae(ada: Practitioner, scheduler_db: Any, settings: Any) -> Any:
    """Somebody who waits where it is day, at any hour, with Ada."""
    return wait(
        scheduler_db,
        invited(scheduler_db),
        settings,
        ada,
        timezone=where_it_is_day(),
        now=utcnow(),
    )


def offer_page(browser: Any, entry: Any, clock: str, who: Practitioner) -> tuple[str, Any, str]:
    path = f"/staff/waitlist/{entry.id}/offer"
    page = browser.open(f"{path}?day={SOON}")
    return path, page, f"{local(SOON, clock):%Y-%m-%dT%H:%MZ}/{who.id}"


def test_p27_staff_see_who_waits_and_offer_a_time_by_page(noor, ada, mae, scheduler_db):
    seen = words(noor.open("/staff/waitlist"))
    assert "Rowan Teller" in seen
    assert "Call is fine. First name only." in seen
    assert "Ada Brandt. Any time" in seen
    assert "To be called" not in seen

    path, page, start = offer_page(noor, mae, "10:00", ada)
    assert start in page.get_data(as_text=True)
    sent = [noor.send(path, page, start=start) for _ in range(2)]

    assert [one.status_code for one in sent] == [303, 303]
    (made,) = offered(scheduler_db)
    assert made.starts_at == local(SOON, "10:00")
    seen = words(noor.open("/staff/waitlist"))
    assert "10:00 am, with Ada Brandt, is kept for them until" in seen
    assert "by Noor Haddad." in seen
    assert noor.open(path).status_code == 409


def test_p27_what_is_wrong_with_an_offer_by_page_is_said_beside_the_times(
    noor, ada, mae, scheduler_db, settings
):
    path, page, start = offer_page(noor, mae, "10:00", ada)
    a_booking(scheduler_db, settings, ada, SOON, "10:00")

    nothing = noor.send(path, page)
    taken = noor.send(path, page, start=start)

    assert nothing.status_code == 422
    assert taken.status_code == 409
    assert "That time is not free any more. These still are." in words(taken)
    assert offered(scheduler_db) == []
    assert noor.open(f"/staff/waitlist/{uuid4()}/offer").status_code == 404


def test_p27_staff_take_somebody_off_with_a_reason_by_page(noor, mae, scheduler_db):
    page = noor.open("/staff/waitlist")
    path = f"/staff/waitlist/{mae.id}/take-off"

    without = noor.send(path, page, reason=" ")
    assert (without.status_code, entries(scheduler_db)[0].outcome) == (422, None)
    assert "Say why, for your colleagues." in words(without)
    assert noor.send(path, page, reason="Found somebody elsewhere").status_code == 303

    seen = words(noor.open("/staff/waitlist"))
    assert "Nobody waits just now" in seen
    assert "Taken off" in seen
    assert "By Noor Haddad. Found somebody elsewhere" in seen


def test_p27_who_can_not_be_written_to_stands_apart_to_be_called(noor, mae, scheduler_db):
    with scheduler_db.begin() as session:
        invitations.keep_contact(
            session, person_id=mae.person_id, version=2, contact=a_contact(channels=SILENT)
        )

    page = noor.open("/staff/waitlist")

    assert "To be called" in words(page)
    assert f"/staff/book/{mae.person_id}" in page.get_data(as_text=True)
    assert f"/staff/waitlist/{mae.id}/offer" not in page.get_data(as_text=True)


def test_p18_the_waitlist_of_staff_tells_where_people_are_and_nothing_they_confided(
    noor, ada, scheduler_db, settings
):
    """Nothing of intake's is here but the name and the contact plan; no note of how to reach."""
    wait(scheduler_db, invited(scheduler_db), settings, now=utcnow())

    seen = noor.open("/staff/waitlist").get_data(as_text=True)

    assert "Will be in" in seen
    assert "rowan" not in seen.replace("Rowan Teller", ""), "no address where no mail is written"


# ---------------------------------------------------------------- by program


def test_p27_programs_of_the_staff_see_the_list_offer_and_take_off(owner, ada, mae):
    desk = owner.client
    sent = {"start": local(SOON, "10:00").isoformat(), "practitioner_id": str(ada.id)}

    made = [desk.post(f"/api/staff/waitlist/{mae.id}/offers", json=sent) for _ in range(2)]

    assert [one.status_code for one in made] == [201, 201]
    (waits,) = desk.get("/api/staff/waitlist").get_json()["waiting"]
    assert (waits["name"], waits["can_be_asked"], waits["has"]) == ("Rowan Teller", True, None)
    assert [one["answer"] for one in waits["asked"]] == [None]
    other = sent | {"start": local(SOON, "11:00").isoformat()}
    refused = desk.post(f"/api/staff/waitlist/{mae.id}/offers", json=other)
    assert (refused.status_code, refused.get_json()["type"]) == (
        409,
        "urn:softstart:problem:asked-already",
    )
    blank = desk.post(f"/api/staff/waitlist/{mae.id}/take-off", json={})
    assert (blank.status_code, named_fields(blank)) == (422, ["reason"])
    gone = desk.post(f"/api/staff/waitlist/{mae.id}/take-off", json={"reason": "Moved away"})
    assert gone.status_code == 204
    found = desk.get("/api/staff/waitlist").get_json()
    assert found["waiting"] == []
    assert [(one["outcome"], one["reason"]) for one in found["ended"]] == [
        ("removed", "Moved away")
    ]
    for act in ("offers", "take-off"):
        body = sent if act == "offers" else {"reason": "None"}
        assert desk.post(f"/api/staff/waitlist/{uuid4()}/{act}", json=body).status_code == 404
