"""The phone of somebody who works here in a test: a code app by RFC 6238, and its codes on paper.

A code works once in thirty seconds, and no test waits for the next: a second sign-in within them
takes a recovery code, as somebody without their phone would.
"""

import html
import re
import time
from dataclasses import dataclass, field

import pyotp

from shared.clock import utcnow


@dataclass
class Phone:
    """A secret, the codes on paper, and the last step whose code was shown to the door."""

    secret: str = ""
    paper: list[str] = field(default_factory=list)
    used: int = 0

    def reads(self, page: str) -> None:
        """The secret of the set-up page, from the link in it, as the app on a phone takes it."""
        found = re.search(r"otpauth://totp/[^\"]*secret=([A-Z2-7]+)", html.unescape(page))
        assert found, page[:2000]
        self.secret = found[1]

    def keeps(self, page: str) -> None:
        """The recovery codes of the page that shows them once."""
        found = re.findall(r">((?:[0-9A-Z]{4}-){5}[0-9A-Z]{4})<", page.replace("<wbr>", ""))
        self.paper = found
        assert len(self.paper) == 10, page[:3000]

    def code(self) -> str:
        """The code of now; never one that runs out before it can be typed."""
        if 30 - utcnow().timestamp() % 30 < 2:
            time.sleep(2.1)
        self.used = _step()
        return pyotp.TOTP(self.secret).generate_otp(self.used)

    def second_step(self) -> str:
        """What lets in now: the code, or one from the paper if it was used in this half minute."""
        return self.code() if _step() > self.used else self.paper.pop()


def _step() -> int:
    # By our own clock, which stands still in some tests, and for the product just the same.
    return int(utcnow().timestamp()) // 30


PHONES: dict[tuple[str, str], Phone] = {}
"""Whose, by the address of the product and of the person."""


def phone_of(url: str, email: str) -> Phone:
    """The one phone that this person has for this practice."""
    return PHONES.setdefault((url, email), Phone())
