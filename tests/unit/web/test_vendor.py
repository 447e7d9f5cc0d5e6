"""The browser's libraries come from node_modules, and a missing one is named."""

from pathlib import Path

import pytest

from shared.web.vendor import FILES, copy


def test_each_library_is_copied_under_its_own_name(tmp_path: Path):
    for source in FILES:
        path = tmp_path / "node_modules" / source
        path.parent.mkdir(parents=True)
        path.write_text("library")

    copied = copy(tmp_path / "node_modules", tmp_path / "vendor")

    assert {path.name for path in copied} == set(FILES.values())
    assert {path.read_text() for path in copied} == {"library"}


def test_a_library_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError) as caught:
        copy(tmp_path, tmp_path / "vendor")

    assert "htmx.min.js" in str(caught.value.filename)
