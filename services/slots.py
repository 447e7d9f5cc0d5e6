"""`softstart slots`: cases in, the starts that each offers out. No database, no settings.

A case as in `services.scheduler.domain.case_document` gives one JSON object, an array of them an
array, and so does a file of them, `{"cases": [...]}`.
"""

import argparse
import json
from datetime import datetime
from typing import Any, Final

from services import given
from services.given import BadInput
from services.scheduler.domain import case_document, case_values
from services.scheduler.domain.case_reasons import Because, nearest, why
from services.scheduler.domain.cases import Case, starts
from services.slot_words import sentence, stamp
from shared.zones import ZoneDataTooOld, use_pinned_zones

Document = dict[str, Any]

_BESIDE_CASES: Final = ("about", "note", "notes", "generated_with", "policies")


def cases(text: str) -> Case | list[Case]:
    """The case or cases in a JSON text. Raises BadInput with the place of what is wrong."""
    document = given.json_document(text)
    if isinstance(document, list):
        return _each(document)
    if isinstance(document, dict) and "cases" in document:
        for name in document:
            if name != "cases" and name not in _BESIDE_CASES:
                raise BadInput(f"{given.path([name])}: is not a part of a file of cases.")
        if not isinstance(document["cases"], list):
            raise BadInput("cases: has to be a list.")
        return _each(document["cases"], "cases")
    return _case(document)


def _each(documents: list[object], *steps: str) -> list[Case]:
    return [_case(one, *steps, n) for n, one in enumerate(documents)]


def _case(document: object, *steps: str | int) -> Case:
    try:
        return case_document.read(document)
    except case_values.Wrong as wrong:
        raise BadInput(f"{given.path([*steps, *wrong.steps])}: {wrong.problem}") from wrong


def answer(case: Case, asked: datetime | None = None) -> Document:
    """What the case offers; and why the time that was asked about is or isn't among it."""
    found: Document = {"slots": [stamp(start) for start in starts(case)]}
    if asked is not None:
        found["explanation"] = explanation(case, asked)
    return found


def explanation(case: Case, asked: datetime) -> Document:
    """The answer that counts; where any host will do, each one's beside it, in their order."""
    answers = why(case, asked)
    found = {"instant": stamp(asked), **_as_document(case, nearest(answers))}
    if len(answers) > 1:
        found["hosts"] = [_as_document(case, one) for one in answers]
    return found


def _as_document(case: Case, because: Because) -> Document:
    found = because.found
    document: Document = {
        "offered": found.reason is None,
        "reason": found.reason,
        "rule": because.rule,
        "words": sentence(case, because),
    }
    if found.interval is not None:
        document["interval"] = {
            "start": stamp(found.interval.start),
            "end": stamp(found.interval.end),
        }
    if found.gap:
        document["gap_min"] = found.gap
    return document


def run(options: argparse.Namespace) -> None:
    """Read, compute, print. Raises BadInput."""
    try:
        use_pinned_zones()
        asked = None if options.explain is None else case_values.instant(options.explain)
    except ZoneDataTooOld as error:
        raise BadInput(str(error)) from error
    except case_values.Wrong as wrong:
        raise BadInput(f"--explain: {wrong.problem}") from wrong
    found = cases(given.text(options.file))
    if isinstance(found, list):
        print(json.dumps([answer(one, asked) for one in found]))
    else:
        print(json.dumps(answer(found, asked)))


def add_command(commands: Any) -> None:
    """`softstart slots FILE [--explain INSTANT]`."""
    parser = commands.add_parser(
        "slots", help="the starts that a case of calendars and rules offers: JSON in, JSON out"
    )
    parser.add_argument("file", metavar="FILE", help="a JSON case or array; - reads it from stdin")
    parser.add_argument(
        "--explain",
        metavar="INSTANT",
        help="why that time is offered or not, such as 2026-03-01T15:00:00Z",
    )
    parser.set_defaults(run=run)
