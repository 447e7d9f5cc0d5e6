"""The home folder: one suite at a time, secrets that are made once and never made up again."""

import stat
from pathlib import Path

import pytest

from services.home import Home, HomeInUse, HomeUnusable
from shared.crypto import Keyring
from shared.vocabulary import SERVICES


def opened(path: Path) -> Home:
    home = Home(path)
    home.open()
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_can_look_inside(tmp_path: Path) -> None:
    home = opened(tmp_path / "deep" / "var")
    home.secrets()

    assert mode(home.path) == 0o700
    assert mode(home.path / "log") == 0o700
    assert mode(home.path / "secrets.json") == 0o600


def test_secrets_are_made_once(tmp_path: Path) -> None:
    first = opened(tmp_path).secrets()

    assert opened(tmp_path).secrets() == first


def test_every_service_has_a_key_of_its_own(tmp_path: Path) -> None:
    secrets = opened(tmp_path).secrets()

    keys = {secrets.keys_of(service) for service in SERVICES}

    assert len(keys) == len(SERVICES)
    for text in keys:
        Keyring.from_text(text)


def test_lost_secrets_are_not_replaced_while_there_is_data_that_needs_them(tmp_path: Path) -> None:
    home = opened(tmp_path)
    home.secrets()
    home.data.mkdir()
    (home.path / "secrets.json").unlink()

    with pytest.raises(HomeUnusable, match="restore it from a backup"):
        home.secrets()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"secret_key": "alone"}'])
def test_damaged_secrets_are_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    home = opened(tmp_path)
    (home.path / "secrets.json").write_text(text)

    with pytest.raises(HomeUnusable, match="damaged") as refusal:
        home.secrets()

    assert "\n" not in str(refusal.value)


def test_a_second_suite_on_the_same_home_is_refused(tmp_path: Path) -> None:
    with (
        opened(tmp_path).locked(),
        pytest.raises(HomeInUse, match="Another suite"),
        opened(tmp_path).locked(),
    ):
        pass

    with opened(tmp_path).locked():
        pass


def test_a_home_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(HomeUnusable, match="can't be written") as refusal:
        opened(tmp_path / "file" / "var")

    assert "\n" not in str(refusal.value)


def test_a_log_that_has_grown_large_is_begun_anew(tmp_path: Path) -> None:
    home = opened(tmp_path)
    home.log("softstart.log").write_bytes(b"x" * (10 * 1024 * 1024 + 1))

    fresh = home.log("softstart.log")

    assert not fresh.exists()
    assert (home.path / "log" / "softstart.log.1").exists()
