"""Golden replay: whatever is published later, a record leads to the decision that it led to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services import __main__, screener_files
from services.intake.models import Decision, QuestionnaireResponse
from services.intake.operations import decisions, replay, screener_versions
from shared.db import Database
from tests.integration.intake.people import ALONE, COUPLE, OWNER, decide, sent
from tests.unit.intake.cases import SCREENER_TEXT, VIGNETTES

SINGLE = [
    name
    for name, case in VIGNETTES.items()
    if case["form"] == "single" and "invited_by_partner" not in case["answers"]
    if case["answers"].get("age_group") != "under_13"
]
OURS = "What name should we use for you?"


def everyone(database: Database) -> dict[str, dict[str, Any]]:
    """Every vignette, sent: what was decided then, by token."""
    found = {}
    for name in SINGLE:
        response_id, _ = sent(
            database, {"c_partner_privacy": True, **VIGNETTES[name]["answers"]}, name
        )
        with database.begin() as session:
            response = session.get_one(QuestionnaireResponse, response_id)
            found[str(response_id)] = decisions.of(session, response)
    return found


def replayed(database: Database) -> list[replay.Replayed]:
    with database.begin() as session:
        return list(replay.replay(session))


def test_l33_every_stored_response_replays_to_the_same_decision_after_new_versions(
    intake_db: Database,
) -> None:
    then = everyone(intake_db)
    with intake_db.begin() as session:
        words = {"question.name_used.text": OURS}
        assert screener_versions.save(session, reader=OWNER, words=words) == {}
        screener_versions.publish(session, reader=OWNER)
    sent(intake_db, COUPLE, "by our words")
    # Rules that would decide otherwise, and settings, too: neither touches what was decided.
    file = SCREENER_TEXT.replace("version: 0.1.0-draft", "version: 9", 1).replace(
        "public_key: couples_call, when: {is: wants_couple}",
        "public_key: we_will_call, when: {is: wants_couple}",
        1,
    )
    with intake_db.begin() as session:
        screener_versions.install(session, text=file, by="a test")
    decide(intake_db, licensed_states=("CA",), safety_tool=None)
    sent(intake_db, {**COUPLE, "session_state": "CA"}, "by the new rules")

    found = replayed(intake_db)

    assert len(found) == len(then) + 2
    assert [one for one in found if one.differs] == []
    with intake_db.begin() as session:
        for response in session.scalars(select(QuestionnaireResponse)):
            if str(response.id) in then:
                assert decisions.of(session, response) == then[str(response.id)]


def test_l33_the_replay_names_a_decision_that_was_tampered_with(intake_db: Database) -> None:
    first, _ = sent(intake_db, ALONE, "one")
    second, _ = sent(intake_db, COUPLE, "two")
    with intake_db.begin() as session:
        # What was decided of one under settings that were not its own.
        response = session.get_one(QuestionnaireResponse, second)
        response.config = {**response.config, "licensed_states": ["CA"]}
        session.get_one(Decision, first).rules_sha256 = "0" * 64

    differing = {one.response_id: one.differs for one in replayed(intake_db) if one.differs}

    assert differing[first] == ("rules",)
    assert "track" in differing[second]


def test_l34_the_decision_lists_rule_flags_and_values_and_no_score_beyond_the_table(
    intake_db: Database,
) -> None:
    measure = {"phq4_1": 3, "phq4_2": 3, "phq4_3": 2, "phq4_4": 2}
    response_id, _ = sent(intake_db, {**COUPLE, **measure, "s_afraid": "yes"})
    with intake_db.begin() as session:
        found = decisions.of(session, session.get_one(QuestionnaireResponse, response_id))

    assert found["rule"] == "R04"
    assert set(found["flags"]) >= {"ipv_concern", "distress_high"}
    assert set(found["flag_reasons"]) == set(found["flags"])
    assert found["used"]["s_afraid"] == "yes"
    assert found["used"]["phq4_1"] == 3
    assert "name_used" not in found["used"]  # read by no rule
    assert set(found) == {
        *("track", "public_key", "flags", "pattern", "pattern_use", "partner_invite", "booking"),
        *("priority", "channels", "suggestions", "stored", "rule", "reason", "public_rule"),
        *("safety", "flag_reasons", "scales", "trail", "used"),
    }
    assert set(found["scales"]) == {"pursue", "withdraw", "cycle"}  # the table's own, no total


# ---------------------------------------------------------------- the command line


@pytest.fixture
def command(intake_db: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`softstart screener ...` on the database of this test."""

    @contextmanager
    def ours(_home: Any, _env: Mapping[str, str]) -> Iterator[tuple[Database, None]]:
        yield intake_db, None

    monkeypatch.setattr(screener_files, "intake_of", ours)

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["softstart", "screener", *arguments])
        return __main__.main()

    return run


def test_l33_softstart_screener_replay_says_how_many_match_and_which_differ(
    intake_db: Database, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    assert command("replay") == 0
    assert "1 of 1 decisions" in capsys.readouterr().out

    with intake_db.begin() as session:
        session.get_one(Decision, response_id).form_sha256 = "0" * 64
    assert command("replay") == 1
    said = capsys.readouterr().out
    assert f"DIFFERS {response_id}  form" in said
    assert "0 of 1 decisions" in said


def test_softstart_screener_install_puts_a_sound_file_to_use_and_refuses_another(
    intake_db: Database, command: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with intake_db.begin() as session:
        words = {"question.name_used.text": OURS}
        screener_versions.save(session, reader=OWNER, words=words)
        screener_versions.publish(session, reader=OWNER)
    file = tmp_path / "form.yaml"
    file.write_text(SCREENER_TEXT.replace('value: "13_17"', "value: 13_17", 1), encoding="utf-8")
    assert command("install", str(file)) == 2
    assert "age_group.options.13_17.value: 13_17 needs quotes" in capsys.readouterr().err

    file.write_text(SCREENER_TEXT.replace("What should we call you?", "Your name?", 1), "utf-8")
    assert command("install", str(file)) == 0
    said = capsys.readouterr().out
    assert "as version 2" in said
    assert "question.name_used.text: the practice's own words no longer fit" in said
