"""What a text costs: GSM-7 or UCS-2, and into how many segments it is cut (3GPP TS 23.038)."""

from dataclasses import dataclass
from enum import StrEnum

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters that GSM-7 writes as two: an escape and a letter."""


class Encoding(StrEnum):
    """How the characters of a text are packed."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, kw_only=True)
class TextSize:
    """Size of a text: `units` of its encoding (septets or 16-bit units), cut into `segments`.

    `left` units still fit before the network cuts off one segment more.
    """

    encoding: Encoding
    units: int
    segments: int
    left: int


_ROOM = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}
"""Units in a text sent alone, and in each part of one that is cut (the header takes the rest)."""

_LOOKALIKES = str.maketrans(
    {
        # One curly quote or no-break space turns the whole text into UCS-2 and doubles its price.
        "\u00a0": " ",
        "\u202f": " ",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
    }
)


def plain(text: str) -> str:
    """Replace typographer's characters by those of GSM-7; other scripts stay as they are."""
    return text.translate(_LOOKALIKES)


def measure(text: str) -> TextSize:
    """Measure a text as the network will bill it; the empty text is one segment.

    A character of two units is never split over two segments, so a part may
    end one unit early.
    """
    widths = _gsm7_widths(text)
    encoding = Encoding.UCS2 if widths is None else Encoding.GSM7
    if widths is None:
        widths = [len(character.encode("utf-16-be")) // 2 for character in text]
    alone, part = _ROOM[encoding]
    units = sum(widths)
    if units <= alone:
        return TextSize(encoding=encoding, units=units, segments=1, left=alone - units)
    parts, used = _parts(widths, part)
    return TextSize(encoding=encoding, units=units, segments=parts, left=part - used)


def segments(text: str) -> tuple[Encoding, int, int]:
    """Tell who writes a text what it comes to: (encoding, segments, units left in the last)."""
    size = measure(text)
    return size.encoding, size.segments, size.left


def fits_one_segment(text: str) -> bool:
    """Tell whether a text is short enough to be one message (L24: at most 160 characters)."""
    return measure(text).segments == 1


def _gsm7_widths(text: str) -> list[int] | None:
    if not GSM7_BASIC.union(GSM7_EXTENDED).issuperset(text):
        return None
    return [2 if character in GSM7_EXTENDED else 1 for character in text]


def _parts(widths: list[int], room: int) -> tuple[int, int]:
    """How many parts, and how many units the last of them holds."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts, used
