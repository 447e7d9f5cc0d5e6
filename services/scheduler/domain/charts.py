"""Drawings: values in, SVG out. Colours and type are the stylesheet's, widths are in percent.

Nothing is told by a hue alone: each value stands beside its shape, and what is too small to be
told is hatched. Each drawing has its table on the page, so it is one image to a screen reader.
"""

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Final

from services.scheduler.domain.insight import FEWEST, Cell

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LABELS: Final = 8
_LONG_LABELS: Final = 4
"""So many fit beside each other on a phone: of days, and of weeks by their date."""
_TOP, _FLOOR = 24, 200


def bars(steps: Sequence[tuple[str, int]], *, title: str) -> str:
    """One bar below the other, as long as its count."""
    most = max((count for _, count in steps), default=0)
    drawn = []
    for place, (name, count) in enumerate(steps):
        top = 14 + 56 * place
        drawn += [
            _text("0", top, name),
            f'<rect class="soft" x="0" y="{top + 8}" width="84%" height="20" rx="4"/>',
            _bar("0", top + 8, f"{_part(_safe(count), most) * 84:.1f}%", 20, count),
            _text("100%", top + 23, _told(count), "v end-t"),
        ]
    return _svg(56 * len(steps), title, drawn)


def columns(
    values: Sequence[tuple[str, int]], *, title: str, top: int | None = None, unit: str = ""
) -> str:
    """One column beside the other. With a `unit` they are measures; else counts of people.

    `top` is the value that fills the height; without, the largest one does.
    """
    most = max(top or 0, *(value for _, value in values), 1)
    step = 100 / max(len(values), 1)
    named = -(-len(values) // (_LONG_LABELS if unit else _LABELS))
    largest = max((value for _, value in values), default=0)
    drawn = [f'<line class="ax" x1="0" x2="100%" y1="{_FLOOR}" y2="{_FLOOR}"/>']
    for place, (name, value) in enumerate(values):
        left, middle = place * step, (place + 0.5) * step
        high = (_FLOOR - _TOP) * min(1, _part(value if unit else _safe(value), most))
        drawn.append(
            _bar(
                f"{left + step * 0.1:.2f}%",
                round(_FLOOR - high),
                f"{step * 0.8:.2f}%",
                round(high),
                FEWEST if unit else value,
            )
        )
        at = f"{middle:.2f}%"
        if place % named == 0:
            drawn.append(_text(at, _FLOOR + 20, name, "mid-t"))
        if place % named == 0 or value == largest >= FEWEST:
            told = f"{value}{unit}" if unit else _told(value)
            drawn.append(_text(at, round(_FLOOR - high) - 6, told, "v mid-t"))
    return _svg(_FLOOR + 30, title, drawn)


def heat(asked: Mapping[Cell, int], opened: Collection[Cell], *, title: str) -> str:
    """Hours of the week: how often each was asked for, with a line under those that are open."""
    found = {hour for _, hour in (*asked, *opened)} or {9, 17}
    first, last = min(found), max(found)
    most = max(asked.values(), default=0)
    drawn = [_text(f"{22.5 + 13 * n:.1f}%", 12, day, "mid-t") for n, day in enumerate(_DAYS)]
    for row, hour in enumerate(range(first, last + 1)):
        top = 20 + 30 * row
        drawn.append(_text("14%", top + 16, clock(hour), "end-t"))
        for weekday in range(1, 8):
            count, left = asked.get((weekday, hour), 0), 16.5 + 13 * (weekday - 1)
            shade = f"h{_shade(count, most)}"
            drawn.append(
                f'<rect class="{shade}" x="{left:.1f}%" y="{top}" width="12%" height="21" rx="3"/>'
            )
            if count:
                ink = "on mid-t" if shade in {"h3", "h4"} else "v mid-t"
                drawn.append(_text(f"{left + 6:.1f}%", top + 15, _told(count), ink))
            if (weekday, hour) in opened:
                drawn.append(
                    f'<rect class="b2" x="{left:.1f}%" y="{top + 22}" width="12%" height="4"'
                    ' rx="2"/>'
                )
    return _svg(24 + 30 * (last - first + 1), title, drawn, "chart heat")


def clock(hour: int) -> str:
    """An hour as staff say it."""
    return f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}"


def _shade(count: int, most: int) -> int:
    """From 0, nothing, to 4, the most; all small counts are alike."""
    if count < FEWEST:
        return int(count > 0)
    return max(1, -(-4 * count // most))


def _safe(count: int) -> int:
    """A small count is drawn as the largest of the small: its length must not tell it."""
    return FEWEST - 1 if 0 < count < FEWEST else count


def _told(count: int) -> str:
    return f"<{FEWEST}" if 0 < count < FEWEST else str(count)


def _part(value: int, most: int) -> float:
    return value / max(value, most, 1)


def _bar(x: str, y: int, width: str, height: int, count: int) -> str:
    kind = "few" if 0 < count < FEWEST else "b"
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/>'


def _text(x: str, y: int, words: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x}" y="{y}">{escape(words)}</text>'


def _svg(height: int, title: str, drawn: Sequence[str], kind: str = "chart") -> str:
    return (
        f'<svg class="{kind}" height="{height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(drawn)}</svg>"
    )
