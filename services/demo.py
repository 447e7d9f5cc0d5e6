"""A fictional practice to look at: `softstart up --demo`.

Made by the services' own operations, and over HTTP where a client would do it, so that every row,
message and reminder is one that could have come about. What it consists of stands in `demo.yaml`.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import requests
import structlog
import yaml
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.embedded import GOES_OUT, AllSettings, own_database
from services.intake.domain.practice import PracticeSettings
from services.intake.models import QuestionnaireResponse
from services.intake.operations import (
    calls,
    inquiries,
    notes,
    practice,
    questionnaires,
    responses,
    tasks,
)
from services.intake.operations.readers import Reader
from services.intake.operations.responses import Sender
from services.intake.settings import Settings as IntakeSettings
from services.scheduler import app as scheduler
from services.scheduler.domain import public_holidays
from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.models import Practitioner
from services.scheduler.operations import closures, places, schedules, staff
from services.scheduler.operations.rule_changes import version_of
from services.scheduler.operations.staff import NewColleague
from services.scheduler.settings import Settings as SchedulerSettings
from services.scheduler.staff_models import StaffAccount
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import new_token
from shared.vocabulary import PREFIX, Role
from shared.zones import zone

logger = structlog.get_logger(__name__)

OLD_DAYS: Final = 14
SHORTEST: Final = timedelta(minutes=20)
TIMEOUT_SECONDS: Final = 20

Document = Mapping[str, Any]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The same, but where nothing goes out no second step is asked of who only looks around."""
    goes_out = any(map(env.get, GOES_OUT))
    return dict(env) if goes_out else {"SECOND_FACTOR": "offered", **env}


def fill(settings: AllSettings) -> None:
    """Make the practice up, once; what is there already is left as it is. The suite must run."""
    world = yaml.safe_load(Path(__file__).with_name("demo.yaml").read_text(encoding="utf-8"))
    with own_database(settings.scheduler) as database:
        link = scheduler.first_run_link(settings.scheduler)
        if link is not None:
            _hire(database, settings.scheduler, world, token=link.rpartition("/")[2])
        with database.begin() as session:
            people = {one.name: str(one.id) for one in schedules.practitioners(session)}
            readers = _readers(session)
            owner = next(one for one in readers.values() if one.role is Role.OWNER)
    with own_database(settings.intake) as database:
        with database.begin() as session:
            _decide(session, owner, world["decided"])
            begun = session.scalar(select(exists().where(QuestionnaireResponse.id.is_not(None))))
        if not begun:
            done = [
                response_id
                for number, person in enumerate(reversed(world["inquiries"]))
                if (
                    response_id := _inquire(
                        database, settings, world, person, (people, readers), number
                    )
                )
            ]
            _close(database, owner, done)
    logger.info("demo ready")


def _decide(session: Session, owner: Reader, document: Document) -> None:
    """What the practice has decided, above all who stands behind the self-harm questions."""
    if not practice.history(session):
        settings = PracticeSettings.from_document(document)
        practice.decide(session, reader=owner, settings=settings)


# ---------------------------------------------------------------- who works here


def _hire(database: Database, settings: SchedulerSettings, world: Document, *, token: str) -> None:
    """The owner, by the first-run link that everybody else uses too, and five colleagues."""
    now = utcnow()
    first, *others = world["clinicians"]
    with database.begin() as session:
        begun = staff.make_owner(
            session,
            token=token,
            person=_colleague(first),
            password=secrets.token_urlsafe(24),
            settings=settings,
            now=now,
        )
        _describe(session, begun.account, first, world, settings)
        for one in others:
            account, welcome = staff.add_colleague(
                session, person=_colleague(one), settings=settings, now=now
            )
            staff.welcome(
                session,
                token=welcome,
                password=secrets.token_urlsafe(24),
                settings=settings,
                now=now,
            )
            _describe(session, account, one, world, settings)
        _furnish(session, Hand.staff(begun.account_id), world, settings)


def _furnish(session: Session, by: Hand, world: Document, settings: SchedulerSettings) -> None:
    """Locations with rooms, public holidays, and a day of the practice's own."""
    for one in world["houses"]:
        house = places.add_location(session, name=one["name"], address=one["address"], by=by)
        for name in one["rooms"]:
            places.add_room(session, house.id, name=name, by=by)
    today = utcnow().astimezone(zone(settings.practice.timezone)).date()
    region = world["holidays"]["region"]
    names = public_holidays.names(region, today.year)
    closures.set_holidays(
        session,
        version=version_of(closures.holiday_facts(closures.rules(session))),
        region=region,
        worked=[name for name in names if name not in world["holidays"]["kept"]],
        today=today,
        by=by,
    )
    day, why = today + timedelta(world["closed"]["in_days"]), world["closed"]["reason"]
    closures.close(session, first=day, last=day, reason=why, today=today, by=by)


def _colleague(one: Document) -> NewColleague:
    return NewColleague(name=one["name"], email=one["email"], credentials=one["credentials"])


def _describe(
    session: Session,
    account: StaffAccount,
    one: Document,
    world: Document,
    settings: SchedulerSettings,
) -> None:
    """Where they see people, their usual week, and the days on which they are away."""
    person = session.get_one(Practitioner, account.practitioner_id)
    person.about = world["places"][one["place"]]
    person.languages = one.get("languages", ["en"])
    assert account.practitioner_id is not None
    schedule = schedules.schedule_of(session, account.practitioner_id)
    assert schedule is not None
    week = [WeeklyRange(day, _wall(text)) for day, texts in one["week"].items() for text in texts]
    schedules.set_weekly_hours(session, schedule.id, weekly=week, shortest=SHORTEST)
    today = utcnow().astimezone(zone(settings.practice.timezone)).date()
    for days in one.get("away_in_days", []):
        schedules.override_day(session, schedule.id, day=today + timedelta(days), ranges=[])


def _wall(text: str) -> WallRange:
    start, end = text.split("-")
    return WallRange(time.fromisoformat(start), time.fromisoformat(end))


# ---------------------------------------------------------------- who writes in


def _inquire(
    database: Database,
    settings: AllSettings,
    world: Document,
    person: Document,
    known: tuple[Mapping[str, str], Mapping[str, Reader]],
    number: int,
) -> UUID | None:
    """One person's whole story; the inquiry's id if nobody has to do anything about it any more."""
    people, readers = known
    wrote = utcnow() - timedelta(days=person["days_ago"], minutes=37 * number % 600)
    has_it = readers.get(person.get("has_it") or person.get("call", {}).get("with"))
    response_id, permission = _send_form(
        database, settings.intake, _answers(world, person, number), wrote, has_it
    )
    if has_it and "note" in person:
        _call(database, response_id, has_it, person["note"])
    if "call" not in person:
        return None
    call = person["call"] | {"practitioner_id": people[person["call"]["with"]]}
    _choose_a_time(settings.scheduler, permission, call, person.get("then"))
    return response_id if person["days_ago"] > OLD_DAYS else None


def _answers(world: Document, person: Document, number: int) -> Document:
    return {
        **world["everybody"],
        **world["ways"][person["way"]],
        "name_used": person["name"],
        "email": f"{person['name'].lower()}@example.org",
        "phone": f"+1914555{100 + number:04d}",
        **person.get("answers", {}),
    }


def _send_form(
    database: Database,
    settings: IntakeSettings,
    given: Document,
    now: datetime,
    has_it: Reader | None,
) -> tuple[UUID, str]:
    """Fill the form in and send it, as of `now`: its id, and the token for choosing a time.

    Whoever has the task says so at once; the others are for the job to give away.
    """
    token, licensed = new_token(), settings.practice.licensed_states
    with database.begin() as session:
        form = responses.start(session, token=token, licensed_states=licensed)
        for section in form.screener.first_form:
            here = {item.id: given[item.id] for item in section.items if item.id in given}
            responses.answer(session, form, section=section, given=here, now=now)
        responses.complete(
            session,
            form,
            sender=Sender(
                practice=settings.practice.name,
                address="198.51.100.0/24",
                browser="Firefox",
                page=settings.public_url + PREFIX["intake"] + "/",
                zone=settings.practice.timezone,
            ),
            config=questionnaires.config_now(session, form.screener, licensed),
            secret_key=settings.secret_key,
            now=now,
        )
        if has_it:
            tasks.acknowledge(session, response_id=form.response.id, reader=has_it)
        return form.response.id, responses.booking_token(settings.secret_key, form.response)


def _choose_a_time(
    settings: SchedulerSettings, permission: str, call: Document, then: str | None
) -> None:
    """Book over HTTP, as the client's browser or app would, and change it if the story says so."""
    wanted = _time(settings, permission, call, in_days=call["in_days"])
    where = settings.practice.licensed_states[0]
    booked = _ask(
        settings,
        "POST",
        "/appointments",
        permission,
        json=wanted | {"how": "phone", "location": where},
    )
    token = booked["manage_token"]
    if then == "moved":
        later = _time(settings, token, call, in_days=call["in_days"] + 1)
        _ask(settings, "POST", "/appointment/move", token, json=later | {"location": where})
    if then == "waits":
        _ask(settings, "PUT", "/waitlist", token, json={"location": where, "weeks": 8})
    if then == "cancelled":
        _ask(settings, "POST", "/appointment/cancel", token)


def _time(
    settings: SchedulerSettings, token: str, call: Document, *, in_days: int
) -> dict[str, str]:
    """The clinician's free time nearest to the hour, on the first day from then on that has one."""
    here = zone(settings.practice.timezone)
    first = utcnow().astimezone(here).date() + timedelta(days=in_days)
    who = {"practitioner_id": call["practitioner_id"]}
    query = who | {"from": first.isoformat(), "days": "14", "timezone": here.key}
    times = {
        datetime.fromisoformat(slot["local"]): slot["start"]
        for slot in _ask(settings, "GET", "/slots", token, params=query)["slots"]
    }
    hour = timedelta(hours=call["hour"])
    nearest = min(
        times,
        key=lambda local: (
            local.date(),
            abs(timedelta(hours=local.hour, minutes=local.minute) - hour),
        ),
    )
    return who | {"start": times[nearest]}


def _call(database: Database, response_id: UUID, reader: Reader, words: str) -> None:
    """A clinician has called, and left a note for colleagues."""
    with database.begin() as session:
        inquiry = inquiries.find(session, response_id=response_id, reader=reader)
        assert inquiry is not None
        response = inquiry.response
        calls.mark_done(session, response=response, reader=reader, now=utcnow())
        tasks.finish(session, response_id=response_id, reader=reader)
        notes.add(session, response=response, reader=reader, words=words)


def _readers(session: Session) -> dict[str, Reader]:
    """The staff by name, as intake knows who looks at an inquiry."""
    return {
        one.name: Reader(account_id=one.id, name=one.name, role=Role(one.role))
        for one in staff.accounts(session)
    }


def _close(database: Database, owner: Reader, done: Iterable[UUID]) -> None:
    with database.begin() as session:
        for response_id in done:
            inquiry = inquiries.find(session, response_id=response_id, reader=owner)
            assert inquiry is not None
            inquiries.close(session, inquiry=inquiry, reader=owner, now=utcnow())


def _ask(settings: SchedulerSettings, method: str, path: str, token: str, **more: Any) -> Any:
    answer = requests.request(
        method,
        f"{settings.scheduler_url}/api{path}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_SECONDS,
        **more,
    )
    answer.raise_for_status()
    return answer.json()
