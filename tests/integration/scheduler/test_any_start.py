"""P7: whatever start a program sends is kept if and only if it is among the offered ones."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.operations import schedules
from shared.clock import utcnow
from tests.integration.scheduler.calendar_rules import (
    a_house,
    an_appointment,
    cap_of,
    change_kind,
    gives,
    kind_of,
    off,
    practice,
    stretch,
    wall,
    weekly,
)
from tests.integration.scheduler.world import (
    a_clinician,
    an_invitation,
    hours,
    schedule_of,
    token_of,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def crowded(scheduler_db) -> list[Any]:
    """Five clinicians in four zones, with everything that a practice may say about its time."""
    change_kind(scheduler_db, notice=5 * HOUR, horizon=14 * DAY, cap_per_day=4,
                buffer_before=timedelta(minutes=5), step=timedelta(minutes=20))  # fmt: skip
    practice(scheduler_db, holidays="US-NY")
    soon = utcnow().replace(minute=0, second=0, microsecond=0)
    with scheduler_db.begin() as session:
        people = [
            a_clinician(session, "Ada Obi"),
            a_clinician(session, "Ben Hale", timezone="America/Los_Angeles",
                        weekly=[WeeklyRange(d, wall("20:00-01:30")) for d in range(1, 8)]),
            a_clinician(session, "Cem Ak", timezone="Asia/Kolkata", weekly=[]),
            a_clinician(session, "Dee Roy", timezone="Pacific/Auckland"),
            a_clinician(session, "Eve Lund"),
        ]  # fmt: skip
        weekly(session, people[2], hours(("06:00", "09:00")), kind=kind_of(session).id)
        weekly(session, people[2], hours(("12:00", "18:00")))
        schedules.override_day(
            session, schedule_of(session, people[3]).id, day=(soon + 3 * DAY).date(),
            ranges=[wall("13:07-19:00")],
        )  # fmt: skip
        for who, days in ((people[0], 1), (people[0], 2), (people[1], 3), (people[3], 4)):
            for n in range(2 + days % 2):
                an_appointment(session, who, soon + days * DAY + n * 2 * HOUR)
    cap_of(scheduler_db, people[0], cap_per_day=2, cap_per_week=7)
    cap_of(scheduler_db, people[3], cap_per_week=3)
    gives(scheduler_db, people[4], offered=False)
    off(scheduler_db, people[1], (soon + 5 * DAY).date(), (soon + 6 * DAY).date())
    stretch(scheduler_db, people[0], soon + 6 * DAY, soon + 6 * DAY + 9 * HOUR, opens=True)
    stretch(scheduler_db, people[0], soon + 7 * DAY, soon + 8 * DAY, opens=False)
    return people


@pytest.mark.parametrize("in_person", [False, True])
def test_p7_any_start_is_kept_if_and_only_if_it_is_offered(app, scheduler_db, crowded, in_person):
    if in_person:
        a_house(scheduler_db, "Blue")
        change_kind(scheduler_db, in_person=True)
    with scheduler_db.begin() as session:
        token = token_of(an_invitation(session).id)
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    found = client.get("/api/slots?days=62", headers=headers).get_json()["slots"]
    offered = {
        (datetime.fromisoformat(one["start"]), who)
        for one in found
        for who in one["practitioner_ids"]
    }

    refused = 0
    chance = random.Random(7)  # noqa: S311 - the same starts each time, not a secret
    for start, who in tried(offered, [str(one.id) for one in crowded], chance):
        body = {"start": start.isoformat(), "practitioner_id": who}
        answer = client.post("/api/holds", headers=headers, json=body)
        assert answer.status_code in (201, 409, 422), (start, who)
        assert (answer.status_code == 201) == ((start, who) in offered), (start, who)
        refused += answer.status_code != 201

    assert len(offered) > 200
    assert refused > 60


def tried(
    offered: set[tuple[datetime, str]], people: list[str], chance: random.Random
) -> list[tuple[datetime, str]]:
    """Some that are offered; beside them by a minute, a step, a person; anything at all."""
    known = chance.sample(sorted(offered), 50)
    shifts = [timedelta(minutes=n) for n in (-20, -5, -1, 1, 10, 20, 60)] + [timedelta(seconds=30)]
    beside = [(start + chance.choice(shifts), who) for start, who in known]
    swapped = [(start, chance.choice(people)) for start, _ in known[:30]]
    now = utcnow().replace(second=0, microsecond=0)
    anything = [
        (now + timedelta(minutes=chance.randrange(-3000, 25000)), chance.choice(people))
        for _ in range(50)
    ]
    edges = [
        datetime.fromisoformat(f"{year}-01-01T00:00:00+00:00") for year in ("0001", "1970", "9999")
    ]
    return known + beside + swapped + anything + [(edge, people[0]) for edge in edges]
