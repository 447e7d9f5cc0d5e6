"""Who the practice is: name, number and zone, as the owner decides them in the console.

Until then the host's settings count. The two other services ask for what is decided here.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.operations import closures, rule_changes, schedules
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.settings import Settings
from shared.practice import decided, keep
from shared.settings import Decided, Standing

ABOUT = "practice"


def facts(session: Session, settings: Settings) -> Facts:
    """Name, name on pages and in messages, number and zone, as they stand in this transaction."""
    standing = Standing()
    standing.decided = decided(session)
    now = standing.over(settings.practice_given)
    return {
        "name": now.name,
        "neutral_sender": now.neutral_sender,
        "phone": now.phone,
        "timezone": now.timezone,
    }


def decide(
    session: Session, changes: Mapping[str, Any], *, settings: Settings, version: str, by: Hand
) -> None:
    """Let these stand from now on. Raises ChangedMeanwhile."""
    closures.rules(session, lock=True)  # two owners take turns
    before = facts(session, settings)
    rule_changes.refuse_stale(before, version)
    last = decided(session)
    after = {**before, **changes}
    keep(session, Decided(version=last.version + 1 if last else 1, **after))
    rule_changes.record(session, ABOUT, before, after, by=by)


def take_along(session: Session, *, was: str, timezone: str, by: Hand) -> int:
    """Bring the hours of all who kept them by the old clock under the new one: how many."""
    whose = [one for one in schedules.open_schedules(session) if one.hours.zone.key == was]
    for one in whose:
        schedules.set_zone(session, one.id, timezone=timezone, by=by)
    return len(whose)
