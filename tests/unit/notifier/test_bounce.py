"""Mails that come back, as other people's servers write them, and as anybody might (F14)."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.bounce import (
    envelope_address,
    mark_of,
    read_bounce,
    tries_named,
)
from services.notifier.domain.verdict import returned

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "dsn.json").read_text(encoding="utf-8")
)["cases"]
FOLDER = os.environ.get("CONFORMANCE_DIR")
MARK = bytes(range(32))

with_the_files = pytest.mark.skipif(
    FOLDER is None, reason="CONFORMANCE_DIR is not set: other people's files are not at hand"
)


def other_peoples(case: dict[str, Any]) -> bytes:
    assert FOLDER is not None
    return (Path(FOLDER) / "inputs" / case["file"]).read_bytes()


@with_the_files
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_f14_other_peoples_bounces_are_temporary_or_permanent_as_expected(case: dict[str, Any]):
    bounce = read_bounce(other_peoples(case))

    if not case["temporary"] and not case["permanent"]:
        assert bounce is None
        return
    assert bounce is not None
    assert bounce.temporary == set(case["temporary"])
    assert bounce.permanent == set(case["permanent"])
    assert (bounce.returned is not None) == bool(case["permanent"])


@with_the_files
def test_f14_the_code_is_that_of_a_recipient_that_failed():
    codes = {
        case["file"]: bounce.status
        for case in CASES
        if (bounce := read_bounce(other_peoples(case))) and case["recipients"]
    }

    assert codes == {
        "dsn/dsn_02.txt": "4.4.7",
        "dsn/dsn_05.txt": "4.4.1",
        "dsn/dsn_08.txt": "4.0.0",
        "dsn/dsn_11.txt": "5.1.1",
        "dsn/dsn_14.txt": "5.1.1",
        "dsn/dsn_17.txt": "4.3.0",
    }


@pytest.mark.parametrize(
    ("status", "reason", "suppress"),
    [
        ("5.1.1", "no-such-address", True),
        ("5.1.10", "no-such-address", True),
        ("5.2.2", "mailbox-full", False),
        ("4.2.2", "mailbox-full", False),
        ("4.4.7", "gave-up", False),
        ("4.1.1", "gave-up", False),
        ("5.7.1", "refused", False),
        ("", "refused", False),
    ],
)
def test_f14_only_a_mailbox_that_is_not_there_is_never_written_to_again(
    status: str, reason: str, suppress: bool
):
    verdict = returned(status)

    assert (verdict.reason, verdict.suppress) == (reason, suppress)


@given(st.uuids(), st.binary(min_size=7, max_size=40))
def test_f14_an_envelope_address_tells_its_try_whatever_letters_come_back(
    attempt_id: UUID, mark: bytes
):
    address = envelope_address("bounces@harborlane.example", attempt_id, mark)
    local, _, domain = address.rpartition("@")

    assert domain == "harborlane.example"
    assert len(local) <= 64  # RFC 5321, 4.5.3.1.1
    for written in (address, address.upper(), address.lower()):
        mail = f"To: <{written}>\r\nSubject: Returned\r\n\r\nIt did.\r\n".encode()
        assert tries_named(mail) == [(attempt_id, mark_of(mark))]


def test_f14_a_try_that_is_only_quoted_is_not_the_one_that_came_back():
    address = envelope_address("bounces@harborlane.example", uuid4(), MARK)
    mail = f"To: someone@example.org\r\nSubject: {address}\r\n\r\n{address}\r\n"

    assert tries_named(mail.encode()) == []


@given(st.binary(max_size=400))
def test_f14_bytes_that_are_no_mail_break_nothing(content: bytes):
    read_bounce(content)
    tries_named(content)


@with_the_files
@given(st.sampled_from(CASES), st.data())
def test_f14_a_bounce_that_was_cut_or_stirred_breaks_nothing(case: dict[str, Any], data: Any):
    content = bytearray(other_peoples(case))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=12)):
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]

    read_bounce(bytes(content))
    tries_named(bytes(content))
