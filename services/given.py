"""What somebody hands to a command: a file or stdin, as text or as JSON."""

import json
import math
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_LONGEST_NUMBER: Final = 100
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


class BadInput(Exception):
    """What came in can't be used; the message is one sentence and names the field."""


def text(name: str) -> str:
    """What stands in that file, or `-` for stdin. Raises BadInput."""
    place = "document" if name == "-" else name
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{place}: can't be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{place}: is not UTF-8 text.") from error


def json_document(given: str) -> Any:
    """The value of a JSON text, every number in it a number. Raises BadInput."""
    try:
        document = json.loads(given, parse_int=_whole, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"document: is not JSON ({error}).") from error
    _refuse_what_is_no_number(document)
    return document


def path(steps: Iterable[str | int]) -> str:
    """Where something stands: `hosts[0].busy[1].start`, and `document` for all of it."""
    found = ""
    for step in steps:
        if isinstance(step, int):
            found += f"[{step}]"
        elif _PLAIN_NAME.fullmatch(step):
            found += f".{step}" if found else step
        else:
            found += f"[{json.dumps(step[:80])}]"
    return found or "document"


def _whole(digits: str) -> int | float:
    # Python refuses to read thousands of digits; as a float it is refused by its field instead.
    return int(digits) if len(digits) < _LONGEST_NUMBER else float(digits)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"{path([twice])}: stands there twice.")
    return found


def _refuse_what_is_no_number(document: Any) -> None:
    """NaN is not in JSON, 1e999 is infinite. Without recursion: it may be nested deeply."""
    left: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while left:
        steps, value = left.pop()
        if isinstance(value, float) and not math.isfinite(value):
            raise BadInput(f"{path(steps)}: is no number.")
        if isinstance(value, dict):
            left.extend(((*steps, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            left.extend(((*steps, n), inner) for n, inner in enumerate(value))
