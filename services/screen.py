"""`softstart screen`: documents of answers in, decisions out. No database, no settings.

A document as in `services.intake.domain.cases` gives one JSON object, an array of them an array.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from services import given
from services.given import BadInput
from services.intake.domain.cases import judge
from services.intake.domain.errors import BadDocument
from services.intake.domain.pair import PairDecision
from services.intake.domain.screening import Decision
from services.intake.operations.questionnaires import shipped

Judged = Decision | PairDecision


def screen(text: str) -> Judged | list[Judged]:
    """Judge what stands in a JSON text. Raises BadInput."""
    document = given.json_document(text)
    if not isinstance(document, list):
        return _judge(document, "")
    return [_judge(one, f"[{place}] ") for place, one in enumerate(document)]


def _judge(document: object, place: str) -> Judged:
    try:
        return judge(shipped(), document)
    except BadDocument as refusal:
        raise BadInput(f"{place}{refusal}") from refusal


def run(options: argparse.Namespace) -> None:
    """Read, judge, print. Raises BadInput."""
    found = screen(given.text(options.file))
    if options.explain:
        each = found if isinstance(found, list) else [found]
        print("\n\n".join("\n".join(explained(one)) for one in each))
    elif isinstance(found, list):
        print(json.dumps([one.as_document() for one in found], ensure_ascii=False))
    else:
        print(json.dumps(found.as_document(), ensure_ascii=False))


# ---------------------------------------------------------------- for a person to read


def explained(judged: Judged) -> Iterator[str]:
    """The way through the table, line by line."""
    if isinstance(judged, Decision):
        yield from _explain_one(judged)
        return
    yield from _explain_two(judged)


def _explain_two(pair: PairDecision) -> Iterator[str]:
    yield "First person"
    yield from (f"  {line}" for line in _explain_one(pair.a))
    yield "Second person"
    if pair.b is None:
        yield "  has not answered anything."
    else:
        yield from (f"  {line}" for line in _explain_one(pair.b))
    yield "Together"
    yield f"  {pair.rule}: {pair.pair_track}. Joint booking: {pair.joint_booking}."
    yield f"  Patterns together: {pair.pair_pattern}."
    yield f"  {_listed('To think about', pair.pair_suggestions)}"
    yield f"  The first is told: {pair.a_update}. The second is told: {pair.b_update}."
    yield f"  A reminder to the second: {'today' if pair.reminder_to_b else 'no'}."


def _explain_one(decision: Decision) -> Iterator[str]:
    yield f"Safety level: {decision.safety}"
    yield "Flags" if decision.flags else "Flags: none"
    yield from (f"  {flag}: {why}" for flag, why in decision.flag_reasons.items())
    yield "Rules, the first that matches counts"
    for rule, matched in decision.trail:
        yield f"  {rule}: {decision.reason if matched else 'no match'}"
    yield f"Track: {decision.track}. Priority: {decision.priority}."
    yield f"What the person sees: {decision.public_key}{_by_rule(decision)}."
    yield f"Booking: {decision.booking}."
    yield f"Invitation of a partner: {decision.partner_invite}."
    held = " (not to be spoken of yet)" if decision.pattern_use == "hold" else ""
    yield f"Pattern: {decision.pattern.name}{held}."
    yield _listed("Ways to reach the person", decision.channels)
    yield _listed("To think about", decision.suggestions)
    yield "Kept: yes." if decision.stored else "Kept: nothing."


def _by_rule(decision: Decision) -> str:
    if decision.public_rule == decision.rule:
        return ""
    return f", by rule {decision.public_rule} on the answers without anything sealed"


def _listed(title: str, names: tuple[str, ...]) -> str:
    return f"{title}: {', '.join(names) or 'none'}."


def add_command(commands: Any) -> None:
    """`softstart screen FILE [--explain]`."""
    parser = commands.add_parser(
        "screen", help="judge answers by the screener's table: JSON in, JSON out"
    )
    parser.add_argument(
        "file", metavar="FILE", help="a JSON document or array; - reads it from stdin"
    )
    parser.add_argument(
        "--explain", action="store_true", help="the way through the table, for a person to read"
    )
    parser.set_defaults(run=run)
