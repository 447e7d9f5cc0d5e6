"""What a week of hours is for: in an address, in words, and as the form asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.operations import appointment_types, places
from services.scheduler.operations.usual_weeks import For
from services.scheduler.web.rule_forms import WeekForForm
from shared.web.forms import load

NEW = "new"


def from_key(key: str) -> For:
    """What `For.key` named. Raises ValueError."""
    since, until, rest = key.split("_", 2)
    code, _, place = rest.rpartition("_")
    return For(
        date.fromisoformat(since) if since else None,
        date.fromisoformat(until) if until else None,
        code or None,
        int(place) if place else None,
    )


def read(form: MultiDict[str, str], was: For) -> For:
    """What was typed; who sends no such field leaves all as it was. Raises FormErrors."""
    names = [name for name in For._fields if name in form]
    asked = MultiDict((name, form[name]) for name in names)
    return For(**load(WeekForForm(), asked)) if names else was


def in_use(weekly: Sequence[WeeklyRange]) -> str:
    """The hours in a line: "Monday, Tuesday"."""
    return ", ".join(dict.fromkeys(f"{date(2024, 1, one.weekday):%A}" for one in weekly))


@dataclass(frozen=True)
class Names:
    """What types and locations are called: all of them, and those that can be chosen now."""

    kinds: Mapping[str, str]
    places: Mapping[int, str]
    open_kinds: Sequence[str]
    open_places: Sequence[int]

    @classmethod
    def of(cls, session: Session) -> Self:
        """As they are now."""
        kinds = appointment_types.every(session)
        houses = [house.location for house in places.houses(session)]
        return cls(
            {one.code: one.title for one in kinds},
            {one.id: one.name for one in houses},
            [one.code for one in kinds if one.ended_at is None],
            [one.id for one in houses if one.ended_at is None],
        )

    def title(self, of: For) -> str:
        """Like "Always", "From January 1, 2027", "Only Couple session, at River Street"."""
        said = []
        if of.appointment_type:
            said.append(f"only {self.kinds.get(of.appointment_type, of.appointment_type)}")
        if of.location_id:
            said.append(f"at {self.places.get(of.location_id, 'another location')}")
        dates = [
            f"{word} {day:%B} {day.day}, {day.year}"
            for word, day in (("from", of.since), ("until", of.until))
            if day
        ]
        if dates:
            said.append(" ".join(dates))
        if not of.appointment_type and not dates:
            said.insert(0, "always")
        line = ", ".join(said)
        return line[0].upper() + line[1:]

    def kind_options(self, of: For) -> list[tuple[str, str]]:
        """Types that can be chosen, and the one that is chosen, though it has ended."""
        return [
            (code, title if code in self.open_kinds else f"{title} (ended)")
            for code, title in self.kinds.items()
            if code in self.open_kinds or code == of.appointment_type
        ]

    def place_options(self, of: For) -> list[tuple[int, str]]:
        """Locations in the same way."""
        return [
            (number, name if number in self.open_places else f"{name} (closed)")
            for number, name in self.places.items()
            if number in self.open_places or number == of.location_id
        ]
