"""The lock files: exact, hashed, each within the next, silent about where packages come from."""

import json
import re

import pytest

from tests.house.tree import ROOT

LOCKS = ("run", "test", "dev", "node")
PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_by_version_and_hash(name: str) -> None:
    entries = re.split(r"\n(?=[a-z])", lock(name))[1:]

    assert entries
    for entry in entries:
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name: str) -> None:
    assert not re.search(r"://|index|find-links", lock(name))


def test_the_npm_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert all(entry.get("integrity") for name, entry in packages.items() if name)


def test_each_lock_holds_the_one_before_it() -> None:
    run, test, dev = (dict(PIN.findall(lock(name))) for name in ("run", "test", "dev"))

    assert run.items() <= test.items() <= dev.items()


def test_every_dependency_is_in_the_lock() -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = text.partition("dependencies = [")[2].partition("\n]")[0]
    named = re.findall(r'^\s+"([a-z0-9-]+)', table, re.MULTILINE)

    assert named
    assert set(named) <= dict(PIN.findall(lock("run"))).keys()


def test_nothing_of_the_browser_is_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert {"node_modules/", "shared/web/static/vendor/"} <= set(ignored)
