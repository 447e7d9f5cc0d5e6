"""Compile `requirements/*.txt` from `pyproject.toml`: exact versions, hashes, no index address."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"),
)
# Each lock holds the one before it, in the very same versions.
LOCKS: dict[str, tuple[str, ...]] = {
    "run": ("pyproject.toml", "--group", "build"),
    "test": ("pyproject.toml", "--group", "build", "--group", "test", "-c", "requirements/run.txt"),
    "dev": (
        *("pyproject.toml", "--group", "build", "--group", "test", "--group", "dev"),
        *("-c", "requirements/test.txt"),
    ),
    "node": ("--group", "node"),
}


def main() -> None:
    """Compile the locks, newest versions with `--upgrade`."""
    for name, sources in LOCKS.items():
        target = f"requirements/{name}.txt"
        command = [str(UV), "pip", "compile", *sources, *OPTIONS, *sys.argv[1:], "-o", target]
        subprocess.run(command, cwd=HERE, check=True)
        print(target)


if __name__ == "__main__":
    main()
