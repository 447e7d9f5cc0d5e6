"""When a partner may be invited, the days of an invitation, and the policies' words."""

from datetime import UTC, datetime, timedelta

import pytest

from services.intake.domain.errors import BadDefinition
from services.intake.domain.invitation import Calendar, hindrance
from services.intake.domain.policy_text import read_policies
from tests.unit.intake.cases import ROOT
from tests.unit.intake.reading import grade

SENT = datetime(2027, 3, 10, 15, tzinfo=UTC)
TEXT = (ROOT / "services/intake/questionnaires/private_information.en.yaml").read_text("utf-8")
POLICIES = read_policies(TEXT)


@pytest.mark.parametrize(
    ("permission", "call_done", "lifted", "found"),
    [
        ("offer", True, False, None),
        ("offer", False, False, "call"),
        ("hold", True, False, "hold"),
        ("hold", True, True, None),
        ("hold", False, True, "call"),
        ("none", True, True, "none"),
        ("anything else", True, True, "none"),
    ],
)
def test_l14_nothing_but_an_offer_or_a_lifted_hold_lets_somebody_invite(
    permission: str, call_done: bool, lifted: bool, found: str | None
) -> None:
    assert hindrance(permission, call_done=call_done, lifted=lifted) == found


def test_the_uniform_day_begins_at_the_very_second() -> None:
    days = Calendar.of(sent_at=SENT, days=14)

    assert not days.over(SENT + timedelta(days=14, seconds=-1))
    assert days.over(SENT + timedelta(days=14))
    assert (days.length, days.day(SENT - timedelta(hours=1))) == (14, 0)


def test_the_reminder_has_one_day_and_zero_turns_it_off() -> None:
    days = Calendar.of(sent_at=SENT, days=14)
    hours = [hour for hour in range(0, 500, 6) if days.reminding(5, SENT + timedelta(hours=hour))]

    assert hours == [120, 126, 132, 138]
    assert not any(days.reminding(0, SENT + timedelta(hours=hour)) for hour in range(0, 500, 6))


@pytest.mark.parametrize("name", ["no_secrets", "limited_secrets"])
def test_n5_each_policy_says_what_is_shared_before_anything_is_and_that_it_reaches_nothing_back(
    name: str,
) -> None:
    words = " ".join(POLICIES[name].paragraphs)

    assert "This does not reach back. What you wrote in our form" in words
    assert "only if each of you has agreed in writing" in words
    assert grade([*POLICIES[name].paragraphs, POLICIES[name].agreement]) <= 8.0


def test_another_word_or_another_version_is_another_hash() -> None:
    changed = read_policies(TEXT.replace("We do not promise to keep it", "We may not keep it"))
    newer = read_policies(TEXT.replace("version: 0.1.0-draft", "version: 0.2.0"))

    assert len({POLICIES["no_secrets"].sha256, POLICIES["limited_secrets"].sha256}) == 2
    assert changed["no_secrets"].sha256 != POLICIES["no_secrets"].sha256
    assert newer["no_secrets"].sha256 != POLICIES["no_secrets"].sha256


@pytest.mark.parametrize("text", ["policies: 3", "version: 1", "[]", "policies: {no_secrets: {}}"])
def test_a_file_that_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(BadDefinition):
        read_policies(text)
