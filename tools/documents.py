"""Write the documents that are made from the code: docs/events.md and docs/openapi/*.json.

`python tools/documents.py` writes them; a test in tests/contract fails when one is out of date.
"""

import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from shared.crypto import Keyring  # noqa: E402 - the path has to come first
from shared.messaging.routes import ROUTES  # noqa: E402
from shared.vocabulary import SERVICES, Service  # noqa: E402

NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "SECRET_KEY": "only-to-write-documents-with-it-here",
    "SERVICE_KEY": "only-to-write-documents-with-it-here",
    "ENCRYPTION_KEYS": Keyring.generate_text(),
}


def events_page() -> str:
    """The catalogue: each event, who says it, who hears it, what it carries."""
    lines = [
        "# Events",
        "",
        "Made by `tools/documents.py` from `shared/contracts` and `shared/messaging/routes.py`.",
        "Events carry ids and times, never an answer, a name or an address (L03). Within `v1` only",
        "optional fields may be added.",
        "",
        "| event | type | said by | heard by | carries |",
        "| --- | --- | --- | --- | --- |",
    ]
    for event, listeners in ROUTES.items():
        carried = ", ".join(f"`{name}`" for name in event.schema().fields)
        heard = ", ".join(listeners)
        lines.append(
            f"| {event.__name__} | `{event.type}` | {event.source()} | {heard} | {carried} |"
        )
    return "\n".join([*lines, ""])


def openapi(service: Service) -> str:
    """The service's JSON API as OpenAPI, from its routes and schemas; nothing is connected to."""
    settings = importlib.import_module(f"services.{service}.settings").Settings.from_env(NOWHERE)
    app = importlib.import_module(f"services.{service}.app").create_app(settings)
    document = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def documents() -> dict[Path, str]:
    """Every made document: its path and its text."""
    made = {HERE / "docs" / "events.md": events_page()}
    for service in SERVICES:
        made[HERE / "docs" / "openapi" / f"{service}.json"] = openapi(service)
    return made


def main() -> None:
    """Write them all."""
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(HERE))


if __name__ == "__main__":
    main()
