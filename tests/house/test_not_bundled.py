"""No words of a measure that the form's file lists under `not_bundled` stand in this repository.

The measures themselves can't stand here either, so `not_bundled.json` holds salted hashes of
five words in a row from their items, as far as they are known to us; everyday runs are left out.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.house.tree import ROOT, TEXT, files

LIST = Path(__file__).with_name("not_bundled.json")
RUN = 5
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def fingerprints() -> tuple[str, frozenset[str]]:
    """The salt, and the hashes of what must not stand here."""
    found: dict[str, Any] = json.loads(LIST.read_text("utf-8"))
    return found["salt"], frozenset(found["fingerprints"])


def fingerprint(salt: str, run: str) -> str:
    return hashlib.sha256((salt + run).encode()).hexdigest()[:20]


def runs(text: str) -> Iterator[str]:
    """Every five words in a row, whatever their case and what stands between them."""
    words = WORD.findall(text.lower().replace(chr(0x2019), "'"))
    for start in range(len(words) - RUN + 1):
        yield " ".join(words[start : start + RUN])


def borrowed(text: str, salt: str, known: frozenset[str]) -> list[str]:
    """The runs of words that are somebody else's."""
    return [run for run in dict.fromkeys(runs(text)) if fingerprint(salt, run) in known]


def test_no_item_of_a_measure_that_is_not_bundled_stands_in_the_repository() -> None:
    salt, known = fingerprints()
    texts = [path for path in files(suffixes=frozenset({*TEXT, ".json"})) if path != LIST]

    found = {
        str(path.relative_to(ROOT)): hits
        for path in texts
        if (hits := borrowed(path.read_text("utf-8", errors="ignore"), salt, known))
    }

    assert len(texts) > 100
    assert found == {}


def test_a_planted_run_of_words_is_found_however_it_is_set() -> None:
    salt, known = fingerprints()
    planted = "Seven grey herons walked\n  slowly"
    known |= {fingerprint(salt, "seven grey herons walked slowly")}

    assert borrowed(f'text: "Once, {planted} home."', salt, known) == [
        "seven grey herons walked slowly"
    ]
    assert borrowed("Seven grey herons walked home slowly.", salt, known) == []


def test_the_list_is_of_hashes_alone() -> None:
    salt, known = fingerprints()

    assert len(known) > 300
    assert re.fullmatch(r"[0-9a-f]{32}", salt)
    assert all(re.fullmatch(r"[0-9a-f]{20}", one) for one in known)
