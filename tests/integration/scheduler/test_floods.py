"""P26: many permissions out of a flood of forms, and the times that stay for everybody else."""

from concurrent.futures import ThreadPoolExecutor

from services.scheduler.domain.errors import NotBookable
from services.scheduler.models import Invitation
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.acts import NOW, book, invited, offered
from tests.integration.scheduler.world import a_clinician, live_rows


def unproven(database: Database) -> Invitation:
    invitation = invited(database)
    with database.begin() as session:
        session.get_one(Invitation, invitation.id).unproven = True
    invitation.unproven = True
    return invitation


def test_p26_a_flood_keeps_three_times_until_staff_answer_and_the_others_stay(
    scheduler_db: Database, settings: Settings
) -> None:
    with scheduler_db.begin() as session:
        a_clinician(session)
    free = offered(scheduler_db, settings)
    people = [unproven(scheduler_db) for _ in range(12)]

    def grab(n: int) -> str:
        wanted = Wanted(free[n])
        try:
            return str(book(scheduler_db, people[n], wanted, settings).status)
        except NotBookable:
            return "please call"

    with ThreadPoolExecutor(6) as pool:
        became = list(pool.map(grab, range(12)))

    assert sorted(became) == ["pending"] * 3 + ["please call"] * 9
    assert len(live_rows(scheduler_db)) == 3
    assert len(offered(scheduler_db, settings)) == len(free) - 3
    real = book(
        scheduler_db,
        invited(scheduler_db),
        Wanted(offered(scheduler_db, settings)[0]),
        settings,
        now=NOW,
    )
    assert real.status == "booked"
