"""The body of an e-mail: one template, said twice, as text and as HTML."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.words import fill, paragraphs

_LINKED: Final = re.compile(r"(?P<before>(?:.*[.!?:] )?)(?P<label>[^.!?:]+): ?\{link\}")
"""What comes before the link in its line, the words that are the link, and the link."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a paragraph; with a `label`, it ends in the link, and the label names it."""

    said: str
    label: str = ""

    @property
    def as_text(self) -> str:
        """The line in the text part, less the link itself."""
        return f"{self.said}{self.label}:" if self.label else self.said


Paragraph = Sequence[Line] | None
"""None stands for the block that says the time."""


def is_linked(line: str) -> bool:
    """Whether a line brings the link as it must: at its end, after the words that name it."""
    return _LINKED.fullmatch(line.strip()) is not None


def body(template: str, values: Mapping[str, str | None]) -> list[Paragraph]:
    """The paragraphs of a letter, filled in."""
    return [
        None if one == "{time}" else [_line(line.strip(), values) for line in one.split("\n")]
        for one in paragraphs(template, values)
    ]


@dataclass(frozen=True, kw_only=True)
class Foot:
    """Below the letter: the words of a link, and where it leads."""

    label: str
    link: str


def as_text(
    letter: Sequence[Paragraph], *, time: str, link: str, sender: str, foot: Foot | None = None
) -> str:
    """The text part, signed with the sender's neutral name."""
    said = [
        time
        if paragraph is None
        else "\n".join(
            f"{line.as_text}\n{link}" if line.label else line.as_text for line in paragraph
        )
        for paragraph in letter
    ]
    below = [f"{foot.label}:\n{foot.link}"] if foot else []
    return "\n\n".join([*said, sender, *below]) + "\n"


def _line(line: str, values: Mapping[str, str | None]) -> Line:
    linked = _LINKED.fullmatch(line)
    if linked is None:
        return Line(said=fill(line, values))
    return Line(said=fill(linked["before"], values), label=fill(linked["label"], values))
