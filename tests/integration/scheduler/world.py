"""A practice to test in: people with hours, an intake over real HTTP, and browsers that book."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.models import Appointment, Invitation, Practitioner, Schedule
from services.scheduler.operations import invitations, schedules
from services.scheduler.practice_models import PracticeRules
from services.scheduler.providers.intake import Permission
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.tokens import check_service_token, new_token, token_sha256
from shared.vocabulary import ANSWERED_BY, LIVE_STATUSES

SERVICE_KEY = "a-service-key-for-tests-that-is-long"
NEW_YORK = ZoneInfo("America/New_York")
EVERY_DAY = range(1, 8)


def a_contact(**changes: Any) -> dict[str, Any]:
    """Someone who may be called, by first name only, without voice messages or texts."""
    return {
        "name": "Rowan Teller",
        "pronouns": None,
        "email": "rowan@example.org",
        "phone": "+19145550177",
        "channels": {"email": True, "sms": False, "call": True, "voicemail": False},
        "call_as": "first_name",
        "contact_notes_present": False,
        "locale": "en",
        "timezone": "America/New_York",
        **changes,
    }


@dataclass
class StandInIntake:
    """Intake's internal API as the scheduler sees it, over real HTTP with real service tokens."""

    url: str = ""
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    contacts: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    silent: bool = False

    def forget(self) -> None:
        """As it was before the first test."""
        self.permissions.clear()
        self.contacts.clear()
        self.asked.clear()
        self.silent = False

    def permits(self, **changes: Any) -> str:
        """A new person with a permission to book; returns the token."""
        token, person = new_token(), uuid4()
        self.permissions[token_sha256(token).hex()] = {
            "permission_id": str(uuid4()),
            "person_id": str(person),
            "contact_version": 1,
            "contact": a_contact(),
            "appointment_type": "private-call",
            "timezone": "America/New_York",
            **changes,
        }
        return token

    def permits_two(self, *names: str) -> tuple[str, str]:
        """Two people who may book together; returns the token of each."""
        couple, people = str(uuid4()), (uuid4(), uuid4())
        for person, name in zip(people, names, strict=True):
            self.contacts[person] = a_contact(name=name) | {"version": 1}
        return tuple(  # type: ignore[return-value]
            self.permits(
                person_id=str(person),
                contact=a_contact(name=name),
                appointment_type="couple-session",
                joint={"couple_id": couple, "partner_id": str(partner)},
            )
            for person, partner, name in zip(people, people[::-1], names, strict=True)
        )

    def withdraws(self, token: str) -> None:
        """The permission behind that token stands no more."""
        del self.permissions[token_sha256(token).hex()]

    def app(self) -> Flask:
        app = Flask("stand_in_intake")

        @app.after_request
        def sign(answer: Response) -> Response:
            answer.headers[ANSWERED_BY] = "intake"
            return answer

        @app.before_request
        def check() -> Response | None:
            self.asked.append(request.path)
            token = request.headers["Authorization"].removeprefix("Bearer ")
            check_service_token(SERVICE_KEY, token, audience="intake")
            return Response(status=503) if self.silent else None

        @app.post("/internal/booking-permissions")
        def permission() -> Any:
            found = self.permissions.get(request.get_json()["token_sha256"])
            return jsonify(found) if found else Response(status=404)

        @app.get("/internal/set-up")
        def set_up() -> Any:
            return jsonify(licensed_states=["NY"], asks_about_self_harm=False, notice=True)

        @app.get("/internal/contacts/<uuid:person_id>")
        def contact(person_id: UUID) -> Any:
            found = self.contacts.get(person_id)
            return jsonify(found) if found else Response(status=404)

        return app


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The app on a free port of this machine, while the context lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def hours(*ranges: tuple[str, str], days: range | list[int] = EVERY_DAY) -> list[WeeklyRange]:
    """Those ranges on each of those weekdays."""
    walls = [WallRange(time.fromisoformat(a), time.fromisoformat(b)) for a, b in ranges]
    return [WeeklyRange(day, wall) for day in days for wall in walls]


def a_clinician(
    session: Session,
    name: str = "Dana Whitlock",
    *,
    weekly: list[WeeklyRange] | None = None,
    timezone: str = "America/New_York",
    video_room: str | None = None,
) -> Practitioner:
    """Someone who sees clients every day from nine to five, unless told otherwise."""
    schedules.ensure_types(session)
    session.execute(insert(PracticeRules).on_conflict_do_nothing())
    who = schedules.add_practitioner(
        session,
        name=name,
        credentials="LMFT",
        timezone=timezone,
        states=["NY"],
        video_room=video_room,
    )
    schedules.set_weekly_hours(
        session,
        who.schedule.id,
        weekly=hours(("09:00", "17:00")) if weekly is None else weekly,
        shortest=timedelta(minutes=20),
    )
    return who


def an_invitation(session: Session, **contact: Any) -> Invitation:
    """A permission that we have met already. Its token is `token_of` its id."""
    schedules.ensure_types(session)
    permission = Permission(
        permission_id=uuid4(),
        person_id=uuid4(),
        contact_version=1,
        contact=a_contact(**contact),
        appointment_type="private-call",
        timezone="America/New_York",
    )
    return invitations.accept(
        session, token=token_of(permission.permission_id), permission=permission
    )


def token_of(invitation_id: UUID) -> str:
    """A token of the right shape that a test can write again."""
    return (str(invitation_id).replace("-", "") * 2)[:43]


def local(day: date, clock: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The instant of a wall time."""
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def live_rows(database: Database) -> list[Appointment]:
    """Appointments and holds that take up time."""
    with database.begin() as session:
        return list(
            session.scalars(
                select(Appointment)
                .where(Appointment.status.in_(LIVE_STATUSES))
                .order_by(Appointment.created_at)
            )
        )


def events(database: Database) -> list[str]:
    """What was told to the others, in order, each event once."""
    with database.begin() as session:
        rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()
    told = {row.event_id: str(row.envelope["type"]).split(".", 1)[1] for row in rows}
    return list(told.values())


def schedule_of(session: Session, who: Practitioner) -> Schedule:
    return session.scalars(select(Schedule).where(Schedule.practitioner_id == who.id)).one()


@dataclass
class Visitor:
    """A browser without scripts."""

    client: FlaskClient

    def open(self, path: str) -> Any:
        return self.client.get(path)

    def send(self, path: str, page: Any = None, **form: str | list[str]) -> Any:
        """Post a form with the CSRF field of `page`, or of the door where there is none."""
        html = (page or self.client.get("/staff/sign-in?away=1")).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', html)
        assert found, "the page has no form"
        return self.client.post(path, data={"csrf_token": found.group(1), **form})


def slot_values(page: Any) -> list[str]:
    """What the page's times would send."""
    return re.findall(r'name="start" value="([^"]+)"', page.get_data(as_text=True))


def words(page: Any) -> str:
    """The page as text, on one line."""
    html = page.get_data(as_text=True)
    main = html.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
