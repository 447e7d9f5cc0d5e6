"""What a person wrote, and who they are, turns up nowhere but in what is sealed (L02, L03, L07)."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.postgres import program
from tests.journeys.apart import Apart
from tests.journeys.people import CANARIES, CANARY_EMAIL, CANARY_PHONE, COUPLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, World, until

CASES = Path(__file__).parent.parent / "cases" / "vignettes.json"
PERSON: dict[str, Any] = COUPLE | {"email": CANARY_EMAIL, "phone": CANARY_PHONE}


def found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


@pytest.fixture(scope="module")
def walked(embedded_world: World) -> World:
    """The whole way of somebody whose words are easy to find: booked, moved, read, cancelled."""
    api = embedded_world.api
    permission = api.permission(PERSON)
    slots = api.slots(permission)
    booked = api.book(permission, slots[20]["start"]).json()
    until(lambda: embedded_world.mails_to(CANARY_EMAIL))
    token = booked["manage_token"]
    api.call(
        "POST",
        "/schedule/api/appointment/move",
        token,
        json={"start": slots[25]["start"], "location": "NY"},
    )
    until(lambda: len(embedded_world.mails_to(CANARY_EMAIL)) == 2)
    staff = Staff(embedded_world.url).sign_in()
    inquiries = staff.page("/begin/staff/inquiries")
    staff.page(inquiries.split(">Zorvane<")[0].rpartition('href="')[2].split('"')[0])
    staff.page("/notify/staff/messages")
    staff.page("/schedule/staff/")
    api.call("POST", "/schedule/api/appointment/cancel", token)
    until(lambda: embedded_world.entries(CANARY_EMAIL, "CANCEL"))
    return embedded_world


@pytest.fixture(scope="module")
def database(walked: World) -> str:
    suite = walked.product
    assert isinstance(suite, Suite)
    return f"postgresql://postgres@/softstart?host={suite.home}/run"


def test_l02_no_log_line_holds_an_answer_a_name_or_an_address(walked: World) -> None:
    said = walked.product.log()

    assert "/api/appointments" in said, "the log is the one that was written"
    assert found_in(said) == []


def test_l02_no_plain_column_of_a_dump_holds_one(database: str) -> None:
    dump = subprocess.run(
        [str(program("pg_dump")), "--inserts", database],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "INSERT INTO intake." in dump
    assert found_in(dump) == []
    # Bytes are dumped as hex: plain text in a bytea would hide from the search above.
    hidden = [c for c in CANARIES if c.encode().hex() in dump.lower()]
    assert hidden == []


def test_l03_no_row_of_the_queue_or_the_outbox_holds_one(database: str) -> None:
    with psycopg.connect(database) as connection:
        rows = [
            row
            for table in ("intake.outbox", "scheduler.outbox", "notifier.outbox", "dramatiq.queue")
            for row in connection.execute(f"SELECT t::text FROM {table} t").fetchall()  # noqa: S608
        ]

    assert any("scheduler.appointment.booked.v1" in row for (row,) in rows)
    assert found_in(str(rows)) == []


def test_l07_links_subjects_texts_and_entries_say_nothing_telling(walked: World) -> None:
    telling = re.compile(json.loads(CASES.read_text())["leak_profiles"]["base"]["forbid_regex"])
    mails = walked.mails_to(CANARY_EMAIL)
    assert len(mails) >= 3

    for mail in mails:
        said = [str(mail.mail["Subject"]), mail.text, *re.findall(r"https?://\S+", mail.text)]
        assert [telling.search(part) for part in said] == [None] * len(said)
    for entry in walked.entries(CANARY_EMAIL):
        assert not telling.search(entry.to_ical().decode())
    for text in walked.texts_to(CANARY_PHONE):
        assert not telling.search(text.body)
        assert not found_in(text.body)


@pytest.mark.processes
def test_l02_the_logs_of_separate_processes_hold_none_either(apart_world: World) -> None:
    apart = apart_world.product
    assert isinstance(apart, Apart)
    booked = apart_world.api.booked(PERSON)
    until(lambda: apart_world.mails_to(CANARY_EMAIL))

    said = apart.log()

    assert "/api/appointments" in said
    assert found_in(said) == []
    assert booked["manage_token"] not in said
