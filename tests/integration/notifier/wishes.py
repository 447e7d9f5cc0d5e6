"""What intake and the scheduler want sent: wishes, assignments, and the passing of time."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from services.notifier.models import Attempt, Errand, Notification
from services.notifier.operations.said import open_message
from shared.clock import utcnow
from shared.contracts.intake import CommunicationRequested, TaskAssigned
from tests.integration.notifier.world import Someone, World

DAY = timedelta(days=1)
LINK = "http://127.0.0.1:8000/begin/p/" + "k" * 43


def offer(world: World, person: Someone, errand_id: UUID, purpose: str, **given: Any) -> None:
    """Have intake want this sent, without a word to us."""
    world.prove(person)
    world.neighbours.answers[f"/intake/internal/contacts/{person.id}"] = person.document()
    world.neighbours.answers[f"/intake/internal/communications/{errand_id}"] = {
        "communication_id": str(errand_id),
        "person_id": str(person.id),
        "purpose": purpose,
        "link": LINK,
        "not_after": (utcnow() + 14 * DAY).isoformat(),
        **given,
    }


def wish(
    world: World,
    person: Someone | None = None,
    purpose: str = "update",
    *,
    ago: timedelta = timedelta(0),
    **given: Any,
) -> UUID:
    """Intake wants something sent, and says so."""
    person, errand_id = person or Someone(), uuid4()
    offer(world, person, errand_id, purpose, **given)
    world.hear(CommunicationRequested(communication_id=errand_id, person_id=person.id), ago=ago)
    return errand_id


def withdraw(world: World, errand_id: UUID) -> None:
    """Intake does not want it any more; nothing is said of that."""
    del world.neighbours.answers[f"/intake/internal/communications/{errand_id}"]


def assign(world: World, email: str | None = None) -> UUID:
    """A member of staff has a task; the scheduler knows them by this address."""
    account_id, assignment_id = uuid4(), uuid4()
    if email is not None:
        path = f"/scheduler/internal/staff/{account_id}/address"
        world.neighbours.answers[path] = {"email": email, "name": "Marcus Oyelaran"}
    world.hear(TaskAssigned(assignment_id=assignment_id, account_id=account_id))
    return assignment_id


def let_a_while_pass(world: World, by: timedelta = timedelta(minutes=2)) -> None:
    """Pretend that intake was last asked so long ago, and that it is time to ask again."""
    with world.database.begin() as session:
        session.execute(update(Errand).values(asked_at=Errand.asked_at - by))
        session.execute(
            update(Errand)
            .where(Errand.prepare_at.is_not(None))
            .values(prepare_at=utcnow() - timedelta(seconds=1), rung_at=None)
        )


def put_off(world: World, by: timedelta) -> None:
    """Pretend that what waits was planned for later."""
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.state == "scheduled")
            .values(due_at=utcnow() + by, rung_at=None)
        )


def planned_and_waiting(world: World, person: Someone, purpose: str) -> UUID:
    """A note that is planned, and could not go out yet."""
    errand_id = wish(world, person, purpose)
    world.courier.errand(errand_id)
    put_off(world, DAY / 24)
    return errand_id


def ends(world: World) -> set[tuple[str, str | None, str, str | None]]:
    return {(row.purpose, row.channel, str(row.state), row.reason) for row in world.rows()}


def said(world: World, channel: str = "email") -> Any:
    """What the latest try on this channel said."""
    with world.database.begin() as session:
        row, attempt = session.execute(
            select(Notification, Attempt)
            .join(Attempt, Attempt.notification_id == Notification.id)
            .where(Notification.channel == channel)
            .order_by(Attempt.opened_at.desc())
        ).first()
        return open_message(session, notification=row, attempt=attempt)
