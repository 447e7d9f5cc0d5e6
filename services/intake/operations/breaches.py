"""The breach log: who, what, when, how many, and whom we told (L51; 45 CFR 164.404-408)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.operations import audit
from services.intake.operations.readers import Reader
from services.intake.record_models import BreachAct
from shared.crypto import PRACTICE_SUBJECT, seal, unseal

NOTICE: Final = timedelta(days=60)
MANY: Final = 500
"""From so many people on, the authority and the press are told within the same 60 days."""

FOUND: Final = "found"
KINDS: Final = (FOUND, "learned", "people-told", "authority-told", "media-told", "closed")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line about a breach."""

    kind: str
    on_day: date
    people: int | None
    words: str
    noted_at: datetime
    by: str


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A breach, as far as it is known."""

    id: UUID
    lines: tuple[Line, ...]

    @property
    def found_on(self) -> date:
        """When it was discovered: the clock runs from here."""
        return self.lines[0].on_day

    @property
    def notice_due(self) -> date:
        """The last day to tell the people; without unreasonable delay means earlier."""
        return self.found_on + NOTICE

    @property
    def people(self) -> int | None:
        """How many people it concerns, as last counted."""
        counts = [line.people for line in self.lines if line.people is not None]
        return counts[-1] if counts else None

    @property
    def people_told(self) -> bool:
        """Whether the people it concerns have been told."""
        return self.has("people-told")

    def has(self, kind: str) -> bool:
        """Whether there is a line of this kind."""
        return any(line.kind == kind for line in self.lines)

    def days_left(self, today: date) -> int:
        """Until the notice is due; negative when it is late."""
        return (self.notice_due - today).days


def found(
    session: Session, *, on_day: date, people: int | None, words: str, reader: Reader
) -> UUID:
    """Begin a breach. `words`: what happened, to what, by whom. Returns its id."""
    breach_id = uuid4()
    _add(session, breach_id, FOUND, on_day=on_day, people=people, words=words, reader=reader)
    return breach_id


def add(
    session: Session,
    *,
    breach_id: UUID,
    kind: str,
    on_day: date,
    people: int | None,
    words: str,
    reader: Reader,
) -> bool:
    """Add a line. Nothing that was written is ever changed. False for a breach unknown."""
    known = session.scalar(select(BreachAct.id).where(BreachAct.breach_id == breach_id).limit(1))
    if known is None:
        return False
    _add(session, breach_id, kind, on_day=on_day, people=people, words=words, reader=reader)
    return True


def _add(
    session: Session,
    breach_id: UUID,
    kind: str,
    *,
    on_day: date,
    people: int | None,
    words: str,
    reader: Reader,
) -> None:
    audit.note(session, reader=reader, act=f"breach-{kind}")
    sealed = seal(session, subject_id=PRACTICE_SUBJECT, place=_place(breach_id, kind), value=words)
    session.add(
        BreachAct(
            breach_id=breach_id,
            kind=kind,
            on_day=on_day,
            people=people,
            words_sealed=sealed,
            account_id=reader.account_id,
            account_name=reader.name,
        )
    )
    session.flush()


def log(session: Session) -> list[Breach]:
    """Every breach, the one found last first."""
    lines: dict[UUID, list[Line]] = {}
    for row in session.scalars(select(BreachAct).order_by(BreachAct.id)):
        lines.setdefault(row.breach_id, []).append(
            Line(
                kind=row.kind,
                on_day=row.on_day,
                people=row.people,
                words=unseal(
                    session,
                    subject_id=PRACTICE_SUBJECT,
                    place=_place(row.breach_id, row.kind),
                    sealed=row.words_sealed,
                ),
                noted_at=row.noted_at,
                by=row.account_name,
            )
        )
    breaches = [Breach(id=breach_id, lines=tuple(found)) for breach_id, found in lines.items()]
    return sorted(breaches, key=lambda breach: breach.found_on, reverse=True)


def _place(breach_id: UUID, kind: str) -> str:
    return f"breach_act.words_sealed:{breach_id}:{kind}"
