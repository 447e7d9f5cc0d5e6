"""Which rule a time breaks, in words for those who may give it all the same, with a reason."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from services.scheduler.domain.explanation import Reason
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import guard, offers, on_behalf
from services.scheduler.operations.question import Question

TAKEN: Final = "Somebody has that time, or is choosing it right now. It can not be given twice."

BROKEN: Final = {
    Reason.TOO_SOON: "It is sooner than the notice that is kept before a time.",
    Reason.TOO_FAR: "It is further ahead than people can book.",
    Reason.CLOSED: "It is on a day that is off.",
    Reason.OUTSIDE_HOURS: "It is outside of the hours.",
    Reason.OFF_GRID: "It does not begin when times usually begin.",
    Reason.FULL: "The day or the week has as many as it may have.",
    Reason.BLOCKED: "It is in a stretch that is blocked.",
    Reason.OUTSIDE_EVENT: "The clinician is busy elsewhere then.",
    Reason.OUTSIDE_UNREAD: "Another calendar of the clinician can not be read just now.",
    Reason.BUFFER: "It is too close to another appointment.",
    Reason.NOT_BOTH: "It does not suit both, by what they have told us.",
}
"""The rules that a reason may override."""

NEVER: Final = {
    Reason.NOT_LICENSED: "This clinician holds no license where they will be.",
    Reason.NOT_THIS_WAY: "This clinician does not meet people in the way that this type takes.",
    Reason.OTHER_LANGUAGE: "This clinician does not speak that language.",
    Reason.NOT_GIVEN: "This clinician does not give this type of appointment.",
    Reason.NO_ROOM: "No room is free then.",
}
"""Those that none does."""


class Broken:
    """What stands against a start: a rule that may be overridden, or something that never is."""

    def __init__(self, sentence: str, *, ever: bool) -> None:
        self.sentence, self.ever = sentence, ever


def broken(
    session: Session,
    schedule: OpenSchedule,
    start: datetime,
    question: Question,
    *,
    besides: frozenset[UUID] = frozenset(),
) -> Broken | None:
    """What stands against it, or None when the page would offer that very time."""
    found = offers.explain(session, schedule, start, question)
    if found.reason is None:
        return None
    if found.reason in NEVER:
        return Broken(NEVER[found.reason], ever=False)
    during = guard.span(start, question.kind)
    if on_behalf.overlapping(session, schedule.id, during, besides=besides):
        return Broken(TAKEN, ever=False)
    sentence = BROKEN.get(found.reason, "The rules do not offer it.")
    # Colleagues wrote why it is closed; whoever overrides it should know.
    return Broken(f"{sentence} ({found.because})" if found.because else sentence, ever=True)
