"""How rules put sentences together without knowing the language of the one who reads them."""

from typing import Protocol


class Say(Protocol):
    """Gives a text in the reader's language; `%(name)s` in it takes the value of that name."""

    def __call__(self, text: str, /, **values: object) -> str:
        """The text as that reader reads it."""


def english(text: str, /, **values: object) -> str:
    """The text itself: what stands in the code is English."""
    return text % values if values else text
