"""The texts around every client page: emergency band, support lines, leaving.

The same for everyone. They are data (`texts/frame.en.yaml`), worded as in the screener; a house
test compares the two.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
import yaml

from shared.settings import Practice

TEXTS = Path(__file__).with_name("texts")


@dataclass(frozen=True)
class Piece:
    """A run of words, and where it leads if it can be pressed."""

    text: str
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class SupportLine:
    """One line of help: whose it is, and how to reach it."""

    id: str
    label: str
    how: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """All words that stand on each client page, whatever was answered (L32)."""

    name: str
    phone: str
    phone_href: str
    exit_href: str
    band_lead: str
    band: tuple[Piece, ...]
    emergency: str
    quick_exit: str
    support_title: str
    support_lines: tuple[SupportLine, ...]


class BadFrameText(ValueError):
    """A link in the frame's texts names words that do not stand in its sentence."""


def pieces(text: str, links: Iterable[Mapping[str, str]]) -> tuple[Piece, ...]:
    """Cut a sentence where its links are, in order. Raises BadFrameText if one isn't in it."""
    cut: list[Piece] = []
    rest = text
    for link in links:
        before, found, rest = rest.partition(link["text"])
        if not found:
            raise BadFrameText(f"{link['text']!r} does not stand in {text!r}.")
        if before:
            cut.append(Piece(before))
        cut.append(Piece(found, link["href"]))
    if rest:
        cut.append(Piece(rest))
    return tuple(cut)


@cache
def frame_texts(locale: str = "en") -> Mapping[str, Any]:
    """The texts as they stand in the file, before the practice's own phone number is filled in."""
    with (TEXTS / f"frame.{locale}.yaml").open(encoding="utf-8") as file:
        texts: Mapping[str, Any] = yaml.safe_load(file)
    return texts


def frame(practice: Practice, locale: str = "en") -> Frame:
    """The frame of one practice, in one language."""
    texts = frame_texts(locale)
    notices = texts["notices"]
    return Frame(
        name=practice.neutral_sender,
        phone=practice.phone,
        phone_href=phone_href(practice.phone),
        exit_href=practice.quick_exit_url,
        band_lead=texts["band"]["lead"],
        band=pieces(texts["band"]["text"], texts["band"]["links"]),
        emergency=notices["emergency"],
        quick_exit=notices["quick_exit"].replace("{practice_phone}", practice.phone),
        support_title=notices["support_panel_title"],
        support_lines=tuple(
            SupportLine(id=r["id"], label=r["label"], how=pieces(r["how"], r["links"]))
            for r in texts["resources"]
        ),
    )


def phone_href(phone: str, region: str = "US") -> str:
    """The `tel:` address (RFC 3966) behind a number as people write it."""
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return "tel:" + "".join(c for c in phone if c.isdigit() or c == "+")
    return "tel:" + phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
