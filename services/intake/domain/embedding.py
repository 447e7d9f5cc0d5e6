"""Which other sites may show our card in a frame: exact origins, and nothing that is wider."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

MOST_SITES: Final = 10
NOBODY: Final = "'none'"
_NAME: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# No wildcard, no path, no name of one part: what stands here goes into a header as it is.
_ORIGIN: Final = re.compile(
    rf"https://{_NAME}(?:\.{_NAME})+(?::\d{{1,5}})?|http://(?:localhost|127\.0\.0\.1)(?::\d{{1,5}})?"
)


class NotASite(ValueError):
    """A line that is no origin; the message says so to the owner."""


def read_origins(text: str) -> tuple[str, ...]:
    """The origins of a text with one a line, each once. Raises NotASite."""
    found = dict.fromkeys(line.strip().lower().rstrip("/") for line in text.splitlines())
    origins = tuple(origin for origin in found if origin)
    for origin in origins:
        if len(origin) > 200 or not _ORIGIN.fullmatch(origin):
            raise NotASite(f"Write the site as https://www.example.com, without more: {origin!r}.")
    if len(origins) > MOST_SITES:
        raise NotASite(f"Please keep it to {MOST_SITES} sites.")
    return origins


def frame_ancestors(origins: Sequence[str]) -> str:
    """The words of the Content-Security-Policy that let these sites frame a page, and no other."""
    return f"frame-ancestors {' '.join(origins) or NOBODY}"


def one_a_line(origins: Iterable[str]) -> str:
    """The inverse of `read_origins`, for the owner's form."""
    return "\n".join(origins)
