"""`softstart screener ...`: a reviewed file looked at or put to use, and every decision made anew.

Rules change here alone: the console changes words.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from services import given
from services.home import Home
from services.intake.domain import lint, lint_text
from services.intake.domain.definition import load
from services.intake.domain.errors import BadDefinition
from services.intake.operations import replay, screener_versions
from services.intake.operations.screener_versions import NotSound
from services.upkeep import intake_of

BY = "the command line"


class NotFit(Exception):
    """The file can't be put to use; the message says where and why."""


def problems(text: str) -> list[str]:
    """Everything wrong with a reviewed file, one sentence each, with its place."""
    try:
        found = lint_text.problems(text)
        return found or lint.problems(load(text))
    except BadDefinition as refusal:
        return [str(refusal)]


def run_lint(options: argparse.Namespace) -> int:
    """Say what is wrong with a file: 0, or 2 and a sentence for each thing."""
    found = problems(given.text(options.file))
    for sentence in found:
        print(sentence)
    if not found:
        print("Nothing is wrong with it. A clinician and a lawyer have to say whether it is right.")
    return 2 if found else 0


def install(home: Home, env: Mapping[str, str], options: argparse.Namespace) -> int:
    """Put a reviewed file to use; the practice's edits that still fit go along."""
    text = given.text(options.file)
    found = problems(text)
    if found:
        raise NotFit("\n".join(found))
    with intake_of(home, env) as (database, _), database.begin() as session:
        try:
            row, lost = screener_versions.install(session, text=text, by=BY)
        except NotSound as refusal:
            raise NotFit("\n".join(refusal.problems)) from refusal
    print(f"In use from now on, as version {row.number}. Forms under way go on as they were begun.")
    for name in lost:
        print(f"{name}: the practice's own words no longer fit. They wait on the Screener page.")
    return 0


def run_replay(home: Home, env: Mapping[str, str], options: argparse.Namespace) -> int:  # noqa: ARG001
    """Decide every form that was sent anew: 0, or 1 and the ids that come out otherwise."""
    same, others = 0, 0
    with intake_of(home, env) as (database, _), database.begin() as session:
        for one in replay.replay(session):
            if one.differs:
                others += 1
                print(f"DIFFERS {one.response_id}  {', '.join(one.differs)}")
            else:
                same += 1
    print(f"{same} of {same + others} decisions come out as they were made.")
    return 1 if others else 0


def add_commands(
    commands: Any, at_home: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]
) -> None:
    """`softstart screener lint FILE`, `install FILE`, `replay`."""
    below = commands.add_parser("screener", help="the form's file, and what it decided")
    verbs = below.add_subparsers(metavar="COMMAND", required=True)
    linted = verbs.add_parser("lint", help="what is wrong with a file: 0, or 2 with its places")
    linted.add_argument("file", metavar="FILE")
    linted.set_defaults(run=run_lint)
    installed = verbs.add_parser("install", parents=[at_home], help="put a reviewed file to use")
    installed.add_argument("file", metavar="FILE")
    installed.set_defaults(run=run, work=install)
    again = verbs.add_parser(
        "replay", parents=[at_home], help="decide every sent form anew: 0, or 1 and which differ"
    )
    again.set_defaults(run=run, work=run_replay)
