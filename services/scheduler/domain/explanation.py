"""Why a time is offered or not, in the words of the rule: for staff, and as a test's oracle (N12).

What takes a time is named by its kind alone, never by whose it is or what it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.scheduler.domain.availability import Busy, Cause, Policy, Reason
from services.scheduler.domain.interval import Minute, whole_minutes


@dataclass(frozen=True)
class Explanation:
    """No `reason`: it is offered. `cause` is what takes the time, `quiet` whether only the quiet
    around it does; `because` is what colleagues wrote, or which rule exactly.
    """

    reason: Reason | None
    cause: str | None = None
    quiet: bool = False
    because: str = ""

    @property
    def words(self) -> str:
        """One sentence for staff."""
        if self.reason is None:
            return "This time is offered."
        sentence = _WORDS[self.reason]
        if self.reason is Reason.TAKEN and self.cause is not None:
            sentence = _TAKEN[self.cause]
            if self.quiet:
                sentence = f"Too near to something else: the buffer would be too short. {sentence}"
        return f"{sentence} ({self.because})" if self.because else sentence


_WORDS: Final = {
    Reason.TOO_SOON: "Too soon: the notice that this type needs has begun.",
    Reason.TOO_FAR: "Too far ahead: beyond the horizon of this type.",
    Reason.OUTSIDE_HOURS: "Outside working hours, or the visit would not end within them.",
    Reason.OFF_GRID: "Between two starts: visits begin at steps from the start of working hours.",
    Reason.TAKEN: "Something else is at that time.",
    Reason.FULL: "The day or the week is full.",
    Reason.NO_ROOM: "No room is free where they sit then.",
    Reason.NOT_GIVEN: "This clinician does not give this type.",
    Reason.NOT_LICENSED: "This clinician holds no license where the person will be.",
    Reason.STAFF_ONLY: "Only staff book this type.",
}
_TAKEN: Final[dict[str, str]] = {
    Cause.APPOINTMENT: "An appointment is at that time.",
    Cause.HOLD: "Somebody is choosing that time just now: it is held.",
    Cause.BLOCKED: "The time is blocked.",
    Cause.DAY_OFF: "A day off.",
    Cause.ELSEWHERE: "Busy in a calendar that is kept elsewhere.",
    Cause.UNREAD: "A calendar that is kept elsewhere could not be read: times are kept back.",
}


def in_the_way(start: Minute, busy: Sequence[Busy], policy: Policy) -> Busy | None:
    """What keeps a visit from beginning then: what overlaps it first, or else what is too near."""
    end = start + whole_minutes(policy.duration)
    before, after = whole_minutes(policy.before), whole_minutes(policy.after)
    overlapping = (one for one in busy if one.start < end and start < one.end)
    near = (
        one
        for one in busy
        if one.start - max(one.before, after) < end and start < one.end + max(one.after, before)
    )
    return next(overlapping, None) or next(near, None)


def overlaps(start: Minute, one: Busy, policy: Policy) -> bool:
    """Whether a visit would be at the same time as that, and not only too near."""
    return one.start < start + whole_minutes(policy.duration) and start < one.end
