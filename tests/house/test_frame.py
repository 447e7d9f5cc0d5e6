"""The words around every client page are the screener's own; the browser's lock names no host."""

from pathlib import Path

import pytest
import yaml

from shared.frame import frame_texts

ROOT = Path(__file__).parents[2]
SCREENER = ROOT / "services" / "intake" / "questionnaires" / "screener.en.yaml"


@pytest.fixture(scope="module")
def screener() -> dict:
    return yaml.safe_load(SCREENER.read_text(encoding="utf-8"))


@pytest.mark.parametrize("notice", ["emergency", "quick_exit", "support_panel_title"])
def test_a_notice_is_worded_as_in_the_screener(screener: dict, notice: str):
    assert frame_texts()["notices"][notice] == screener["notices"][notice]["text"]


def test_the_support_lines_are_the_screener_s_in_its_order(screener: dict):
    ours = [(r["id"], r["label"], r["how"]) for r in frame_texts()["resources"]]

    assert ours == [(r["id"], r["label"], r["how"]) for r in screener["resources"]]


def test_no_other_notice_is_kept_twice():
    assert set(frame_texts()["notices"]) == {"emergency", "quick_exit", "support_panel_title"}


def test_the_lock_of_the_browser_s_libraries_names_no_host():
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")

    assert "resolved" not in lock
    assert "http" not in lock
