"""The page on which a time is chosen, for whoever stands at a door and for whatever reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Final, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Response, make_response, render_template, request, url_for
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from services.scheduler.domain.availability import Offer
from services.scheduler.domain.errors import NotLicensedThere, SlotTaken
from services.scheduler.domain.explanation import Reason
from services.scheduler.domain.interval import instant
from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import AppointmentType
from services.scheduler.operations import participants, proposals
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.offers import Offers, Wanted, languages, offers
from services.scheduler.operations.question import Question
from services.scheduler.schemas import MoveForm, SlotChoice
from services.scheduler.web import words
from services.scheduler.web.doors import Guest, guest, own_settings, shown_zone
from services.scheduler.web.picker import Link, picker
from services.scheduler.web.tickets import slot_value
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.places import LOCATIONS, NAMES
from shared.vocabulary import AppointmentStatus
from shared.web.forms import FormErrors, load
from shared.web.language import FIRST, language, tongue
from shared.zones import zone_title

SOONEST: Final = 3
_START: Final = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True)
class Asked:
    """What part of the page was asked for, and why it is shown again.

    `at`: one of the soonest times, chosen by its link.
    """

    at: datetime | None = None
    day: date | None = None
    first: date | None = None
    practitioner: UUID | None = None
    anyone: bool = False
    language: str | None = None
    over: bool = False
    lost: Wanted | None = None
    kept: Wanted | None = None
    location: str | None = None
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_query(cls, args: Mapping[str, str]) -> Self:
        """From the address. What can't be read is not asked for: a link may be cut or mistyped."""
        return cls(
            at=_read_start(args.get("at")),
            day=read_date(args.get("day")),
            first=read_date(args.get("from")),
            practitioner=read_uuid(args.get("with")),
            anyone=args.get("with") == "anyone",
            language=read_language(args.get("language")),
            over=args.get("over") == "1",
        )

    @classmethod
    def instead_of(cls, wanted: Wanted, taken: SlotTaken) -> Self:
        """After a time was taken: the same day, and the sentence beside the times."""
        return cls(lost=wanted, errors={"start": [str(taken)]}, language=wanted.language)

    @classmethod
    def again(
        cls, errors: Mapping[str, list[str]], *, start: str | None, location: str | None
    ) -> Self:
        """After something was left out: the time that was chosen stays chosen."""
        try:
            kept = Wanted(*SlotChoice().deserialize(start or ""))
        except ValidationError:
            return cls(errors=errors, location=location)
        return cls(errors=errors, location=location, kept=kept, practitioner=kept.practitioner_id)


def choose_page(session: Session, who: Guest, asked: Asked) -> str:
    """Days and times as HTML, with everything that can be booked now, and only that."""
    now = utcnow()
    shown = shown_zone(who)
    moving = to_be_moved(who, now)
    question = question_of(session, who, language=asked.language)
    everyone = offers(session, question)
    only = asked.practitioner
    if moving and not asked.anyone and only is None:
        only = moving.practitioner.id
    free = everyone.with_only(only) if only else everyone
    if moving:
        free = free.without(moving.appointment.starts_at)

    def link(day: str | None = None, from_: str | None = None, at: str | None = None) -> str:
        chosen = "anyone" if asked.anyone else str(asked.practitioner or "") or None
        query = {"at": at, "day": day, "from": from_, "with": chosen, "language": asked.language}
        return who.address("choose", query)

    before = asked.lost or asked.kept
    near = before.start if before else moving.appointment.starts_at if moving else None
    near = asked.at or near
    page = picker(
        free,
        zone=shown.info,
        now=now,
        link=link,
        day=asked.day,
        first=asked.first,
        near=near.astimezone(shown.info).date() if near else None,
    )
    return render_template(
        "scheduler/choose.html",
        who=who,
        asked=asked,
        picker=page,
        people=_people(everyone, who, only, asked.language),
        anyone_link=who.address(
            "choose", {"with": "anyone" if moving else None, "language": asked.language}
        ),
        languages=[] if moving else _languages(languages(session, question), who, asked.language),
        only=only,
        soonest=_soonest(free, asked, shown.info, link),
        chosen=_chosen(free, asked, only),
        video=any(one.video for one in everyone.schedules.values()),
        zone_title=zone_title(shown.info.key, tongue().babel),
        zone_guess=shown.info.key if shown.guessed else None,
        now_there=words.clock(now.astimezone(shown.info)),
        length=question.kind.duration,
        locations=LOCATIONS,
        together=question.two is not None,
        ended=question.needs.refused is Reason.NOT_GIVEN,
        zone_link=who.address("zone_form", {"language": asked.language}),
        asks=moving is not None and proposals.needs_both(session, moving.appointment),
        moving=When(moving.appointment.starts_at, moving.appointment.ends_at, shown.info)
        if moving
        else None,
    )


def _soonest(free: Offers, asked: Asked, here: ZoneInfo, link: Link) -> list[dict[str, object]]:
    """Links that choose the first times there are: what the page has read shows them already."""

    def one(offer: Offer) -> dict[str, object]:
        start = instant(offer.start)
        local = start.astimezone(here)
        return {
            "when": f"{words.day(local.date())}, {words.clock(local)}",
            "with": free.first_host(offer).first_name,
            "href": link(at=f"{start:{_START}}"),
            "chosen": start == asked.at,
        }

    return [one(offer) for offer in free.starts[:SOONEST]]


def _chosen(free: Offers, asked: Asked, only: UUID | None) -> str | None:
    """The time that is chosen already, as the form sends it: by a link, or before an error."""
    if asked.kept and only:
        return slot_value(asked.kept.start, only)
    hosts = free.at(asked.at) if asked.at else []
    return slot_value(asked.at, hosts[0].practitioner_id) if asked.at and hosts else None


def to_be_moved(who: Guest, now: datetime) -> Place | None:
    """What the person has and would move, where they have something and don't choose the next."""
    if who.place is None or who.may_choose_next(now):
        return None
    return who.place if who.place.status == AppointmentStatus.BOOKED else None


def question_of(session: Session, who: Guest, *, language: str | None = None) -> Question:
    """What they may choose from: a first time, or another one for what they have."""
    settings, now = own_settings(), utcnow()
    moving = to_be_moved(who, now)
    if moving is None:
        return Question.of(who.permission, settings=settings, now=now, language=language)
    one = moving.appointment
    both = proposals.needs_both(session, one)
    kind = session.get_one(AppointmentType, one.appointment_type_id)
    question = Question.to_move(
        one, kind, settings=settings, now=now, person_id=who.person_id, both=both
    )
    return replace(question, language=language)


def not_moved(errors: FormErrors) -> Asked:
    """The page once more, with what was answered so far."""
    given = errors.given
    return Asked.again(errors.errors, start=given.get("start"), location=given.get("location"))


def to_another_time(token: str, verb: Callable[..., object]) -> Response | None:
    """Change the time by that verb to the one that was chosen; None: done.

    Else the page that says what is in the way. Raises ChangeRefused where no other time helps.
    """
    try:
        form = load(MoveForm(), request.form)
        wanted = Wanted(*form["start"])
        with guest("m", token) as (session, who):
            assert who.place is not None
            verb(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                wanted=wanted,
                location=form["location"],
                settings=own_settings(),
                now=utcnow(),
            )
    except FormErrors as errors:
        return choose_again("m", token, not_moved(errors), errors.status)
    except NotLicensedThere:
        return elsewhere("m", token, form["location"], back="choose")
    except SlotTaken as taken:
        return choose_again("m", token, Asked.instead_of(wanted, taken), HTTPStatus.CONFLICT)
    return None


def choose_again(door: str, token: str, asked: Asked, status: int) -> Response:
    """The page once more, after something stood in the way."""
    with guest(door, token) as (session, who):
        return make_response(choose_page(session, who, asked), status)


def _people(
    everyone: Offers, who: Guest, only: UUID | None, language: str | None
) -> list[dict[str, object]]:
    """The pills: one for each person who sees clients."""

    def pill(one: OpenSchedule) -> dict[str, object]:
        return {
            "name": one.name,
            "href": who.address("choose", {"with": str(one.practitioner_id), "language": language}),
            "chosen": one.practitioner_id == only,
        }

    return [pill(one) for one in everyone.schedules.values()]


def _languages(spoken: Sequence[str], who: Guest, language: str | None) -> list[dict[str, object]]:
    """The pills: any, and each language that somebody speaks, where there is more than one."""
    if len(spoken) < 2 and language is None:
        return []
    return [
        {
            "name": _language_name(one) if one else "Any language",
            "href": who.address("choose", {"language": one}),
            "chosen": one == language,
        }
        for one in (None, *spoken)
    ]


def _language_name(code: str) -> str:
    """As the reader calls it."""
    listed = LANGUAGES.get(code, code)
    there = Locale.parse(tongue().babel).languages
    return listed if language() == FIRST else str(there.get(code, listed))


def elsewhere(door: str, token: str, location: str, *, back: str) -> Response:
    """Nobody who was asked may work there: a calm page; hold and old time stay."""
    with guest(door, token) as (session, who):
        asked = who.place is not None and who.place.asked
        page = render_template(
            "scheduler/elsewhere.html",
            where=NAMES[location],
            back=url_for("answers.question", token=token) if asked else who.address(back),
            moving=who.place is not None and not asked,
            others=[]
            if asked
            else [
                (who.address("choose", {"with": str(practitioner_id)}), name)
                for practitioner_id, name in participants.licensed_in(session, location)
            ],
        )
        return make_response(page, HTTPStatus.CONFLICT)


def _read_start(text: str | None) -> datetime | None:
    """A start as our links have it, or nothing."""
    try:
        found = datetime.strptime(text or "", _START).replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if read_date(found.date().isoformat()) else None


def read_date(text: str | None) -> date | None:
    """A day of our times, or nothing."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if date(2000, 1, 1) < found < date(2200, 1, 1) else None


def read_language(text: str | None) -> str | None:
    """A language of the list, or nothing."""
    return text if text in LANGUAGES else None


def read_uuid(text: str | None) -> UUID | None:
    """An id, or nothing."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
