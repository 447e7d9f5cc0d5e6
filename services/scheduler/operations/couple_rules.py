"""The practice's rule for two who move their time: both have to agree, or either may (N7)."""

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.operations import closures, rule_changes
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.practice_models import PracticeRules

_ABOUT = "couples"


def facts(row: PracticeRules) -> Facts:
    """The rule as it stands; a practice that has said nothing yet wants both to agree."""
    return {"move_needs_both": row.move_needs_both is not False}


def set_rule(session: Session, *, version: str, move_needs_both: bool, by: Hand) -> PracticeRules:
    """Let it count from the next move on. What is being asked for already stays asked for.

    Raises ChangedMeanwhile.
    """
    row = closures.rules(session, lock=True)
    before = facts(row)
    rule_changes.refuse_stale(before, version)
    row.move_needs_both = move_needs_both
    rule_changes.record(session, _ABOUT, before, facts(row), by=by)
    return row
