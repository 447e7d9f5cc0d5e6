"""Staff ask why a time is not offered, and clients' programs for the soonest ones (N12)."""

from datetime import timedelta

import pytest

from services.scheduler.operations import schedules
from shared.clock import utcnow
from tests.integration.scheduler.calendar_rules import a_house, kind_of, stretch, weekly
from tests.integration.scheduler.world import NEW_YORK, a_clinician, hours, schedule_of, words

QUERY = "/staff/why?who={who}&type={type}&day={day}&at={at}"


@pytest.fixture
def day():
    """A week from now."""
    return utcnow().astimezone(NEW_YORK).date() + timedelta(days=7)


@pytest.fixture
def ada(scheduler_db, owner):
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ada Obi")


def test_staff_learn_the_rule_on_a_page(scheduler_db, owner, ada, day):
    def ask(at: str, kind: str = "private-call", **changes: object) -> str:
        values = {"who": ada.id, "type": kind, "day": day, "at": at, **changes}
        return words(owner.open(QUERY.format(**values)))

    assert "See why" in words(owner.open("/staff/why"))
    assert "This time is offered" in ask("10:00")
    assert "outside of the hours" in ask("03:00")
    assert "Only staff book this type" in ask("10:00", "individual-session")
    assert "begin" in ask("10:10")
    with scheduler_db.begin() as session:
        session.merge(ada).sees_couples = False
    assert "does not give this type" in ask("10:00", "couple-session")
    start = utcnow() + timedelta(days=7)
    stretch(scheduler_db, ada, start - timedelta(days=1), start + timedelta(days=1), opens=False)
    assert "(Supervision)" in ask("10:00")


@pytest.mark.parametrize(
    "query",
    ["day=&at=", "day=2027-03-08&at=25:00&who=x&type=", "day=9999-12-31&at=10:00",
     "day=2027-03-08&at=10:00&type=no&who=5d2b0a52-9f6b-4cf3-9d6a-6ae1fd0ff4c1",
     "day=0001-01-01&at=00:00&who=5d2b0a52-9f6b-4cf3-9d6a-6ae1fd0ff4c1&type=x"],
)  # fmt: skip
def test_what_can_not_be_read_is_said_beside_its_field(owner, ada, query):
    answer = owner.open(f"/staff/why?{query}")

    assert answer.status_code in (200, 422)
    assert "aria-invalid" in answer.get_data(as_text=True)


def test_programs_of_the_staff_learn_the_rule_with_what_it_looked_at(owner, ada, day):
    def ask(start: str, **changes: object) -> dict[str, object]:
        query = {"start": start, "type": "private-call", "practitioner_id": str(ada.id), **changes}
        answer = owner.client.get("/api/staff/why", query_string=query)
        assert answer.status_code == 200, answer.get_json()
        found: dict[str, object] = answer.get_json()
        return found

    noon = f"{day}T12:00:00-05:00"
    assert ask(noon)["offered"] is True
    late = ask(f"{day}T02:00:00-05:00")
    assert (late["offered"], late["reason"]) == (False, "outside-hours")
    for year in ("2020", "2199"):
        assert ask(f"{year}-01-05T12:00:00Z")["reason"] in ("too-soon", "too-far")
    refused = owner.client.get("/api/staff/why", query_string={"start": noon, "type": "x" * 90})
    assert refused.status_code == 422


def test_nobody_but_staff_asks(visitor, ada, owner):
    owner.client.delete_cookie("softstart_staff")
    fresh = visitor.client.application.test_client()

    assert fresh.get("/staff/why").status_code in (302, 303, 401)
    assert fresh.get("/api/staff/why").status_code == 401


def test_the_soonest_times_by_the_api_are_the_first_of_all(app, scheduler_db, token):
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    soon = client.get("/api/slots?first=10", headers=headers).get_json()["slots"]
    everything = client.get("/api/slots?days=60", headers=headers).get_json()["slots"]

    assert soon == everything[:10]
    for wrong in ("first=0", "first=51", "first=x", "first=5&from=2027-01-01"):
        assert client.get(f"/api/slots?{wrong}", headers=headers).status_code == 422


def test_the_usual_week_is_written_anew_without_touching_what_is_of_one_type_or_where(scheduler_db):
    place, _ = a_house(scheduler_db, "Blue")
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=[])
        number = schedule_of(session, who).id
        weekly(session, who, hours(("09:00", "12:00")), place=place)
        weekly(session, who, hours(("17:00", "19:00")), kind=kind_of(session, "couple-session").id)
        schedules.set_weekly_hours(
            session, number, weekly=hours(("10:00", "11:00"), days=[1]), shortest=timedelta(0)
        )
        found = schedules.open_schedules(session)[0].seats

    assert {(one.weekly.weekday, one.kind is None, one.place) for one in found} == {
        (1, True, place),
        *((day, False, None) for day in range(1, 8)),
    }
