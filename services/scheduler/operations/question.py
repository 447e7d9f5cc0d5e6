"""What is asked of the calendar: which type of appointment, for whom, as of when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple, Self
from uuid import UUID

from services.scheduler.domain import caps
from services.scheduler.domain.availability import Policy
from services.scheduler.domain.errors import NotBookable
from services.scheduler.domain.explanation import Reason
from services.scheduler.domain.stated import last_midnight
from services.scheduler.domain.timetable import Way
from services.scheduler.models import Appointment, AppointmentType, Invitation
from services.scheduler.settings import Settings
from shared.zones import zone

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Two:
    """Two people who meet together, in the eyes of one of them; none: of the staff.

    What this one has said about their times counts at once, what the other has from `midnight`,
    the practice's last one, back.
    """

    couple_id: UUID
    person_id: UUID | None
    midnight: datetime

    @classmethod
    def of(
        cls, couple_id: UUID | None, person_id: UUID | None, *, settings: Settings, now: datetime
    ) -> Self | None:
        """The two as they are today; None without a couple."""
        if couple_id is None:
            return None
        return cls(couple_id, person_id, last_midnight(now, zone(settings.practice.timezone)))


class Weeks(NamedTuple):
    """From a Monday through a Sunday."""

    first: date
    last: date


class Needs(NamedTuple):
    """What a clinician has to meet, as plain values: it is asked of each of a thousand."""

    refused: Reason | None
    kind: int
    for_two: bool
    way: Way
    location: str | None
    language: str | None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Asked by the page, the API and the booking itself in the same words, for the same answer.

    `notice` is the practice's, where the type has none. What `besides_invitation` has already, and
    the appointments `besides`, are in nobody's way: the hold that is turned into a booking, the
    time to be moved, the offer that is being taken. `location`: only clinicians licensed in that
    state; `language`: only those who speak it. `by_staff`: types and calendars that only staff may
    book count, too; `given`: the type was given to this person by staff. `against_rules`: staff
    give a time outside of hours, notice, caps or buffers, with a reason; what is taken stays taken,
    and licenses hold. `two`: only times that suit both, as far as they have said (N6).
    """

    kind: AppointmentType
    notice: timedelta
    now: datetime
    besides_invitation: UUID | None = None
    besides: frozenset[UUID] = frozenset()
    location: str | None = None
    language: str | None = None
    by_staff: bool = False
    given: bool = False
    against_rules: bool = False
    two: Two | None = None

    @classmethod
    def of(
        cls,
        invitation: Invitation,
        *,
        settings: Settings,
        now: datetime,
        location: str | None = None,
        language: str | None = None,
    ) -> Self:
        """What somebody with that permission may choose from, besides what they have already.

        Raises NotBookable when the permission has ended: what is offered can be booked.
        """
        if invitation.ended_at is not None:
            raise NotBookable
        return cls(
            kind=invitation.type,
            notice=settings.booking_notice,
            now=now,
            besides_invitation=invitation.id,
            location=location,
            language=language,
            given=invitation.given_by is not None,
            two=Two.of(invitation.couple_id, invitation.person_id, settings=settings, now=now),
        )

    @classmethod
    def open_to(
        cls,
        invitation: Invitation,
        *,
        settings: Settings,
        now: datetime,
        location: str | None = None,
    ) -> Self:
        """What is free for somebody with that permission, what they have or hold counting too."""
        return cls(
            kind=invitation.type,
            notice=settings.booking_notice,
            now=now,
            location=location,
            given=invitation.given_by is not None,
        )

    @classmethod
    def to_move(
        cls,
        appointment: Appointment,
        kind: AppointmentType,
        *,
        settings: Settings,
        now: datetime,
        person_id: UUID | None = None,
        both: bool = False,
    ) -> Self:
        """What an appointment can be moved to by one of its people; none of them: by staff.

        `both` have to agree: until they have, the present time stays and is in the way.
        """
        return cls(
            kind=kind,
            notice=settings.booking_notice,
            now=now,
            besides=frozenset() if both else frozenset({appointment.id}),
            by_staff=person_id is None,
            given=True,
            two=Two.of(appointment.couple_id, person_id, settings=settings, now=now),
        )

    @cached_property
    def policy(self) -> Policy:
        """The rules of the type as the engine takes them."""
        return self.kind.policy(notice=self.notice)

    @property
    def weeks(self) -> Weeks:
        """The dates on which a start may lie in any zone: the same all week, so hours are kept.

        Both ends follow from one Monday: were each rounded by itself, hours would be worked out
        twice a week.
        """
        yesterday = self.now.astimezone(UTC).date() - _DAY
        first = caps.monday(yesterday)
        ahead = -(-(self.kind.horizon + 3 * _DAY) // _WEEK)
        return Weeks(first, first + (ahead + 1) * _WEEK - _DAY)

    @cached_property
    def needs(self) -> Needs:
        """Who fits; `refused`: nobody, whoever they are."""
        kind, refused = self.kind, None
        if kind.ended_at is not None and kind.ended_at <= self.now:
            refused = Reason.NOT_GIVEN
        elif kind.staff_only and not (self.by_staff or self.given):
            refused = Reason.STAFF_ONLY
        way = Way.IN_PERSON if kind.in_person else Way.REMOTE
        return Needs(refused, kind.id, kind.for_two, way, self.location, self.language)
