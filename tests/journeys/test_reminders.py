"""Reminders are rows due at their time, and the one that is due goes out by itself."""

import psycopg
import pytest

from tests.integration.notifier.world import where_it_is_day
from tests.journeys.people import SINGLE
from tests.journeys.suite import Suite
from tests.journeys.world import World, somebody, until


@pytest.fixture
def database(embedded_world: World) -> str:
    suite = embedded_world.product
    assert isinstance(suite, Suite)
    return f"postgresql://postgres@/softstart?host={suite.home}/run"


def reminders_of(database: str, appointment_id: str) -> dict[tuple[str, str], str]:
    """(purpose, channel) -> state, of what is planned or was sent."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT purpose, channel, state FROM notifier.notification"
            " WHERE appointment_id = %s AND purpose LIKE 'reminder%%'",
            (appointment_id,),
        ).fetchall()
    return {(purpose, channel): state for purpose, channel, state in rows}


def make_due(database: str, appointment_id: str) -> None:
    """As if the hour had come: the rows' own due times, on the database's clock."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE notifier.notification SET due_at = now() - interval '1 second'"
            " WHERE appointment_id = %s AND purpose LIKE 'reminder%%'",
            (appointment_id,),
        )


def far_ahead(world: World) -> tuple[dict[str, str], dict[str, str]]:
    person = somebody(SINGLE)
    permission = world.api.permission(person)
    slot = world.api.slots(permission, days=40)[-5]
    # Reminders keep quiet at night: the person lives where it is day, whenever this runs.
    wanted = {
        "start": slot["start"],
        "how": "phone",
        "timezone": where_it_is_day(),
        "location": "NY",
    }
    answer = world.api.call("POST", "/schedule/api/appointments", permission, json=wanted)
    assert answer.status_code == 201, answer.text
    return person, answer.json()


def test_a_reminder_that_is_due_fires_by_itself(embedded_world: World, database: str) -> None:
    person, appointment = far_ahead(embedded_world)
    until(lambda: reminders_of(database, appointment["id"]))
    until(lambda: embedded_world.mails_to(person["email"]))

    make_due(database, appointment["id"])

    until(
        lambda: all(
            state in ("accepted", "delivered", "scheduled", "expired")
            and (state != "scheduled" or channel == "sms")
            for (_, channel), state in reminders_of(database, appointment["id"]).items()
        )
    )
    assert any(state == "accepted" for state in reminders_of(database, appointment["id"]).values())


def test_nothing_is_sent_about_a_time_that_is_no_longer(
    embedded_world: World, database: str
) -> None:
    person, appointment = far_ahead(embedded_world)
    until(lambda: reminders_of(database, appointment["id"]))
    until(lambda: embedded_world.mails_to(person["email"]))
    token = appointment["manage_token"]

    embedded_world.api.call("POST", "/schedule/api/appointment/cancel", token)
    make_due(database, appointment["id"])
    until(lambda: embedded_world.entries(person["email"], "CANCEL"))

    states = set(reminders_of(database, appointment["id"]).values())
    assert states <= {"cancelled"}
    assert len(embedded_world.mails_to(person["email"])) == 2
