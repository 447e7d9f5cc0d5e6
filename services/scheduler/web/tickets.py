"""An appointment as its own person sees it: on the page, in the calendar file, in the API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from flask import url_for

from services.scheduler.domain.appointment import Wish
from services.scheduler.domain.placing import Placing, placing
from services.scheduler.models import Practitioner
from services.scheduler.operations import changes
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.participants import manage_token
from services.scheduler.settings import Settings
from services.scheduler.web.doors import own_settings
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.ics import invitation
from shared.vocabulary import AppointmentStatus
from shared.web import public_link
from shared.web.language import say
from shared.zones import zone

State = Literal["booked", "asked", "waiting", "cancelled", "over"]
"""`asked`: it waits for this person's yes; `waiting`: they have said yes, and it is kept."""


@dataclass(frozen=True)
class Ticket:
    """What the page says about an appointment at this moment.

    `wishes`: what it is too late to do alone, and can be asked for (P22). `placing`: whether the
    person is asked once more where they will be, or has just said so (L43).
    """

    state: State
    when: When
    practitioner: Practitioner
    how: str
    length: int
    move_by: When
    cancel_by: When
    wishes: tuple[Wish, ...]
    together: bool
    reply_by: When | None
    placing: Placing | None

    @property
    def movable(self) -> bool:
        """Whether the person may move it, alone or by asking the other of two."""
        return self.state == "booked" and Wish.MOVE not in self.wishes

    @property
    def cancellable(self) -> bool:
        """Whether they may give it back alone."""
        return self.state == "waiting" or (
            self.state == "booked" and Wish.CANCEL not in self.wishes
        )

    @classmethod
    def of(cls, place: Place, *, now: datetime, settings: Settings) -> Self:
        """The state that is true now, whatever the link was made for."""
        one, zone_of = place.appointment, zone(place.participant.timezone)
        until = {wish: changes.deadline(one, one.type, wish, settings) for wish in Wish}
        state: State = "booked"
        if place.status is AppointmentStatus.CANCELLED:
            state = "cancelled"
        elif place.status is AppointmentStatus.PENDING:
            state = "asked" if place.asked else "waiting"
        elif place.status is not AppointmentStatus.BOOKED or one.ends_at <= now:
            state = "over"
        return cls(
            state=state,
            when=When(one.starts_at, one.ends_at, zone_of),
            practitioner=place.practitioner,
            how=place.participant.how,
            length=int((one.ends_at - one.starts_at).total_seconds() // 60),
            move_by=When(until[Wish.MOVE], until[Wish.MOVE], zone_of),
            cancel_by=When(until[Wish.CANCEL], until[Wish.CANCEL], zone_of),
            wishes=tuple(wish for wish in Wish if state == "booked" and until[wish] < now),
            together=one.couple_id is not None,
            reply_by=When(one.reply_by, one.reply_by, zone_of) if one.reply_by else None,
            placing=placing(
                how=place.participant.how,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                said_at=place.participant.said_at,
                now=now,
            )
            if state == "booked"
            else None,
        )


def token_of(place: Place) -> str:
    """The person's own token, written anew."""
    return manage_token(own_settings(), place.participant)


def link(token: str) -> str:
    """The page behind a manage token."""
    return url_for("client.ticket", token=token)


def address(place: Place) -> str:
    """The person's own page about their appointment."""
    return link(token_of(place))


def manage_url(place: Place) -> str:
    """The same with its host, for messages and programs."""
    return public_link("scheduler", f"/m/{token_of(place)}")


def slot_value(start: datetime, practitioner_id: UUID) -> str:
    """A time as the forms send it."""
    return f"{start:%Y-%m-%dT%H:%MZ}/{practitioner_id}"


def calendar_entry(place: Place, settings: Settings) -> bytes:
    """A calendar file; CANCELLED once it is, so that opening it again takes the entry away."""
    one = place.appointment
    gone = place.status is AppointmentStatus.CANCELLED
    return invitation(
        method="CANCEL" if gone else "PUBLISH",
        uid=one.uid,
        sequence=one.sequence,
        start=one.starts_at,
        end=one.ends_at,
        stamp=utcnow(),
        organizer_name=settings.practice.neutral_sender,
        organizer_address=settings.practice.sender_address,
        summary=say("Appointment"),
        url=manage_url(place),
    )
