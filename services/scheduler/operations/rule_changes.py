"""Changing a rule: never over somebody else's change, and never without a trace.

What a form shows has a version, made of its very values: who saves it with an older one learns what
stands now, and nothing is written. What was changed, by whom, is kept in rows that are only added.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import ChangedMeanwhile
from services.scheduler.practice_models import RuleChange

Facts: TypeAlias = Mapping[str, Any]
"""The fields of a rule, by name: texts, numbers, lengths, days, lists."""

_MINUTE: Final = timedelta(minutes=1)


def plain(facts: Facts) -> dict[str, Any]:
    """The same as JSON has it: lengths in minutes, days as YYYY-MM-DD."""
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return round(value / _MINUTE)
    if isinstance(value, date):
        return value.isoformat()
    return value


def version_of(facts: Facts) -> str:
    """A name for exactly these values; the same values have the same one in every process."""
    text = json.dumps(plain(facts), sort_keys=True)
    return sha256(text.encode()).hexdigest()[:20]


def refuse_stale(facts: Facts, version: str) -> None:
    """Raises ChangedMeanwhile unless `version` is that of what stands. After the row's lock."""
    if version != version_of(facts):
        raise ChangedMeanwhile


def record(session: Session, about: str, before: Facts, after: Facts, *, by: Hand) -> None:
    """Keep what differs, flushed together with the change; nothing differs: nothing is kept."""
    old, new = plain(before), plain(after)
    differ = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    if differ:
        session.add(
            RuleChange(
                about=about,
                actor=str(by),
                before={name: old[name] for name in differ if name in old},
                after={name: new[name] for name in differ if name in new},
            )
        )
    session.flush()


def latest(session: Session, about: str = "", *, count: int = 20) -> Sequence[RuleChange]:
    """What was changed last about rules whose names begin so, the latest first."""
    return session.scalars(
        select(RuleChange)
        .where(RuleChange.about.startswith(about, autoescape=True))
        .order_by(RuleChange.id.desc())
        .limit(count)
    ).all()
