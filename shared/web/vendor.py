"""`python -m shared.web.vendor`: copy the browser's libraries to where they are served from.

They are dependencies like any other (package.json and its lock), so no copy is committed.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
VENDOR: Final = Path(__file__).with_name("static") / "vendor"

FILES: Final = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    **{
        f"@fullcalendar/{part}/index.global.min.js": f"fullcalendar-{part}.min.js"
        for part in ("core", "interaction", "daygrid", "timegrid")
    },
}
"""Where a file lies in node_modules, and its name here. Each carries its licence in its head."""


def copy(node_modules: Path, vendor: Path) -> list[Path]:
    """Copy every file of FILES; returns where they lie. FileNotFoundError names what is missing."""
    vendor.mkdir(parents=True, exist_ok=True)
    return [
        Path(shutil.copyfile(node_modules / source, vendor / name))
        for source, name in FILES.items()
    ]


def main() -> int:
    """Copy, or say in one sentence what to do first."""
    try:
        copy(ROOT / "node_modules", VENDOR)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename} is not there. Please run 'npm ci' first.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
