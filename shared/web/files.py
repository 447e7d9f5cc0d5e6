"""Stylesheet, script and pictures: named by what is in them, compressed once, kept for ever.

A file's address holds a hash of its bytes, so a browser that has it never asks again, and a changed
file has another address. The gateway would compress for itself; the one-process suite has none.
"""

import gzip
from functools import lru_cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Final, NamedTuple

from flask import Blueprint, Response, abort, request, url_for

from shared.web.audiences import guard_public

STATIC: Final = Path(__file__).with_name("static")
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_FIRST: Final = "no-cache"
"""For an address without the present hash: a page of a version that has just been replaced."""


class File(NamedTuple):
    """A static file as it is served; `packed` is None where packing saves nothing."""

    digest: str
    plain: bytes
    packed: bytes | None
    content_type: str


@lru_cache(maxsize=64)
def _read(path: Path, _changed_ns: int) -> File:
    plain = path.read_bytes()
    packed = gzip.compress(plain, 9, mtime=0)
    kind = guess_type(path.name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or kind.endswith(("javascript", "xml"))
    return File(
        sha256(plain).hexdigest()[:16],
        plain,
        packed if len(packed) < len(plain) else None,
        f"{kind}; charset=utf-8" if text else kind,
    )


def find(filename: str) -> File | None:
    """The file of that name below the static folder, or None."""
    path = (STATIC / filename).resolve()
    if not path.is_relative_to(STATIC) or not path.is_file():
        return None
    return _read(path, path.stat().st_mtime_ns)


def asset(filename: str) -> str:
    """The address of a static file, with a hash of its bytes: no cache hands out an old one."""
    found = find(filename)
    return url_for("ui.static", filename=filename, v=found.digest if found else None)


def has_asset(filename: str) -> bool:
    """Whether a static file is there: the browser's libraries are, once the set-up has run."""
    return find(filename) is not None


def _serve(filename: str) -> Response:
    found = find(filename)
    if found is None:
        abort(404)
    packed = found.packed is not None and request.accept_encodings["gzip"] > 0
    answer = Response(found.packed if packed else found.plain, content_type=found.content_type)
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    present = request.args.get("v") == found.digest
    answer.headers["Cache-Control"] = FOR_EVER if present else ASK_FIRST
    answer.set_etag(f"{found.digest}{'-gz' if packed else ''}")
    answer.make_conditional(request)
    return answer


def files() -> Blueprint:
    """The blueprint `ui`, which has the shared templates, too."""
    blueprint = Blueprint("ui", __name__, template_folder="templates")
    guard_public(blueprint)
    blueprint.add_url_rule("/ui/<path:filename>", "static", _serve)
    return blueprint
