"""A time for two ends with the permission for it, as if the practice had cancelled (N7, P17)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.scheduler.consumers import consumer
from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import NotPossible
from services.scheduler.joint_models import StatedTimes
from services.scheduler.models import AppointmentHistory, Invitation
from services.scheduler.operations import bookings
from services.scheduler.operations.offers import Wanted
from services.scheduler.request_models import ChangeRequest
from shared.clock import utcnow
from shared.contracts.intake import JointPermissionEnded, PersonErased
from shared.db import database_now
from shared.tokens import token_sha256
from tests.integration.scheduler.two import NAMES, One, Two, day_in, two_people
from tests.integration.scheduler.world import a_clinician, an_invitation, local, words

ROWAN, ASHLIN = NAMES


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana")
    return two_people(app, intake, scheduler_db, settings)


def met(two: Two) -> dict[str, Invitation]:
    """Their permissions, by name; one of whom we have not met is not among them."""
    with two.database.begin() as session:
        rows = session.scalars(select(Invitation)).all()
    return {one.name: row for one in _both(two) for row in rows if row.person_id == one.person_id}


def _both(two: Two) -> tuple[One, One]:
    return two.first, two.second


def hear(two: Two, event: JointPermissionEnded | PersonErased) -> None:
    """An event arrives, as the queue brings it."""
    with two.database.begin() as session:
        consumer.receive(event.envelope(event_id=uuid4(), at=database_now(session)), session)


def end(two: Two) -> None:
    """The release is over, and intake says so."""
    permissions = met(two)
    couple_id = next(iter(permissions.values())).couple_id
    assert couple_id is not None
    hear(
        two,
        JointPermissionEnded(
            couple_id=couple_id, permission_ids=tuple(one.id for one in permissions.values())
        ),
    )


def staff_cancel(two: Two) -> None:
    with two.database.begin() as session:
        bookings.cancel(
            session,
            appointment_id=two.rows()[-1].id,
            settings=two.settings,
            now=utcnow(),
            by=Hand.staff(uuid4(), "The room is being painted."),
        )


def erase(name: str) -> Callable[[Two], None]:
    def erased(two: Two) -> None:
        (person_id,) = (one.person_id for one in _both(two) if one.name == name)
        hear(two, PersonErased(person_id=person_id))

    return erased


def asked(two: Two) -> None:
    two.first.ask()
    two.second.open(f"/t/{two.second.token}")


def booked(two: Two) -> None:
    asked(two)
    two.accept(two.second)


def history(two: Two) -> list[tuple[str, str, str]]:
    with two.database.begin() as session:
        rows = session.scalars(select(AppointmentHistory).order_by(AppointmentHistory.id)).all()
        return [(row.act, row.actor, row.status_after) for row in rows]


def begun(two: Two, ago: timedelta = timedelta(minutes=5)) -> None:
    """Their time has begun."""
    with two.database.begin() as session:
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": utcnow() - ago, "b": utcnow() - ago + timedelta(minutes=80)},
        )


# ---------------------------------------------------------------- what lies ahead


@pytest.mark.parametrize("story", [asked, booked])
def test_n7_a_time_that_lies_ahead_is_cancelled_when_the_release_ends(
    two: Two, story: Callable[[Two], None]
) -> None:
    story(two)

    end(two)

    assert two.statuses() == ["cancelled"]
    assert history(two)[-1] == ("cancel", "system", "cancelled")
    assert {one.ended_at is not None for one in met(two).values()} == {True}


@pytest.mark.parametrize("story", [asked, booked])
@pytest.mark.parametrize("how", [end, erase(ROWAN), erase(ASHLIN)])
def test_p18_neither_can_tell_it_from_a_cancellation_by_the_practice(
    two: Two, intake: Any, story: Callable[[Two], None], how: Callable[[Two], None]
) -> None:
    """The same events for the same people, and not one byte of a page differs."""

    def seen(cancelled: Callable[[Two], None]) -> tuple[list[Any], list[Any], list[str]]:
        before = len(two.told()), len(two.told("intake"))
        story(two)
        cancelled(two)
        own = [two.own(one) for one in _both(two)]
        pages = [
            words(one.open(path + step))
            for one, path in zip(_both(two), own, strict=True)
            for step in ("", "/change")
        ]
        return two.told()[before[0] :], two.told("intake")[before[1] :], pages

    by_staff, by_itself = seen(staff_cancel), seen(how)

    assert by_itself == by_staff
    assert any(event in ("cancelled", "released") for event, _ in by_itself[0])


@pytest.mark.parametrize("story", [asked, booked])
def test_n7_what_either_said_of_their_week_is_forgotten_with_the_release(
    two: Two, story: Callable[[Two], None]
) -> None:
    """`stated_times.forget_couples`: of these two alone, whether they had a time or not."""
    story(two)
    two.first.says("morning", "afternoon")
    two.second.says("afternoon")
    with two.database.begin() as session:
        others = StatedTimes(
            id=uuid4(), couple_id=uuid4(), person_id=uuid4(), stated_at=utcnow(), times_sealed=b"-"
        )
        session.add(others)
        session.flush()
        theirs = {others.id}

    end(two)

    with two.database.begin() as session:
        assert set(session.scalars(select(StatedTimes.id))) == theirs


@pytest.mark.parametrize("how", [end, erase(ROWAN)])
def test_n7_what_had_begun_by_then_is_moved_to_no_later_day(
    two: Two, how: Callable[[Two], None]
) -> None:
    """Nobody has said yet whether they came: it is booked still, and stays where it is."""
    booked(two)
    begun(two)
    how(two)
    (before,) = two.rows()
    later = local(date.fromisoformat(day_in(2)), "10:00")

    with pytest.raises(NotPossible), two.database.begin() as session:
        bookings.move(
            session,
            appointment_id=before.id,
            wanted=Wanted(later),
            settings=two.settings,
            now=utcnow(),
            by=Hand.staff(uuid4(), "They asked on the phone."),
        )

    assert [(row.status, row.during) for row in two.rows()] == [("booked", before.during)]


def test_a_hold_is_given_back_and_nothing_is_held_or_offered_any_more(two: Two) -> None:
    value = two.first.hold()
    page = two.first.open(f"/t/{two.first.token}")

    end(two)

    assert two.rows() == []
    refused = two.first.send(f"/t/{two.first.token}/hold", page, start=value)
    assert refused.status_code == 409
    for answer in (refused, two.first.open(f"/t/{two.first.token}")):
        assert "can not be booked here just now" in words(answer)
    bearer = {"Authorization": f"Bearer {two.first.token}"}
    assert two.first.browser.client.get("/api/slots", headers=bearer).status_code == 409
    assert two.rows() == []


def test_l12_a_request_that_intake_allowed_a_moment_ago_books_nothing(two: Two) -> None:
    """Intake here still says yes, as it did before the release ended."""
    value = two.first.hold()
    check = two.first.open(f"/t/{two.first.token}/check")
    end(two)

    late = two.first.send(
        f"/t/{two.first.token}/book", check, start=value, how="phone", location="NY"
    )

    assert late.status_code == 409
    assert two.rows() == []
    assert two.told() == []


def test_said_twice_or_of_nobody_we_have_met_it_changes_nothing(two: Two) -> None:
    hear(two, JointPermissionEnded(couple_id=uuid4(), permission_ids=(uuid4(), uuid4())))
    booked(two)
    end(two)
    told, ended_at = two.told(), {one.ended_at for one in met(two).values()}

    end(two)

    assert two.told() == told
    assert {one.ended_at for one in met(two).values()} == ended_at
    assert [act for act, _, _ in history(two)] == ["request", "confirm", "cancel"]


@pytest.mark.parametrize("how", [end, erase(ASHLIN)])
def test_what_has_begun_stays_as_it_is(two: Two, how: Callable[[Two], None]) -> None:
    booked(two)
    begun(two)
    told = two.told()

    how(two)

    assert two.statuses() == ["booked"]
    assert two.told() == told


def test_a_late_word_of_an_earlier_release_takes_nothing_from_the_next(
    two: Two, intake: Any
) -> None:
    two.first.open(f"/t/{two.first.token}")
    earlier = met(two)[ROWAN]
    for one in _both(two):
        _released_again(two, intake, one)
    booked(two)

    assert earlier.couple_id is not None
    hear(two, JointPermissionEnded(couple_id=earlier.couple_id, permission_ids=(earlier.id,)))

    assert two.statuses() == ["booked"]


def _released_again(two: Two, intake: Any, one: One) -> None:
    """The same couple, with links of a new release."""
    found = intake.permissions.pop(token_sha256(one.token).hex())
    one.token = intake.permits(**{**found, "permission_id": str(uuid4())})


def test_p22_a_late_wish_is_settled_with_it(two: Two) -> None:
    booked(two)
    soon = utcnow() + timedelta(minutes=30)
    with two.database.begin() as session:
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": soon, "b": soon + timedelta(minutes=80)},
        )
    own = two.own(two.second)
    sent = two.second.send(f"{own}/wish", two.second.open(f"{own}/change"), wish="cancel", words="")
    assert sent.status_code == 303

    end(two)

    with two.database.begin() as session:
        (wish,) = session.scalars(select(ChangeRequest))
        assert (wish.outcome, wish.settled_by) == ("done", "system")


# ---------------------------------------------------------------- one person alone


def test_who_is_erased_has_nothing_ahead_and_books_nothing_more(two: Two, intake: Any) -> None:
    token = intake.permits()
    value = two.first.browser.open(f"/t/{token}")
    alone = One(
        "Kim",
        UUID(intake.permissions[token_sha256(token).hex()]["person_id"]),
        token,
        two.first.browser,
    )
    assert value.status_code == 200
    assert alone.ask().status_code == 303
    assert two.statuses() == ["booked"]

    hear(two, PersonErased(person_id=alone.person_id))

    assert two.statuses() == ["cancelled"]
    assert history(two)[-1] == ("cancel", "system", "cancelled")
    assert alone.open(f"/t/{token}").status_code == 409


def test_somebody_elses_time_stays(two: Two, scheduler_db: Any) -> None:
    booked(two)
    with scheduler_db.begin() as session:
        other = an_invitation(session)

    hear(two, PersonErased(person_id=other.person_id))

    assert two.statuses() == ["booked"]
