"""The house rules that a machine can check: sizes, clocks, settings, commits, words left behind."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, ROOT, TEXT, files, parsed, short

OURS = files(*PACKAGES, "tools", "bench")
TESTS = files("tests")

READS_THE_ENVIRONMENT = {"settings.py", "commands.py", "embedded.py"}
READS_THE_CLOCK = {"shared/clock.py"}
JUNK_DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc", "base", "core", "manager"}

# Written so that this file does not hold what it looks for.
LEFT_FOR_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
REGISTRY = re.compile(r"py[p]i\.org|python[h]osted|np[m]js\.|deb\.debi[a]n|registry[-.]1?\.?docker")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, its docstring not counted: explaining is not what makes one long."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_every_file_opens_by_saying_its_job() -> None:
    silent = [short(path) for path in OURS + TESTS if not ast.get_docstring(parsed(path))]

    assert silent == []


def test_no_module_is_longer_than_400_lines() -> None:
    lines = {
        short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in OURS + TESTS
    }

    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_no_function_is_longer_than_60_lines_and_most_are_short() -> None:
    # A migration is a table written down column by column; there is nothing in it to follow.
    read = [path for path in OURS if "migrations" not in path.parts]
    lengths = {f"{short(path)}:{f.name}": length(f) for path in read for f in functions(path)}

    assert {name: count for name, count in lengths.items() if count > 60} == {}
    assert statistics.median(lengths.values()) <= 8


def test_modules_are_named_for_what_they_hold() -> None:
    assert [short(path) for path in OURS if path.stem in JUNK_DRAWERS] == []


def test_only_settings_and_the_command_line_read_the_environment() -> None:
    readers = {
        short(path)
        for path in files(*PACKAGES)
        if path.name not in READS_THE_ENVIRONMENT
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in {"environ", "getenv", "putenv"}
    }

    assert readers == set()


def test_only_shared_clock_reads_the_time_of_day() -> None:
    telling = {"now", "utcnow", "today"}
    readers = {
        f"{short(path)}:{node.lineno}"
        for path in files(*PACKAGES)
        if short(path) not in READS_THE_CLOCK
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (
            (node.value.id in {"datetime", "date"} and node.attr in telling)
            or (node.value.id == "time" and node.attr in {"time", "time_ns", "localtime", "gmtime"})
        )
    }

    assert readers == set()


def test_transactions_open_at_the_edge_and_nobody_commits_inside() -> None:
    commits = [
        f"{short(path)}:{node.lineno}"
        for path in files("services")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]

    assert commits == []


def test_a_function_never_hides_an_import_without_saying_why() -> None:
    hidden = []
    for path in files(*PACKAGES):
        lines = path.read_text(encoding="utf-8").splitlines()
        for function in functions(path):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    around = lines[max(0, node.lineno - 4) : node.lineno]
                    if not any("#" in line for line in around):
                        hidden.append(f"{short(path)}:{node.lineno}")

    assert hidden == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("work left for later", LEFT_FOR_LATER), ("the host of a package registry", REGISTRY)],
)
def test_the_tree_holds_no(what: str, pattern: re.Pattern[str]) -> None:
    """The tree holds no work left for later and no registry's host."""
    found = [
        f"{short(path)}:{number}"
        for path in files(suffixes=frozenset(TEXT | {".json", ""}))
        for number, line in enumerate(_lines(path), 1)
        if pattern.search(line)
    ]

    assert found == [], what


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def test_every_function_in_a_test_module_runs_or_is_used() -> None:
    """A misnamed test never fails: Indico's `past_booking_occurrences_are_cancelled` never ran."""
    dead = []
    for path in TESTS:
        text = path.read_text(encoding="utf-8")
        for node in parsed(path).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith(("test_", "pytest_")):
                continue
            used_here = len(re.findall(rf"\b{node.name}\b", text)) > 1
            if not used_here and not _is_fixture(node) and not _used_elsewhere(path, node.name):
                dead.append(f"{short(path)}:{node.name}")

    assert dead == []


def _is_fixture(node: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)


def _used_elsewhere(path: Path, name: str) -> bool:
    return any(
        re.search(rf"\b{name}\b", other.read_text(encoding="utf-8"))
        for other in TESTS
        if other != path
    )


def test_the_makefile_holds_no_programs() -> None:
    recipes = re.split(r"\n(?=[a-z])", (ROOT / "Makefile").read_text(encoding="utf-8"))

    assert [recipe for recipe in recipes if recipe.count("\n\t") > 2] == []
