"""What a ledger of consents comes to for one number: who agreed, and which question is open.

A number is asked before anything else is texted to it; only its own YES, or what staff were told
by phone, is a consent. A YES is the consent of whom the question was about, and of nobody else: a
number that somebody else mistypes is asked anew, and not told of their times.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ONE_QUESTION_IN: Final = timedelta(hours=24)
"""A number is asked no sooner than this after it was last asked, whoever wants to know."""

UNANSWERED_FOR: Final = timedelta(days=30)
"""How long a number that has not answered is left in peace."""

ANSWER_IN: Final = timedelta(days=3)
"""How long a question that could not be put is still worth putting."""

PATIENCE: Final = timedelta(hours=2)
"""How long an answer is waited for before whoever can't be told otherwise is to be called."""

READ_OUT: Final = (
    "May we send texts about your times to this number, three a week at most? Message and data "
    "rates may apply. You can end them at any time by replying STOP."
)
"""What staff read out by phone before they note a yes."""
READ_OUT_VERSION: Final = "read out by phone 1"


class Act(StrEnum):
    """What a line says."""

    ASKED = "asked"
    GIVEN = "given"
    REVOKED = "revoked"


class Way(StrEnum):
    """By what it came about."""

    QUESTION = "question"
    TEXT = "text"
    CARRIER = "carrier"
    STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """Which words: their version, and the SHA-256 of them as they were said."""

    version: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line, as far as it matters here. Without a person it counts for all."""

    act: Act
    at: datetime
    person_id: UUID | None = None
    notification_id: UUID | None = None
    agreed: Agreed | None = None


@dataclass(kw_only=True)
class Standing:
    """How it stands: who agreed to which words, who had before a stop, and the open question."""

    given: dict[UUID, Agreed] = field(default_factory=dict)
    stopped: dict[UUID, Agreed] = field(default_factory=dict)
    question: Line | None = None
    asked: Line | None = None
    """The latest question, answered or not."""

    def answered_yes(self, *, after_stop: bool) -> dict[UUID, Agreed]:
        """Who agrees, to which words, if this number now says YES or START."""
        if after_stop:
            return dict(self.stopped)
        asked = self.question
        if asked is None or asked.person_id is None or asked.agreed is None:
            return {}
        return {asked.person_id: asked.agreed}


def stand(lines: Iterable[Line]) -> Standing:
    """Read the lines of one number, the oldest first."""
    now = Standing()
    for line in lines:
        if line.act is Act.ASKED:
            now.question = now.asked = line
        elif line.act is Act.GIVEN:
            _give(now, line)
        else:
            _revoke(now, line)
    return now


def _give(now: Standing, line: Line) -> None:
    assert line.person_id is not None
    assert line.agreed is not None
    now.given[line.person_id] = line.agreed
    now.stopped.pop(line.person_id, None)
    if now.question is not None and now.question.person_id == line.person_id:
        now.question = None


def _revoke(now: Standing, line: Line) -> None:
    if line.person_id is None:
        # A question answered by STOP and then by START was answered by yes.
        now.stopped |= now.given | now.answered_yes(after_stop=False)
        now.given, now.question = {}, None
    else:
        now.given.pop(line.person_id, None)
        now.stopped.pop(line.person_id, None)
