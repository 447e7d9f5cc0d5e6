"""`softstart held`: what a restored backup may send twice, held until somebody decides (F29)."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.home import Home
from services.notifier.operations import resend_guard
from services.notifier.operations.resend_guard import Decision
from services.upkeep import notifier_of


def show(home: Home, env: Mapping[str, str]) -> int:
    """List what is held, without a name: 0, or 1 where something is."""
    with notifier_of(home, env) as database, database.begin() as session:
        rows = resend_guard.waiting(session)
        count = resend_guard.count(session)
        lines = [f"{row.id}  {row.purpose:14} due {row.due_at:%Y-%m-%d %H:%M} UTC" for row in rows]
    print("\n".join([*lines, f"{count} held back." if count else "Nothing is held back."]))
    return 1 if count else 0


def hold(home: Home, env: Mapping[str, str]) -> int:
    """Hold whatever is due by now: for a restored backup whose audit folder was lost, too."""
    with notifier_of(home, env) as database, database.begin() as session:
        count = resend_guard.hold_all(session)
    print(f"{count} held back, and whatever turns up later that was due before now.")
    return 0


def release(home: Home, env: Mapping[str, str]) -> int:
    """Let all of it go out, as far as it is still of use."""
    return _decide(home, env, Decision.RELEASE)


def discard(home: Home, env: Mapping[str, str]) -> int:
    """Let none of it go out."""
    return _decide(home, env, Decision.DISCARD)


def _decide(home: Home, env: Mapping[str, str], decision: Decision) -> int:
    with notifier_of(home, env) as database, database.begin() as session:
        count = len(resend_guard.decide(session, decision=decision))
    print(f"{count} {'released' if decision is Decision.RELEASE else 'discarded'}.")
    return 0


_VERBS: Final = {
    "list": (show, "what is held back: 1 if anything is"),
    "all": (hold, "hold whatever is due by now; before the start, where audit/ was lost, too"),
    "release": (release, "let all of it go out"),
    "discard": (discard, "let none of it go out"),
}


def add_commands(
    commands: Any, at_home: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]
) -> None:
    """`softstart held list|all|release|discard`; `run` calls `options.upkeep` with the home."""
    words = "messages that a restored backup may send twice"
    below = commands.add_parser("held", help=words).add_subparsers(metavar="COMMAND", required=True)
    for name, (upkeep, does) in _VERBS.items():
        parser = below.add_parser(name, parents=[at_home], help=does, description=does)
        parser.set_defaults(run=run, upkeep=upkeep)
