"""N6: times that suit two people, by what each has said, and neither learns what the other did."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.scheduler import consumers
from services.scheduler.domain.hours import WallRange
from services.scheduler.domain.stated import Stated
from services.scheduler.joint_models import StatedTimes
from services.scheduler.models import DateOverride, Invitation, Practitioner
from services.scheduler.operations import schedules, stated_times
from services.scheduler.operations.question import Two as TwoPeople
from services.scheduler.web.wishes import PARTS
from shared.clock import utcnow
from shared.contracts.intake import JointPermissionEnded, PersonErased
from tests.integration.scheduler.test_against_rules import sure
from tests.integration.scheduler.test_on_behalf import SAID
from tests.integration.scheduler.two import Two, day_in, two_people
from tests.integration.scheduler.world import (
    NEW_YORK,
    a_clinician,
    hours,
    local,
    schedule_of,
    slot_values,
    words,
)

MORNING = ["09:00", "09:30", "10:00", "10:30"]
AFTERNOON = ["12:00", "12:30", "13:00", "13:30", "14:00", "14:30", "15:00", "15:30"]


@pytest.fixture
def dana(scheduler_db: Any) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session)


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any, dana: Any) -> Two:
    return two_people(app, intake, scheduler_db, settings)


def offered(two: Two, one: Any, weeks: int = 1) -> list[str]:
    """What the page has for a day, as the clock on the wall in New York shows it."""
    page = one.open(f"/t/{one.token}?day={day_in(weeks)}")
    starts = [datetime.fromisoformat(value.split("/")[0]) for value in slot_values(page)]
    return [f"{start.astimezone(NEW_YORK):%H:%M}" for start in starts]


# ---------------------------------------------------------------- what is offered


def test_n6_where_nobody_has_said_anything_every_time_is_offered(two):
    assert offered(two, two.first) == offered(two, two.second)
    assert offered(two, two.first)[:2] == ["09:00", "09:30"]
    assert offered(two, two.first)[-1] == "15:30"


def test_n6_only_times_are_offered_in_which_the_whole_visit_suits_both(two):
    two.first.says("morning", "afternoon")
    two.second.says("morning", "evening")
    two.sleep()

    assert offered(two, two.first) == offered(two, two.second) == MORNING


def test_n6_the_grid_of_the_clinician_is_not_moved(two, dana, scheduler_db):
    """It begins at ten past; what the two say begins at noon."""
    with scheduler_db.begin() as session:
        schedules.set_weekly_hours(
            session,
            schedule_of(session, dana).id,
            weekly=hours(("09:10", "14:00")),
            shortest=timedelta(minutes=20),
        )
    two.first.says("afternoon")

    assert offered(two, two.first) == ["12:10", "12:40"]


def test_n6_what_was_said_counts_by_the_clock_of_who_said_it(two, intake):
    """An afternoon in Los Angeles begins at three in New York."""
    page = two.first.open(f"/t/{two.first.token}/zone")
    two.first.send(f"/t/{two.first.token}/zone", page, timezone="America/Los_Angeles")
    two.first.says("afternoon")
    two.sleep()

    assert offered(two, two.second) == ["15:00", "15:30"]


def test_n6_nothing_ticked_is_any_time_again(two):
    two.first.says("evening")
    assert offered(two, two.first) == []

    two.first.says()

    assert offered(two, two.first)[-1] == "15:30"


@pytest.mark.parametrize("who", ["first", "second"])
def test_p7_offered_if_and_only_if_bookable_for_either_of_the_two(two, who):
    two.first.says("morning", "afternoon", days=[1, 2, 3, 4, 5])
    two.second.says("afternoon", "evening", days=[2, 3, 4, 5, 6])
    two.sleep()
    two.first.says("morning", "afternoon", "evening", days=[1, 3, 5, 7])
    one = getattr(two, who)
    bearer = {"Authorization": f"Bearer {one.token}"}
    today = utcnow().astimezone(NEW_YORK).date()
    days = [today + timedelta(days=n) for n in range(5, 12)]
    query = f"from={days[0]}&days=7&timezone=America/New_York"
    slots = one.browser.client.get(f"/api/slots?{query}", headers=bearer).get_json()["slots"]
    free = {datetime.fromisoformat(slot["start"]) for slot in slots}
    assert free

    for day in days:
        for clock in ("08:30", "09:00", "10:30", "11:00", "11:30", "12:00", "15:30", "16:00"):
            start = local(day, clock)
            answer = one.browser.client.post(
                "/api/holds", json={"start": start.isoformat()}, headers=bearer
            )
            assert (answer.status_code == 201) == (start in free), (day, clock)
            if answer.status_code != 201:
                assert answer.status_code == 409
                assert answer.get_json()["type"] == "urn:softstart:problem:slot-taken"


# ---------------------------------------------------------------- what is not told


def test_p18_what_the_other_says_or_changes_today_is_not_seen_today(two):
    two.first.says("morning")
    assert offered(two, two.first) == MORNING
    assert offered(two, two.second)[-1] == "15:30", "the other's page is as it was"
    two.sleep()
    assert offered(two, two.second) == MORNING

    two.first.says("evening")
    two.first.says("afternoon")

    assert offered(two, two.first) == AFTERNOON
    assert offered(two, two.second) == MORNING, "what stood at midnight counts for the other"
    two.sleep()
    assert offered(two, two.second) == AFTERNOON


def test_p18_a_change_counts_for_the_other_from_the_practices_midnight_on(two, settings):
    two.first.open(f"/t/{two.first.token}")
    said = datetime(2026, 7, 7, 3, 59, 59, tzinfo=ZoneInfo("UTC"))  # a second before midnight
    couple = couple_of(two)

    def of(one: Any, now: datetime) -> TwoPeople:
        found = TwoPeople.of(couple, one.person_id, settings=settings, now=now)
        assert found is not None
        return found

    with two.database.begin() as session:
        stated = Stated(NEW_YORK, (*_week("morning"),))
        stated_times.state(session, two=of(two.first, said), stated=stated, now=said)

        before = stated_times.of_both(session, of(two.second, said))
        after = stated_times.of_both(session, of(two.second, said + timedelta(seconds=1)))
        own = stated_times.of_both(session, of(two.first, said))

    assert [one.weekly for one in before] == [(), ()]
    assert after == own
    assert after[0] == stated


def _week(part: str) -> list[Any]:
    wall: WallRange = PARTS[part][1]
    clock = (f"{wall.start:%H:%M}", f"{wall.end:%H:%M}")
    return hours(clock)


def couple_of(two: Two) -> Any:
    with two.database.begin() as session:
        return session.scalars(select(Invitation.couple_id)).first()


def bare(page: Any) -> str:
    """The page without what is new in each answer."""
    html = re.sub(r'value="[^"]+"|nonce-\S+|/t/[\w-]{43}', "", page.get_data(as_text=True))
    return str(html)


def test_p18_a_page_without_a_time_says_the_same_as_when_the_calendar_is_full(
    two, dana, scheduler_db
):
    two.first.says("evening")
    two.sleep()
    by_what_was_said = [bare(one.open(f"/t/{one.token}")) for one in (two.first, two.second)]

    two.first.says()
    two.sleep()
    assert "No free times just now" not in bare(two.second.open(f"/t/{two.second.token}"))
    with scheduler_db.begin() as session:
        schedule = schedule_of(session, dana)
        today = utcnow().astimezone(NEW_YORK).date()
        session.add_all(
            DateOverride(schedule_id=schedule.id, day=today + timedelta(days=n)) for n in range(60)
        )
    full = [bare(one.open(f"/t/{one.token}")) for one in (two.first, two.second)]

    assert "No free times just now" in full[0]
    assert by_what_was_said == full
    assert full[0] == full[1]


def test_p18_a_refused_time_is_one_that_somebody_took(two):
    free = two.second.open(f"/t/{two.second.token}?day={day_in(1)}")
    late = slot_values(free)[-1]
    two.first.says("morning")
    two.sleep()

    refused = two.second.send(f"/t/{two.second.token}/hold", free, start=late)

    assert refused.status_code == 409
    assert "Someone took that time a moment ago" in words(refused)
    assert slot_values(refused)[-1] != late


def test_p18_each_page_shows_what_its_own_person_said_and_they_are_alike(two):
    two.first.says("morning", days=[3])
    two.sleep()

    own = two.first.open(f"/t/{two.first.token}/when").get_data(as_text=True)
    other = two.second.open(f"/t/{two.second.token}/when").get_data(as_text=True)

    assert re.findall(r'value="([\w-]+)" checked', own) == ["3-morning"]
    assert " checked" not in other
    bearer = {"Authorization": f"Bearer {two.second.token}"}
    said = two.second.browser.client.get("/api/stated-times", headers=bearer).get_json()
    assert said == {"stated": False, "timezone": None, "times": []}


def test_nobody_alone_is_asked_when_they_can(visitor, token):
    assert visitor.open(f"/t/{token}/when").status_code == 404
    bearer = {"Authorization": f"Bearer {token}"}
    assert visitor.client.get("/api/stated-times", headers=bearer).status_code == 401


# ---------------------------------------------------------------- what is kept


def test_two_versions_are_kept_at_most_and_none_can_be_read_in_the_table(two, scheduler_db):
    for parts in (["morning"], ["evening"]):
        two.first.says(*parts)
        two.sleep()
    for parts in (["afternoon"], [], ["morning"]):
        two.first.says(*parts)

    with scheduler_db.begin() as session:
        rows = session.scalars(select(StatedTimes).order_by(StatedTimes.stated_at)).all()
        kept = b"".join(row.times_sealed for row in rows)
    assert len(rows) == 2
    assert b"New_York" not in kept
    assert b"00:00" not in kept


def test_l36_who_is_erased_has_said_nothing_and_the_other_nothing_of_use(two, scheduler_db):
    two.first.says("morning")
    two.second.says("morning", "afternoon")
    two.sleep()

    with scheduler_db.begin() as session:
        consumers.forget(PersonErased(person_id=two.first.person_id), session)

    with scheduler_db.begin() as session:
        left = session.scalars(select(StatedTimes.person_id)).all()
    assert left == []
    assert offered(two, two.second) == [], "there is no second person to meet with any more"


def test_n7_when_one_withdraws_what_both_said_is_gone_and_no_more_is_kept(two, scheduler_db):
    two.first.says("morning")
    two.second.says("evening")
    with scheduler_db.begin() as session:
        rows = session.execute(select(Invitation.id, Invitation.couple_id)).all()
        permission_ids, couple_ids = zip(*rows, strict=True)
        ended = JointPermissionEnded(couple_id=couple_ids[0], permission_ids=permission_ids)
        consumers.give_back(ended, session)

    late = two.first.says("afternoon")
    bearer = {"Authorization": f"Bearer {two.second.token}"}
    by_program = two.second.browser.client.put(
        "/api/stated-times", json={"times": []}, headers=bearer
    )

    assert (late.status_code, by_program.status_code) == (409, 409)
    assert "Please call us" in words(late)
    with scheduler_db.begin() as session:
        assert session.scalars(select(StatedTimes.id)).all() == []


def test_programs_say_it_by_the_minute_and_what_is_bad_changes_nothing(two):
    bearer = {"Authorization": f"Bearer {two.first.token}"}

    def say(**body: Any) -> Any:
        return two.first.browser.client.put("/api/stated-times", json=body, headers=bearer)

    times = [{"weekday": day, "start": "09:40", "end": "11:30"} for day in range(1, 8)]
    assert say(times=times, timezone="America/New_York").status_code == 200
    assert offered(two, two.first) == ["10:00"]
    backwards = [{"weekday": 1, "start": "11:30", "end": "09:40"}]
    overlapping = [times[0], {"weekday": 1, "start": "11:00", "end": "12:00"}]
    for bad in (
        {"times": backwards},
        {"times": overlapping},
        {"times": [{"weekday": 8, "start": "09:00", "end": "10:00"}]},
        {"timezone": "Mars/Olympus"},
        {"times": "always"},
    ):
        assert say(**bad).status_code == 422, bad
    assert offered(two, two.first) == ["10:00"]
    page = words(two.first.open(f"/t/{two.first.token}/when"))
    assert "Monday, 9:40 am to 11:30 am" in page


def test_a_box_that_is_not_there_is_said_beside_the_boxes(two):
    path = f"/t/{two.first.token}/when"

    refused = two.first.send(path, two.first.open(path), times=["9-morning"])

    assert refused.status_code == 422
    assert "Tick times of the week." in words(refused)


# ---------------------------------------------------------------- staff


def test_n12_staff_read_that_a_time_does_not_suit_both_and_never_whom(two, owner, dana):
    two.first.open(f"/t/{two.first.token}")
    two.second.says("morning")
    address = f"/staff/book/{two.first.person_id}/other?type=couple-session"
    form = {"type": "couple-session", "with": str(dana.id), "day": day_in(1), "at": "14:00"}

    def look(**more: str) -> Any:
        return owner.send(address, owner.open(address), **form, **SAID, **more)

    looked = look(sure="")
    assert looked.status_code == 200
    assert "It does not suit both, by what they have told us." in words(looked)
    assert "Ashlin" not in words(looked)
    assert two.rows() == []

    given = look(sure=sure(looked), reason="Agreed on the phone")

    assert given.status_code == 303
    assert two.statuses() == ["pending"]
