"""Rules about records: when an answer is due, whose yes a release needs, what Part 2 holds back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal
from uuid import UUID

Kind = Literal["access", "amendment", "release"]
Scope = Literal["own", "joint", "part2", "part2-proceedings", "court-order"]
Use = Literal["release", "proceedings"]

DENIALS: Final = {
    "endangers-life": "It is reasonably likely to endanger the life or safety of the person or of "
    "somebody else",
    "harms-other": "It speaks of somebody else, whom it is reasonably likely to harm seriously",
}
"""The grounds on which a licensed professional may deny access (45 CFR 164.524(a)(3))."""

AMENDMENT_DENIALS: Final = {
    "accurate": "The record is accurate and complete",
    "not-ours": "We did not make this part of the record",
}
"""The grounds on which an amendment may be denied (45 CFR 164.526(a)(2))."""

_DAYS: Final = {"access": 30, "amendment": 60}

_PART2_OPENS: Final[dict[Use, frozenset[Scope]]] = {
    "release": frozenset(("part2", "court-order")),
    # A consent to disclose for care is none for use against the person (42 CFR 2.31, 2.61).
    "proceedings": frozenset(("part2-proceedings", "court-order")),
}


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """One person's yes. `recipient` is any value that is equal for the same recipient."""

    id: UUID
    person_id: UUID
    scope: Scope
    recipient: bytes
    given_on: date
    expires_on: date
    revoked: bool

    def counts(self, on: date) -> bool:
        """Whether it stands on that day."""
        return not self.revoked and self.given_on <= on <= self.expires_on


def answer_due(kind: Kind, received_on: date) -> date | None:
    """The last day to act on it (45 CFR 164.524(b)(2), 164.526(b)(2)); a release has no term."""
    return received_on + timedelta(days=_DAYS[kind]) if kind in _DAYS else None


def without_yes(
    participants: Iterable[UUID],
    given: Iterable[Authorization],
    *,
    scope: Scope,
    recipient: bytes,
    on: date,
) -> frozenset[UUID]:
    """Who of the participants has not agreed to this release: it needs all of them (L13)."""
    signed = {
        each.person_id
        for each in given
        if each.scope == scope and each.recipient == recipient and each.counts(on)
    }
    return frozenset(participants) - signed


def part2_opens(use: Use, scopes: Collection[Scope]) -> bool:
    """Whether what is on file opens a document under 42 CFR Part 2 for this use (L30)."""
    return not _PART2_OPENS[use].isdisjoint(scopes)
