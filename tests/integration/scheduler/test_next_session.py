"""After a session the next: two people by either link or by staff, one person alone by staff."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.scheduler.domain.appointment import Act, Hand
from services.scheduler.domain.errors import NotPossible
from services.scheduler.models import Appointment, AppointmentType, Practitioner
from services.scheduler.operations import bookings, on_behalf
from services.scheduler.operations.offers import Wanted
from shared.clock import utcnow
from shared.tokens import token_sha256
from tests.integration.scheduler.browsing import day_in
from tests.integration.scheduler.two import One, Two, two_people
from tests.integration.scheduler.world import NEW_YORK, a_clinician, local, slot_values, words

STAFF = Hand.staff(uuid4(), "Agreed on in the session.")


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana")
    return two_people(app, intake, scheduler_db, settings)


def met(two: Two) -> UUID:
    """They had their first time: it began two hours ago, and nobody has said yet how it went."""
    two.first.ask()
    two.accept(two.second)
    return shifted(two, utcnow() - timedelta(hours=2))


def shifted(two: Two, start: datetime) -> UUID:
    """Their latest time, at another hour."""
    number = two.rows()[-1].id
    with two.database.begin() as session:
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b) WHERE id = :id"),
            {"a": start, "b": start + timedelta(minutes=80), "id": number},
        )
    return number


def attended(*acts: Act) -> Callable[[Two, UUID], None]:
    def attend(two: Two, number: UUID) -> None:
        for act in acts:
            with two.database.begin() as session:
                bookings.attend(session, appointment_id=number, act=act, by=STAFF, now=utcnow())

    return attend


def unsaid(two: Two, number: UUID) -> None:
    """Nobody has pressed a button."""


AFTER = [
    unsaid,
    attended(Act.ARRIVE),
    attended(Act.ARRIVE, Act.FULFIL),
    attended(Act.MISS),
]


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("who", ["first", "second"])
def test_two_who_have_met_choose_their_next_time_by_either_link(
    two: Two, after: Callable[[Two, UUID], None], who: str
) -> None:
    after(two, met(two))
    one, other = (two.first, two.second) if who == "first" else (two.second, two.first)

    assert one.ask(weeks=2).status_code == 303
    assert two.accept(other).status_code == 303

    assert two.statuses()[-1] == "booked"
    assert "Your time is booked" in words(other.open(two.own(other)))
    again = one.open(f"/t/{one.token}")
    assert (again.status_code, again.location) == (303, two.own(one)), "there is one time ahead"


@pytest.mark.parametrize("after", AFTER)
def test_staff_book_the_next_time_for_two_and_the_other_is_asked(
    two: Two, after: Callable[[Two, UUID], None]
) -> None:
    after(two, met(two))

    booked = by_staff(two, two.first, "couple-session")

    assert booked.status == "pending"
    assert two.participant(two.second).status == "needs-action"


@pytest.mark.parametrize("after", AFTER)
def test_the_page_of_a_time_that_is_over_leads_two_people_to_their_next_one(
    two: Two, after: Callable[[Two, UUID], None]
) -> None:
    after(two, met(two))
    one, other = two.first, two.second
    own = two.own(one)

    for page in (one.open(own), one.open(f"{own}/change")):
        assert "This time is over" in words(page)
        assert "Choose your next time" in words(page)
    choose = one.open(f"{own}/times?day={day_in(2)}")
    value = slot_values(choose)[0]
    assert one.send(f"{own}/hold", choose, start=value).status_code == 303
    check = one.open(f"{own}/check")
    form = {"start": value, "how": "phone", "location": "NY"}
    assert one.send(f"{own}/book", check, **form).status_code == 303

    assert two.accept(other).status_code == 303
    # What the other has chosen since shows nowhere on the page of the time that is over.
    assert one.open(f"{own}/times").location == two.own(one)
    assert "Choose your next time" in words(one.open(own))


def test_while_the_session_goes_on_their_links_lead_to_it(two: Two) -> None:
    met(two)
    shifted(two, utcnow() - timedelta(minutes=10))

    for one in (two.first, two.second):
        assert one.open(f"/t/{one.token}").location == two.own(one)


def test_one_time_ahead_at_most_also_by_the_index_alone(two: Two) -> None:
    met(two)
    two.first.ask(weeks=2)

    assert [row.followed_at is not None for row in two.rows()] == [True, False]
    with two.database.begin() as session, pytest.raises(Exception, match="uq_appointment_couple"):
        session.execute(text("UPDATE appointment SET followed_at = NULL"))


def test_a_time_that_was_followed_comes_back_by_no_move(two: Two) -> None:
    number = met(two)
    two.first.ask(weeks=2)

    with two.database.begin() as session, pytest.raises(NotPossible):
        bookings.move(
            session,
            appointment_id=number,
            wanted=Wanted(at("14:00", 3)),
            settings=two.settings,
            now=utcnow(),
            by=STAFF,
        )


def test_who_came_late_after_all_is_noted_although_the_next_time_stands(two: Two) -> None:
    number = met(two)
    attended(Act.MISS)(two, number)
    two.first.ask(weeks=2)

    attended(Act.ARRIVE, Act.FULFIL)(two, number)

    assert two.statuses() == ["fulfilled", "pending"]


def test_a_time_for_two_that_waits_or_lies_ahead_still_is_the_only_one(two: Two) -> None:
    two.first.ask()
    bearer = {"Authorization": f"Bearer {two.second.token}"}
    wanted = {"start": at("14:00", 3).isoformat(), "location": "NY"}

    def second_time() -> int:
        return two.second.browser.client.post(
            "/api/appointments", json=wanted, headers=bearer
        ).status_code

    assert second_time() == 409
    two.accept(two.second)
    assert second_time() == 409

    assert two.statuses() == ["booked"]


# ---------------------------------------------------------------- one person alone


def test_the_link_of_a_private_call_books_one_and_staff_book_what_was_agreed_on_next(
    two: Two, intake: Any
) -> None:
    token = intake.permits()
    person_id = UUID(intake.permissions[token_sha256(token).hex()]["person_id"])
    alone = One("Kim", person_id, token, two.first.browser)
    assert alone.ask().status_code == 303
    attended(Act.FULFIL)(two, shifted(two, utcnow() - timedelta(hours=2)))

    assert alone.open(f"/t/{token}").location == two.own(alone)
    over = words(alone.open(two.own(alone)))
    assert "This time is over" in over
    assert "Choose your next time" not in over
    refused = alone.browser.client.post(
        "/api/holds",
        json={"start": at("14:00", 3).isoformat()},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert refused.status_code == 409

    booked = by_staff(two, alone, "individual-session")

    assert booked.status == "booked"
    assert booked.starts_at > utcnow()


def by_staff(two: Two, one: One, code: str) -> Appointment:
    with two.database.begin() as session:
        kind = session.scalars(select(AppointmentType).where(AppointmentType.code == code)).one()
        return on_behalf.book(
            session,
            person_id=one.person_id,
            kind=kind,
            wanted=Wanted(at("14:00", 3), session.scalars(select(Practitioner.id)).first()),
            how="phone",
            location="NY",
            settings=two.settings,
            now=utcnow(),
            by=STAFF,
        )


def at(clock: str, days: int) -> datetime:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=days), clock)
