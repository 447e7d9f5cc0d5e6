"""The page of insight, on a practice whose figures were counted by hand (N10)."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from services.scheduler.models import Appointment, AppointmentType, Participant, Practitioner
from services.scheduler.waitlist_models import WaitlistEntry
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.test_api import statements
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    an_invitation,
    local,
    schedule_of,
    words,
)

PLOTS = ("no-time", "days", "attendance", "filled", "hours")


def last_monday() -> date:
    """Of the last whole week, by the clock of the practice."""
    today = utcnow().astimezone(NEW_YORK).date()
    return today - timedelta(days=today.weekday() + 7)


def a_time(
    session: Any, who: Practitioner, start: datetime, status: str, *, confirmed: bool = False
) -> None:
    """Somebody had an hour, chosen three days before."""
    invitation = an_invitation(session)
    invitation.created_at = start - timedelta(days=3)
    one = Appointment(
        schedule_id=schedule_of(session, who).id,
        appointment_type_id=invitation.appointment_type_id,
        invitation_id=invitation.id,
        during=Range(start, start + timedelta(hours=1), bounds="[)"),
        buffer_before=timedelta(0),
        buffer_after=timedelta(0),
        status=status,
        uid=f"{invitation.id}@softstart.example",
    )
    session.add(one)
    session.flush()
    session.add(
        Participant(
            appointment_id=one.id,
            person_id=invitation.person_id,
            token_sha256=invitation.id.bytes * 2,
            timezone="America/New_York",
            confirmed_sequence=0 if confirmed else None,
        )
    )


@pytest.fixture
def counted(scheduler_db: Database, ada: Practitioner) -> Practitioner:
    """Last week Ada, open 56 hours, had 30 times: 8 each from Monday to Wednesday, 6 on Thursday.

    The first 20 came and had confirmed 14; the last 10 did not come, and 5 of them had confirmed.
    Seven more could choose on Sunday before and have none; five of these wait for Saturday at six
    in the evening.
    """
    monday = last_monday()
    with scheduler_db.begin() as session:
        for n in range(30):
            start = local(monday + timedelta(days=n // 8), f"{9 + n % 8:02}:00")
            status, confirmed = ("fulfilled", n < 14) if n < 20 else ("noshow", n < 25)
            a_time(session, ada, start, status, confirmed=confirmed)
        kind = session.scalars(
            select(AppointmentType.id).where(AppointmentType.code == "private-call")
        ).one()
        for n in range(7):
            invitation = an_invitation(session)
            invitation.created_at = local(monday, "12:00")
            if n < 5:
                session.add(
                    WaitlistEntry(
                        invitation_id=invitation.id,
                        person_id=invitation.person_id,
                        appointment_type_id=kind,
                        times=[[6, "18:00", "19:00"]],
                        timezone="America/New_York",
                        until=utcnow() + timedelta(days=30),
                        created_at=local(monday, "13:00"),
                    )
                )
    return ada


def table(owner: Visitor, plot: str, query: str = "weeks=4") -> list[list[str]]:
    answer = owner.open(f"/staff/insight/{plot}.csv?{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename={plot}.csv"
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True))))


def test_n10_who_could_choose_and_found_no_time_is_counted(owner, counted):
    # Of 37 who could choose, 20 have a time that stood: who did not come has none any more.
    assert table(owner, "no-time")[1:] == [["Private call", "37", "20", "5"]]
    page = words(owner.open("/staff/insight?weeks=4"))
    assert "37 people came to choose a time; 20 have one, and for 5 no free time suited." in page


def test_days_until_the_first_call_are_counted_by_hand(owner, counted):
    found = dict(table(owner, "days")[1:])

    assert found["3"] == "20"
    assert sum(int(count) for count in found.values()) == 20
    assert "are seen within 3 days" in words(owner.open("/staff/insight?weeks=4"))


def test_who_did_not_come_is_told_with_its_doubt_and_as_no_proof(owner, counted):
    assert table(owner, "attendance")[1:] == [
        ["All", "30", "10", "33% (19 to 52%)"],
        ["Confirmed by text", "19", "5", "26% (11 to 49%)"],
        ["Did not confirm", "11", "5", "45% (21 to 72%)"],
    ]
    page = words(owner.open("/staff/insight?weeks=4"))
    assert "The difference may well be chance. It is no proof" in page


def test_hours_filled_and_hours_asked_for_are_counted_by_hand(owner, counted):
    monday = last_monday()
    found = {row[0]: row[1:] for row in table(owner, "filled")[1:]}
    assert found[f"Week of {monday:%B} {monday.day}, {monday.year}"][0] == "30.0"
    assert found["Ada Obi"][0] == "30.0"

    asked = {row[0]: row[1:] for row in table(owner, "hours")[1:]}
    assert asked["Saturday 6 pm"] == ["5", "0.0"]
    assert asked["Monday 9 am"][0] == "fewer than 5"
    assert "Saturday at 6 pm is asked for most: 5 times." in words(owner.open("/staff/insight"))


def test_a_small_number_is_told_nowhere(owner, ada, scheduler_db):
    with scheduler_db.begin() as session:
        for n in range(3):
            a_time(session, ada, local(last_monday(), f"{9 + n:02}:00"), "noshow")

    page = owner.open("/staff/insight?weeks=4")

    assert "fewer than 5" in words(page)
    assert "too few to give a share" in words(page)
    assert '<td class="r">3</td>' not in page.get_data(as_text=True)
    assert table(owner, "attendance")[1:] == [
        ["All", "fewer than 5", "fewer than 5", "too few to say"]
    ]


def test_nothing_yet_is_said_and_every_plot_has_its_file(owner):
    page = owner.open("/staff/insight")

    assert words(page).count("Nothing to show in these weeks.") == len(PLOTS)
    assert all(len(table(owner, plot)) >= 1 for plot in PLOTS)


def test_one_clinician_alone_and_what_is_not_there_is_not_found(owner, counted, scheduler_db):
    with scheduler_db.begin() as session:
        other = a_clinician(session, "=Jonah Feld").id

    rows = table(owner, "filled", f"weeks=4&practitioner={other}")
    assert rows[-1][0] == "'=Jonah Feld"
    assert rows[-1][1] == "0.0"
    for query in ("weeks=5", "practitioner=x", f"practitioner={'0' * 8}-0000-0000-0000-{'0' * 12}"):
        assert owner.open(f"/staff/insight?{query}").status_code == 404
    assert owner.open("/staff/insight/flags.csv").status_code == 404


def test_more_weeks_and_more_people_take_no_more_statements(app, owner, counted, scheduler_db):
    owner.open("/staff/insight?weeks=4")
    few = statements(app, lambda: owner.open("/staff/insight?weeks=4"))
    with scheduler_db.begin() as session:
        for name in ("Theo", "Priya"):
            who = a_clinician(session, f"{name} Obi")
            a_time(session, who, local(last_monday(), "10:00"), "fulfilled")

    owner.open("/staff/insight?weeks=52")  # the copies of everybody's hours are read anew once
    assert statements(app, lambda: owner.open("/staff/insight?weeks=52")) == few


def test_l01_the_owner_alone_has_insight(owner, app):
    marcus = colleague(owner, app)

    assert marcus.open("/staff/insight").status_code == 403
    assert marcus.open("/staff/insight/filled.csv").status_code == 403
    assert "/staff/insight" not in json.dumps(marcus.open("/staff/").get_data(as_text=True))
