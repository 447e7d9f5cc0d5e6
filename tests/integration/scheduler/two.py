"""Two people who may meet together, each with a browser of their own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text

from services.scheduler.models import Appointment, Participant
from services.scheduler.operations.participants import manage_token
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from shared.messaging.tables import Outbox
from tests.integration.scheduler.world import NEW_YORK, StandInIntake, Visitor, slot_values

NAMES = ("Rowan Teller", "Ashlin Moreau")


def day_in(weeks: int) -> str:
    return (utcnow().astimezone(NEW_YORK).date() + timedelta(weeks=weeks)).isoformat()


@dataclass
class One:
    """One of the two, with the link by which they may choose, and everything that they saw."""

    name: str
    person_id: UUID
    token: str
    browser: Visitor
    seen: list[Any] = field(default_factory=list)

    def open(self, path: str) -> Any:
        return self._kept(self.browser.open(path))

    def send(self, path: str, page: Any, **form: str | list[str]) -> Any:
        return self._kept(self.browser.send(path, page, **form))

    def _kept(self, answer: Any) -> Any:
        self.seen.append(answer)
        return answer

    def hold(self, number: int = 0, weeks: int = 1) -> str:
        page = self.open(f"/t/{self.token}?day={day_in(weeks)}")
        value = slot_values(page)[number]
        assert self.send(f"/t/{self.token}/hold", page, start=value).status_code == 303
        return value

    def says(self, *parts: str, days: Iterable[int] = range(1, 8)) -> Any:
        """When they can meet: mornings, say, of those days of the week; nothing: at any time."""
        path = f"/t/{self.token}/when"
        times = [f"{day}-{part}" for day in days for part in parts]
        return self.send(path, self.open(path), times=times)

    def ask(self, number: int = 0, *, location: str = "NY", weeks: int = 1) -> Any:
        """Choose a time for both; returns the answer to the last step."""
        value = self.hold(number, weeks)
        check = self.open(f"/t/{self.token}/check")
        form = {"start": value, "how": "phone", "location": location}
        return self.send(f"/t/{self.token}/book", check, **form)


@dataclass
class Two:
    """Both of them, and what the scheduler knows."""

    first: One
    second: One
    database: Database
    settings: Settings

    def rows(self) -> list[Appointment]:
        with self.database.begin() as session:
            return list(session.scalars(select(Appointment).order_by(Appointment.created_at)))

    def statuses(self) -> list[str]:
        return [row.status for row in self.rows()]

    def participant(self, one: One) -> Participant:
        """Their part of the latest appointment."""
        with self.database.begin() as session:
            return session.scalars(
                select(Participant)
                .where(Participant.person_id == one.person_id)
                .order_by(Participant.id.desc())
                .limit(1)
            ).one()

    def own(self, one: One) -> str:
        """Where their own page is, as a message brings it."""
        return f"/m/{manage_token(self.settings, self.participant(one))}"

    def accept(self, one: One, **changes: str) -> Any:
        own = self.own(one)
        form = {"how": "phone", "location": "NY"} | changes
        return one.send(f"{own}/accept", one.open(f"{own}/answer"), **form)

    def decline(self, one: One) -> Any:
        own = self.own(one)
        return one.send(f"{own}/decline", one.open(f"{own}/answer"))

    def cancel(self, one: One) -> Any:
        own = self.own(one)
        return one.send(f"{own}/cancel", one.open(f"{own}/change"))

    def let_run_out(self) -> None:
        """Nobody said yes in time, by the database's clock."""
        with self.database.begin() as session:
            session.execute(
                text(
                    "UPDATE appointment SET reply_by = clock_timestamp() - interval '1 second'"
                    " WHERE status = 'pending'"
                )
            )

    def sleep(self) -> None:
        """What was said so far was said before today."""
        with self.database.begin() as session:
            session.execute(
                text("UPDATE stated_times SET stated_at = stated_at - interval '2 days'")
            )

    def told(self, listener: str = "notifier") -> list[tuple[str, set[str]]]:
        """What a listener was told, in order: the event's name, and who of the two it names."""
        with self.database.begin() as session:
            rows = session.scalars(
                select(Outbox).where(Outbox.queue == listener).order_by(Outbox.id)
            ).all()
        both = (self.first, self.second)
        return [
            (
                str(row.envelope["type"]).split(".")[2],
                {one.name for one in both if str(one.person_id) in str(row.envelope["data"])},
            )
            for row in rows
        ]


def two_people(app: Flask, intake: StandInIntake, database: Database, settings: Settings) -> Two:
    """Rowan and Ashlin, who may meet together."""
    tokens = intake.permits_two(*NAMES)
    people = {document["name"]: person for person, document in intake.contacts.items()}
    first, second = (
        One(name, people[name], token, Visitor(app.test_client()))
        for name, token in zip(NAMES, tokens, strict=True)
    )
    return Two(first, second, database, settings)
