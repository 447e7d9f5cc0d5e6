"""The life of an appointment: which status may follow which, by whose hand, and until when.

The words are FHIR R5's. One table is the whole machine; `docs/states.md` draws it.

    proposed ──book──▶ booked ──arrive──▶ arrived ──fulfil──▶ fulfilled
       │  └─request─▶ pending ──confirm─▶ booked
       │                 └─decline, lapse─▶ cancelled
       └───────────────── cancel ───────▶ cancelled      booked ──miss──▶ noshow
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Self
from uuid import UUID

from services.scheduler.domain.errors import ChangeRefused, NotPossible, NotYet, TooLate
from shared.vocabulary import AppointmentStatus as Status


class Actor(StrEnum):
    """Whose hand it was; staff are recorded as `staff:<account id>`."""

    CLIENT = "client"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True)
class Hand:
    """By whose hand something is done, and the reason they gave, as history keeps both (P27).

    `whose` is a staff account, or one person of two; for one person alone it says nothing new.
    """

    actor: Actor
    whose: UUID | None = None
    reason: str | None = None

    @classmethod
    def staff(cls, account_id: UUID, reason: str | None = None) -> Self:
        """Somebody who works here, for the person or in their place."""
        return cls(Actor.STAFF, account_id, reason)

    def __str__(self) -> str:
        return f"{self.actor}:{self.whose}" if self.whose else self.actor.value


CLIENT: Final = Hand(Actor.CLIENT)
SYSTEM: Final = Hand(Actor.SYSTEM)
ERASED: Final = Hand(Actor.SYSTEM, reason="a person was erased")


class Act(StrEnum):
    """What can be done to an appointment, named in its history."""

    HOLD = "hold"
    BOOK = "book"
    REQUEST = "request"
    CONFIRM = "confirm"
    DECLINE = "decline"
    LAPSE = "lapse"
    MOVE = "move"
    CANCEL = "cancel"
    ARRIVE = "arrive"
    FULFIL = "fulfil"
    MISS = "miss"
    # Of two people one asks for another time: RFC 5546's COUNTER, and how it ends without a move.
    COUNTER = "counter"
    DECLINE_COUNTER = "decline-counter"
    WITHDRAW_COUNTER = "withdraw-counter"
    LAPSE_COUNTER = "lapse-counter"


class Wish(StrEnum):
    """What somebody would like to become of their time."""

    MOVE = "move"
    CANCEL = "cancel"


class Outcome(StrEnum):
    """What became of a wish: it was granted, or the time stays."""

    DONE = "done"
    KEPT = "kept"


class Participation(StrEnum):
    """One person's own answer to a time: FHIR R5 ParticipationStatus, the values in use."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class _Rule(NamedTuple):
    from_: frozenset[Status]
    to: Status | None  # None: the status stays
    actors: frozenset[Actor]


_OPEN = frozenset({Status.PROPOSED, Status.PENDING, Status.BOOKED})
_ANYONE = frozenset(Actor)
_PEOPLE = frozenset({Actor.CLIENT, Actor.STAFF})
_STAFF = frozenset({Actor.STAFF})
_CLIENT = frozenset({Actor.CLIENT})
_CLOCK = frozenset({Actor.SYSTEM})
_PENDING = frozenset({Status.PENDING})
_BOOKED = frozenset({Status.BOOKED})

_RULES: Final[dict[Act, _Rule]] = {
    Act.HOLD: _Rule(frozenset({Status.PROPOSED}), None, _PEOPLE),
    Act.BOOK: _Rule(frozenset({Status.PROPOSED}), Status.BOOKED, _PEOPLE),
    Act.REQUEST: _Rule(frozenset({Status.PROPOSED}), Status.PENDING, _PEOPLE),
    Act.CONFIRM: _Rule(_PENDING, Status.BOOKED, _PEOPLE),
    Act.DECLINE: _Rule(_PENDING, Status.CANCELLED, _PEOPLE),
    Act.LAPSE: _Rule(_PENDING, Status.CANCELLED, _CLOCK),
    Act.MOVE: _Rule(frozenset({Status.PENDING, Status.BOOKED}), None, _PEOPLE),
    Act.CANCEL: _Rule(_OPEN, Status.CANCELLED, _ANYONE),
    Act.ARRIVE: _Rule(frozenset({Status.BOOKED, Status.NOSHOW}), Status.ARRIVED, _STAFF),
    Act.FULFIL: _Rule(frozenset({Status.BOOKED, Status.ARRIVED}), Status.FULFILLED, _STAFF),
    Act.MISS: _Rule(_BOOKED, Status.NOSHOW, _STAFF),
    Act.COUNTER: _Rule(_BOOKED, None, _CLIENT),
    Act.DECLINE_COUNTER: _Rule(_BOOKED, None, _CLIENT),
    Act.WITHDRAW_COUNTER: _Rule(_BOOKED, None, _ANYONE),
    Act.LAPSE_COUNTER: _Rule(_BOOKED, None, _CLOCK),
}


def after(status: Status, act: Act, actor: Actor) -> Status:
    """The status that follows. Raises NotPossible when this hand may not do that from here."""
    rule = _RULES[act]
    if status not in rule.from_ or actor not in rule.actors:
        raise NotPossible
    return rule.to or status


def outcome(act: Act) -> Status | None:
    """Where an act leads, from wherever it may be done; None: the status stays."""
    return _RULES[act].to


_SEEN_FROM: Final = {
    # Somebody may be early; nobody is known to have stayed away before it has begun.
    Act.ARRIVE: timedelta(hours=12),
    Act.FULFIL: timedelta(0),
    Act.MISS: timedelta(0),
}


def refuse_early(act: Act, start: datetime, *, now: datetime) -> None:
    """Raises NotYet when nobody can know that already; ValueError for any other act."""
    if act not in _SEEN_FROM:
        raise ValueError(f"{act} does not say whether somebody came")
    if now < start - _SEEN_FROM[act]:
        raise NotYet


def possible(act: Act, status: Status, start: datetime, *, now: datetime) -> bool:
    """Whether staff may say that now of a time in that status: what a page offers to press."""
    try:
        after(status, act, Actor.STAFF)
        refuse_early(act, start, now=now)
    except ChangeRefused:
        return False
    return True


_STILL_AHEAD: Final = timedelta(hours=24)


def reply_deadline(start: datetime, *, now: datetime, within: timedelta) -> datetime:
    """Until when the other of two people can say yes: never later than a day before the start.

    Where less than two days are left, until half of that has passed: nobody is asked too late.
    """
    return min(now + within, max(start - _STILL_AHEAD, now + (start - now) / 2))


def agreement_deadline(
    start: datetime, *, now: datetime, within: timedelta, change_by: datetime
) -> datetime:
    """Until when the other can say yes to a new time: as for any time for two, and not later than
    the present time could be moved at all.
    """
    return min(reply_deadline(start, now=now, within=within), change_by)


def change_deadline(start: datetime, notice: timedelta) -> datetime:
    """The last instant at which a client may still move or cancel without calling."""
    return start - notice


def refuse_late(until: datetime, *, now: datetime) -> None:
    """Raises TooLate after the deadline; at the deadline itself a change is in time (P22)."""
    if now > until:
        raise TooLate(until)
