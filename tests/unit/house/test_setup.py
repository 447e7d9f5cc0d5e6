"""`tools/setup.py`: what is done once is not done twice, and what can't be done is said plainly."""

import json
from pathlib import Path

import pytest

from tools import setup


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A working copy in which each step only notes that it was taken."""
    taken: list[str] = []
    for name in ("run", "test", "dev"):
        (tmp_path / "requirements").mkdir(exist_ok=True)
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    for path in ("pyproject.toml", "package-lock.json", "shared/web/vendor.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("first")

    def make_venv() -> None:
        taken.append("venv")
        (tmp_path / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(setup, "HERE", tmp_path)
    monkeypatch.setattr(setup, "LOCKS", tmp_path / "requirements")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup, "STAMPS", tmp_path / ".venv" / "stamps.json")
    monkeypatch.setattr(setup, "make_venv", make_venv)
    monkeypatch.setattr(setup, "install_lock", taken.append)
    monkeypatch.setattr(setup, "install_package", lambda: taken.append("package"))
    monkeypatch.setattr(setup, "install_browser_libraries", lambda **_: taken.append("browser"))
    return taken


def test_the_first_time_everything_is_done(steps: list[str]) -> None:
    setup.set_up("run")

    assert steps == ["venv", "run", "package", "browser"]


def test_the_second_time_nothing_is_done(steps: list[str]) -> None:
    setup.set_up("run")
    steps.clear()

    setup.set_up("run")

    assert steps == []


def test_a_wider_group_serves_a_narrower_one(steps: list[str]) -> None:
    setup.set_up("test")
    steps.clear()

    setup.set_up("run")

    assert steps == []


def test_a_changed_lock_is_installed_and_nothing_else(steps: list[str], tmp_path: Path) -> None:
    setup.set_up("test")
    steps.clear()
    (tmp_path / "requirements" / "test.txt").write_text("test==2\n")

    setup.set_up("test")

    assert steps == ["test"]


def test_a_step_that_failed_is_taken_again(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise setup.SetupFailed("No network.")

    working = setup.install_browser_libraries
    monkeypatch.setattr(setup, "install_browser_libraries", fail)
    with pytest.raises(setup.SetupFailed):
        setup.set_up("run")
    steps.clear()
    monkeypatch.setattr(setup, "install_browser_libraries", working)

    setup.set_up("run")

    assert steps == ["browser"]


def test_what_only_tests_need_comes_with_the_tests(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[object] = []
    monkeypatch.setattr(
        setup, "install_browser_libraries", lambda **how: wanted.append(how["for_tests"])
    )

    for group in ("run", "test", "run"):
        setup.set_up(group)

    assert wanted == [False, True]


def test_a_virtual_environment_of_another_python_is_made_anew(
    steps: list[str], tmp_path: Path
) -> None:
    setup.set_up("run")
    stamps = tmp_path / ".venv" / "stamps.json"
    stamps.write_text(json.dumps(json.loads(stamps.read_text()) | {"venv": "of another Python"}))
    steps.clear()

    setup.set_up("run")

    assert steps == ["venv", "run", "package", "browser"]


def test_a_python_that_is_too_old_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "OLDEST", (99, 0))

    status = setup.main()

    said = capsys.readouterr().err
    assert status == 2
    assert said.startswith("softstart: Softstart needs Python 99.0 or newer")
    assert said.count("\n") == 1


def test_a_python_without_venv_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "has_module", lambda name: name != "ensurepip")

    status = setup.main()

    said = capsys.readouterr().err
    assert status == 2
    assert "apt-get install python3-venv" in said
    assert said.count("\n") == 1
