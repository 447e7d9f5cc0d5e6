"""What people, staff and the clock do, by name and by values alone: either process may do it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from services.scheduler.domain.appointment import Act, Wish
from services.scheduler.domain.errors import Refused, SlotTaken
from services.scheduler.domain.interval import instant
from services.scheduler.models import Appointment, AppointmentType
from services.scheduler.operations import (
    absences,
    bookings,
    changes,
    holds,
    on_behalf,
    openings,
    proposals,
    replies,
    requests,
    waitlist,
    waitlist_answers,
    waitlist_offers,
)
from services.scheduler.operations.offers import Offers, first_available, offers
from services.scheduler.operations.question import Question
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistOffer
from shared.db import Database, database_now
from tests.statemachine import acts_at_desk, acts_of_rules, acts_of_two, over_http, watch
from tests.statemachine.moment import STAFF, At, stretch, wanted_of
from tests.statemachine.practice import invitation_of

DONE: Final = "done"
_SOONEST: Final = 7


def do(database: Database, settings: Settings, act: str, given: dict[str, Any]) -> str:
    """Do it in a transaction of its own: what came of it, or the refusal. All else is a fault."""
    if act == "look":
        return _look(database, settings)
    if act in ("send", "slots"):
        return getattr(over_http, act)(database, settings, **given)
    try:
        with database.begin() as session:
            at = At(session, settings, watch.set_to(database_now(session)))
            found = ACTS[act](at, **given)
            return DONE if found is None else f"{DONE} {found}"
    except SlotTaken as refusal:
        return f"SlotTaken {refusal.reason}"
    except Refused as refusal:
        return type(refusal).__name__


# ---------------------------------------------------------------- by a person


def hold(at: At, *, by: str, **wanted: Any) -> UUID:
    return holds.hold(
        at.session, invitation=invitation_of(at.session, UUID(by)), wanted=wanted_of(**wanted),
        **at.usual,
    ).id  # fmt: skip


def renew(at: At, *, by: str) -> None:
    holds.renew(
        at.session, invitation=invitation_of(at.session, UUID(by)), settings=at.settings
    )  # fmt: skip


def book(at: At, *, by: str, **wanted: Any) -> UUID:
    return bookings.book(
        at.session,
        invitation=invitation_of(at.session, UUID(by)),
        wanted=wanted_of(**wanted),
        how="phone",
        timezone="America/New_York",
        location="NY",
        **at.usual,
    ).id


def move(at: At, *, one: str, person: str, **wanted: Any) -> UUID:
    return bookings.move(
        at.session, appointment_id=UUID(one), person_id=UUID(person), wanted=wanted_of(**wanted),
        location="NY", **at.usual,
    ).id  # fmt: skip


def cancel(at: At, *, one: str, person: str) -> None:
    bookings.cancel(at.session, appointment_id=UUID(one), person_id=UUID(person), **at.usual)


def wish(at: At, *, one: str, person: str, what: str) -> None:
    changes.ask(
        at.session, appointment_id=UUID(one), person_id=UUID(person), wish=Wish(what), words="",
        **at.usual,
    )  # fmt: skip


def wait(at: At, *, by: str, who: list[str]) -> None:
    wished = waitlist.Wish(
        location="NY",
        timezone="America/New_York",
        lasts=timedelta(days=9),
        practitioner_ids=[UUID(one) for one in who],
    )
    waitlist.join(
        at.session, invitation=invitation_of(at.session, UUID(by)), wish=wished, **at.usual
    )


def leave(at: At, *, by: str) -> None:
    waitlist.leave(at.session, invitation=invitation_of(at.session, UUID(by)))


def take_offer(at: At, *, offer: str) -> UUID:
    return waitlist_answers.accept(
        at.session, token=_offer(at, offer), how="phone", location="NY", **at.usual
    ).appointment.id


def drop_offer(at: At, *, offer: str) -> None:
    waitlist_answers.decline(at.session, token=_offer(at, offer))


def _offer(at: At, number: str) -> str:
    found = at.session.get_one(WaitlistOffer, UUID(number))
    return waitlist.offer_token(at.settings, found)


# ---------------------------------------------------------------- by staff


def staff_book(at: At, *, person: str, kind: str, **wanted: Any) -> UUID:
    what = at.session.scalars(select(AppointmentType).where(AppointmentType.code == kind)).one()
    return on_behalf.book(
        at.session, person_id=UUID(person), kind=what, wanted=wanted_of(**wanted), how="phone",
        location="NY", by=STAFF, **at.usual,
    ).id  # fmt: skip


def give(at: At, *, one: str, **wanted: Any) -> UUID:
    return on_behalf.give(
        at.session, appointment_id=UUID(one), wanted=wanted_of(**wanted), by=STAFF, **at.usual
    ).id


def staff_cancel(at: At, *, one: str) -> None:
    bookings.cancel(at.session, appointment_id=UUID(one), by=STAFF, **at.usual)


def confirm(at: At, *, one: str) -> None:
    requests.confirm(at.session, appointment_id=UUID(one), by=STAFF, now=at.now)


def decline(at: At, *, one: str) -> None:
    requests.decline(at.session, appointment_id=UUID(one), by=STAFF)


def attend(at: At, *, one: str, what: str) -> None:
    bookings.attend(at.session, appointment_id=UUID(one), act=Act(what), by=STAFF, now=at.now)


def keep(at: At, *, number: str) -> None:
    changes.keep(at.session, wish_id=UUID(number), by=STAFF)


def change_time(at: At, *, schedule: int, start: str, end: str, opens: bool) -> None:
    openings.change(
        at.session, schedule, during=stretch(start, end), opens=opens, by=STAFF, now=at.now
    )


def undo_change(at: At, *, number: int) -> None:
    openings.remove(at.session, number)


def take_off(at: At, *, schedule: int, day: str, today: str) -> None:
    first = date.fromisoformat(day)
    openings.take_off(
        at.session, schedule, first=first, last=first, reason="", today=date.fromisoformat(today)
    )


def undo_off(at: At, *, number: int) -> None:
    openings.remove_off(at.session, number)


def be_away(at: At, *, number: str, schedule: int, start: str, end: str,
            plans: dict[str, str | None]) -> None:  # fmt: skip
    absences.begin(
        at.session,
        absence_id=UUID(number),
        schedule_id=schedule,
        during=stretch(start, end),
        plans={UUID(one): UUID(to) if to else None for one, to in plans.items()},
        by=STAFF,
        now=at.now,
    )


def settle(at: At) -> None:
    absences.settle_next(at.session, since=at.now, **at.usual)


# ---------------------------------------------------------------- by the clock


def sweep(at: At) -> None:
    holds.release_expired_holds(at.session)


def release(at: At) -> None:
    replies.release_overdue(at.session)
    proposals.lapse_overdue(at.session)


def _look(database: Database, settings: Settings) -> str:
    """The job that asks who waits: each in a commit of their own."""
    with database.begin() as session:
        now = database_now(session)
        waitlist_offers.lapse_overdue(session)
        waitlist.end_overdue(session)
        found = waitlist_offers.look_around(session, settings=settings, now=now)
    for match in found:
        try:
            with database.begin() as session:
                waitlist_offers.offer(session, match, settings=settings, now=now)
        except SlotTaken:
            continue
    return DONE


# ---------------------------------------------------------------- looking


def offered(at: At, *, by: str) -> str:
    """Every start and with whom, as the page of that person would show them."""
    question = Question.of(invitation_of(at.session, UUID(by)), **at.usual)
    return _looked(at, question)


def offered_another(at: At, *, one: str, person: str | None) -> str:
    """The same of what they could move their time to, or ask the other for; no person: staff."""
    found = at.session.get_one(Appointment, UUID(one))
    kind = at.session.get_one(AppointmentType, found.appointment_type_id)
    question = Question.to_move(
        found, kind, person_id=UUID(person) if person else None,
        both=_asks(at, one, person), **at.usual,
    )  # fmt: skip
    return _looked(at, question)


def _looked(at: At, question: Question) -> str:
    """All of it, whose beginning is also found without looking at all of it (P25)."""
    found = offers(at.session, question)
    soonest = first_available(at.session, question, count=_SOONEST)
    assert _written(soonest) == _written(Offers(found.starts[:_SOONEST], found.schedules))
    return _written(found)


def _written(found: Offers) -> str:
    return " ".join(
        f"{instant(one.start).isoformat()}|{found.schedules[host].practitioner_id}"
        for one in found.starts
        for host in sorted(one.hosts)
    )


def _asks(at: At, one: str, person: str | None) -> bool:
    found = at.session.get_one(Appointment, UUID(one))
    return person is not None and proposals.needs_both(at.session, found)


def attempt(at: At, *, by: str, **wanted: str) -> str:
    """Whether a hold would be given. Nothing stays of it."""
    return _tried(at, lambda: hold(at, by=by, **wanted))


def attempt_another(at: At, *, one: str, person: str | None, **wanted: str) -> str:
    """Whether a time could be moved, or the other asked. Nothing stays of it."""
    if person is None:
        return _tried(at, lambda: give(at, one=one, **wanted))
    verb = acts_of_two.propose if _asks(at, one, person) else move
    return _tried(at, lambda: verb(at, one=one, person=person, **wanted))


def _tried(at: At, what: Callable[[], object]) -> str:
    with at.session.begin_nested() as savepoint:
        try:
            what()
            return "given"
        except SlotTaken as refusal:
            return f"refused {refusal.reason}"
        finally:
            savepoint.rollback()


ACTS: Final[dict[str, Callable[..., Any]]] = {
    act.__name__: act
    for act in (
        hold, renew, book, move, cancel, wish, wait, leave, take_offer, drop_offer,
        staff_book, give, staff_cancel, confirm, decline, attend, keep, change_time, undo_change,
        take_off, undo_off, be_away, settle, sweep, release, offered, offered_another, attempt,
        attempt_another,
        *acts_of_two.ACTS, *acts_at_desk.ACTS, *acts_of_rules.ACTS,
    )
}  # fmt: skip
