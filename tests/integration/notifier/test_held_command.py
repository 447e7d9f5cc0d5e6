"""`softstart held` and the doctor's check of that name: what a restored backup may send twice."""

import psycopg

from services.doctor import examine
from tests.conftest import environment_for
from tests.integration.embedded.test_command import softstart
from tests.integration.notifier.world import Someone, World


def held(database_url: str, verb: str) -> tuple[int, list[str]]:
    done = softstart("held", verb, env=environment_for("notifier", database_url))
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def restored(world: World) -> None:
    """A time is booked, and its messages are due before anybody has sent them."""
    booking = world.book(Someone(channels=("email",)))
    world.courier.prepare(booking.id)
    world.make_due("reminder-48h")


def test_f29_what_is_held_is_listed_without_a_name_and_let_go_by_hand(
    world: World, database_url: str
):
    restored(world)
    assert held(database_url, "list") == (0, ["Nothing is held back."])

    assert held(database_url, "all")[1] == [
        "2 held back, and whatever turns up later that was due before now."
    ]
    world.pass_on()
    assert world.kept() == []
    code, lines = held(database_url, "list")
    assert (code, len(lines), lines[-1]) == (1, 3, "2 held back.")
    assert "Rowan" not in "".join(lines)

    assert held(database_url, "release") == (0, ["2 released."])
    world.pass_on()
    assert len(world.kept()) == 2


def test_f29_what_is_discarded_never_goes_out(world: World, database_url: str):
    restored(world)
    held(database_url, "all")

    assert held(database_url, "discard") == (0, ["2 discarded."])

    world.pass_on()
    assert world.kept() == []
    assert held(database_url, "list") == (0, ["Nothing is held back."])


def test_f29_the_doctor_names_each_message_that_is_held_until_somebody_decides(
    world: World, database_url: str, scheduler_db: object, intake_db: object
):
    restored(world)
    held(database_url, "all")

    def found() -> list[str]:
        with psycopg.connect(database_url) as connection:
            return [one.words for one in examine(connection) if one.check == "held"]

    assert len(found()) == 2
    assert "is held since a backup was restored" in found()[0]
    held(database_url, "release")
    assert found() == []
