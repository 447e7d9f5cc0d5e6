"""The project's own files, read once for the tests that guard the whole."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("services", "shared")
TEXT = {
    ".py",
    ".html",
    ".js",
    ".css",
    ".yaml",
    ".yml",
    ".md",
    ".toml",
    ".txt",
    ".conf",
    ".ini",
    ".sh",
}
NOT_OURS = {".venv", ".git", "node_modules", "vendor", "var", "build", "__pycache__"}


def files(*folders: str, suffixes: frozenset[str] = frozenset({".py"})) -> list[Path]:
    """Our files below these folders (the whole tree without any), sorted."""
    roots = [ROOT / folder for folder in folders] or [ROOT]
    return sorted(path for root in roots for path in _walk(root) if path.suffix in suffixes)


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            if path.name not in NOT_OURS and not path.name.endswith((".egg-info", "_cache")):
                yield from _walk(path)
        elif path.is_file():
            yield path


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def short(path: Path) -> str:
    """The path as a person writes it."""
    return str(path.relative_to(ROOT))


def module_name(path: Path) -> str:
    """The dotted name under which Python imports the file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
