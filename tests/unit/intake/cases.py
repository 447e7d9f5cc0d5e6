"""The shipped screener, and the made-up people of `tests/cases/vignettes.json`."""

import json
from pathlib import Path
from typing import Any

from services.intake.domain import answers
from services.intake.domain.condition import Answers
from services.intake.domain.definition import load
from services.intake.domain.questionnaire import Config, Screener

ROOT = Path(__file__).parents[3]
SCREENER_TEXT = (ROOT / "services/intake/questionnaires/screener.en.yaml").read_text("utf-8")
CASES = json.loads((ROOT / "tests/cases/vignettes.json").read_text("utf-8"))
VIGNETTES = {case["id"]: case for case in CASES["vignettes"]}
BASE: dict[str, Any] = CASES["micro"]["base"]


def screener() -> Screener:
    return load(SCREENER_TEXT)


def config(document: dict[str, Any] | None = None) -> Config:
    found = document or CASES["micro"]["config"]
    return Config(licensed_states=tuple(found["licensed_states"]))


def answered(document: dict[str, Any]) -> Answers:
    """Answers in JSON's types, read as the product reads them."""
    return answers.read_document(screener(), document)


def base(**changes: Any) -> Answers:
    """A couple with everything clear, and what is different this time. None removes an answer."""
    document = {**BASE, **changes}
    return answered({name: value for name, value in document.items() if value is not None})
