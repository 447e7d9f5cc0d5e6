"""The owner's page of the audit."""

import csv
import io
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask

from services.intake.operations import audit
from services.intake.operations.readers import Reader
from shared.db import Database
from shared.vocabulary import Role
from shared.web.spreadsheet import cell
from tests.integration.intake.browsing import Browser, errors_in

SignIn = Callable[..., Browser]
DANA = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)
MARCUS = Reader(account_id=UUID(int=8), name="=Marcus()", role=Role.OWNER)
PERSON = uuid4()


@pytest.fixture
def owner(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app, Role.OWNER)


@pytest.fixture
def entries(intake_db: Database) -> None:
    with intake_db.begin() as session:
        audit.note(session, reader=DANA, act="read", person_id=PERSON, part="wellbeing")
        audit.note(session, reader=MARCUS, act="export", reason="own-request")
        audit.note(session, reader=DANA, act="lift-hold", written="A canary sang")


def numbers(page: str) -> list[int]:
    return [int(part.split("<")[0]) for part in page.split('<th scope="row">')[1:]]


@pytest.mark.usefixtures("entries")
def test_the_newest_come_first_and_nothing_that_was_typed_is_shown(owner: Browser) -> None:
    page = owner.open("/staff/audit").text

    assert numbers(page) == [3, 2, 1]
    assert "Lifted the hold" in page
    assert "How they are doing" in page
    assert "canary" not in page


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("account=whitlock", [3, 1]),
        ("act=export", [2]),
        (f"person={PERSON}", [1]),
        ("until=2020-01-01", []),
        ("since=2020-01-01&account=dana&act=read", [1]),
        ("account=%25", []),
        ("before=3", [2, 1]),
    ],
)
def test_entries_are_filtered(owner: Browser, query: str, found: list[int]) -> None:
    assert numbers(owner.open(f"/staff/audit?{query}").text) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [("person=x", "person"), ("since=yesterday", "since"), ("before=x", "before")],
)
def test_a_filter_that_cannot_be_read_says_so(owner: Browser, query: str, field: str) -> None:
    page = owner.open(f"/staff/audit?{query}")

    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert field == "before" or len(errors_in(page)) == 1


def test_long_lists_come_in_pages(intake_db: Database, owner: Browser) -> None:
    with intake_db.begin() as session:
        for _ in range(70):
            audit.note(session, reader=DANA, act="read")

    first = owner.open("/staff/audit?account=Dana").text
    assert numbers(first) == list(range(70, 20, -1))
    assert "/staff/audit?account=Dana&amp;before=21" in first
    second = owner.open("/staff/audit?account=Dana&before=21").text
    assert numbers(second) == list(range(20, 0, -1))


@pytest.mark.usefixtures("entries")
def test_the_file_holds_no_formula_and_taking_it_is_an_entry(owner: Browser) -> None:
    answer = owner.open("/staff/audit/entries.csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["seq"] for row in rows] == ["3", "2", "1"]
    assert rows[1]["account_name"] == "'=Marcus()"
    assert "canary" not in answer.text
    assert "Exported" in owner.open("/staff/audit?act=export").text
    assert numbers(owner.open("/staff/audit").text)[0] == 4


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell(f"x{text}") == f"x{text}"
    assert cell(None) == ""


@pytest.mark.usefixtures("entries")
def test_the_owner_verifies_and_is_told_which_entry_is_bad(
    owner: Browser, database_url: str
) -> None:
    assert "Whole: 3 entries are as they were written." in verify(owner)

    with psycopg.connect(database_url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE intake.audit_entry SET act = 'write' WHERE seq = 2")

    assert "Entry 2 was changed after it was written." in verify(owner)


def verify(owner: Browser) -> str:
    token = owner.open("/staff/audit").text.split('name="csrf_token" value="')[1].split('"')[0]
    return owner.client.post("/staff/audit/verify", data={"csrf_token": token}).text


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_l01_nobody_else_sees_the_audit(app: Flask, signed_in: SignIn, role: Role) -> None:
    somebody = signed_in(app, role)

    assert somebody.open("/staff/audit").status_code == 403
    assert somebody.open("/staff/audit/entries.csv").status_code == 403
    assert "/staff/audit" not in somebody.open("/staff/inquiries").text
