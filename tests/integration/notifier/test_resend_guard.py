"""F29: after a restored backup nothing goes out again that may have been sent since."""

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient

from services.notifier.operations import acts, resend_guard
from services.notifier.operations.acts import Act
from services.notifier.operations.resend_guard import Decision
from services.notifier.providers.watermark import NAME, Watermark
from services.postgres import program
from services.simulators.mail import MailServer
from shared.clock import utcnow
from shared.vocabulary import Role
from tests.integration.notifier.test_pages import page, sign_in  # noqa: F401 - a fixture
from tests.integration.notifier.world import Someone, World, booked, cancelled

SignIn = Callable[[World, Role], FlaskClient]
LiveWorld = Callable[[], World]


@pytest.fixture
def live(make_world, mail: MailServer, certificate, tmp_path: Path) -> LiveWorld:
    """A notifier with a folder that outlasts its database; each call is a process started anew."""
    first: list[World] = []

    def start() -> World:
        answers = dict(first[0].neighbours.answers) if first else {}
        world = make_world(
            DELIVERY="live",
            SMTP_URL=f"smtp://localhost:{mail.port}",
            SMTP_CA_FILE=str(certificate.path),
            AUDIT_FOLDER=str(tmp_path),
        )
        world.neighbours.answers.update(answers)
        first[:] = [world]
        return world

    return start


@pytest.fixture
def backup(database_url: str, tmp_path: Path) -> Callable[[], Callable[[], None]]:
    """`restore = backup()`: PostgreSQL's own dump of our schema, and putting it back."""

    def dump() -> Callable[[], None]:
        file = tmp_path / "backup.sql"
        subprocess.run(
            [program("pg_dump"), "--schema=notifier", f"--file={file}", database_url], check=True
        )

        def restore() -> None:
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute("DROP SCHEMA notifier CASCADE")
            subprocess.run(
                [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", file, database_url],
                check=True,
                stdout=subprocess.DEVNULL,
            )

        return restore

    return dump


def only_mail(**more) -> Someone:
    return Someone(channels=("email",), **more)


def test_f29_what_was_sent_in_the_lost_hour_is_not_sent_again_and_what_comes_later_is(
    live: LiveWorld, backup, mail: MailServer
):
    world = live()
    waiting, unheard = world.book(only_mail()), world.book(only_mail(), tell=False)
    world.courier.prepare(waiting.id)
    restore = backup()
    heard = booked(unheard)
    world.hear(heard)
    world.pass_on()
    world.make_due("reminder-48h")
    world.pass_on()
    assert len(mail.accepted) == 4

    world.courier.guard.announce(anew=True)  # as every 20 seconds
    restore()
    world = live()
    world.hear(heard, ago=timedelta(seconds=5))
    world.pass_on()
    new = world.book(only_mail())
    world.pass_on()

    assert len(mail.accepted) == 5
    assert {
        row.reason for row in world.rows(purpose="confirmation", appointment_id=waiting.id)
    } == {"restored"}
    (sent,) = world.rows(purpose="confirmation", appointment_id=new.id)
    assert sent.state == "accepted"
    with world.database.begin() as session:
        assert resend_guard.count(session) == 2  # both confirmations; the reminders are due later


def test_f29_a_notice_heard_again_after_the_restore_is_held_too(
    live: LiveWorld, backup, mail: MailServer
):
    world = live()
    booking = world.book(only_mail())
    world.pass_on()
    restore = backup()
    world.cancel(booking)
    world.pass_on()
    assert len(mail.accepted) == 2

    world.courier.guard.announce(anew=True)  # as every 20 seconds
    restore()
    world = live()
    world.hear(cancelled(booking), ago=timedelta(seconds=5))
    world.pass_on()

    assert len(mail.accepted) == 2
    (notice,) = world.rows(purpose="cancelled")
    assert notice.held_at is not None


@pytest.mark.parametrize("decision", list(Decision))
def test_f29_somebody_decides(live: LiveWorld, backup, mail: MailServer, decision: Decision):
    world = live()
    booking = world.book(only_mail())
    world.courier.prepare(booking.id)
    restore = backup()
    world.pass_on()
    world.courier.guard.announce(anew=True)  # as every 20 seconds
    restore()
    world = live()
    world.pass_on()
    assert len(mail.accepted) == 1

    with world.database.begin() as session:
        done = resend_guard.decide(session, decision=decision)
        assert len(done) == 1
    world.pass_on()

    (row,) = world.rows(purpose="confirmation")
    released = decision is Decision.RELEASE
    assert len(mail.accepted) == (2 if released else 1)
    assert (row.state, row.reason) == (
        ("accepted", None) if released else ("cancelled", "discarded")
    )


def test_f29_without_a_restore_nothing_is_held_however_often_a_process_starts(
    live: LiveWorld, mail: MailServer
):
    for _ in range(3):
        world = live()
        world.book(only_mail())
        world.pass_on()

    assert len(mail.accepted) == 3
    with world.database.begin() as session:
        assert resend_guard.count(session) == 0


def test_f29_a_folder_that_cannot_be_written_stops_the_sending_and_loses_nothing(
    live: LiveWorld, mail: MailServer, tmp_path: Path
):
    (tmp_path / NAME).write_text("not a time\n", encoding="ascii")
    world = live()
    world.book(only_mail())

    world.pass_on()
    assert mail.accepted == []

    (tmp_path / NAME).unlink()
    world.make_due()
    world.pass_on()
    assert len(mail.accepted) >= 1


def test_f29_the_mark_is_only_ever_raised(tmp_path: Path):
    mark, now = Watermark(str(tmp_path)), utcnow()
    assert mark.read() is None

    mark.raise_to(now)
    mark.raise_to(now - timedelta(hours=1))

    assert mark.read() == now


def test_f29_the_page_lists_what_is_held_and_only_clinicians_decide(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    world.book(only_mail(name="Ash Moreau"))
    world.pass_on()
    world.make_due("reminder-24h")
    with world.database.begin() as session:
        assert resend_guard.hold_all(session) == 1
    clinician, desk = sign_in(world, Role.CLINICIAN), sign_in(world, Role.FRONT_DESK)

    listed, seen = page(clinician, "/staff/held"), page(desk, "/staff/held")

    assert "Ash Moreau" in listed
    assert "Do not send" in listed
    assert "Do not send" not in seen
    assert "1 held back" in page(desk)
    token = re.search(r'name="csrf_token" value="([^"]+)"', listed)
    assert token
    sent = {"csrf_token": token[1], "decision": "release"}
    refused = clinician.post("/staff/held", data=sent)
    assert refused.status_code == 422
    assert "Choose at least one message." in refused.text
    assert "Write why" in refused.text
    answer = clinician.post("/staff/held", data=sent | found(listed) | {"reason": "Asked them."})
    assert answer.status_code == 303
    assert "Nothing is held back" in page(clinician, "/staff/held")
    with world.database.begin() as session:
        (done,) = acts.latest(session, [Act.RELEASE])
    assert done.reason == "Asked them."


def found(listed: str) -> dict[str, str]:
    """The one message of the page, checked."""
    (one,) = re.findall(r'name="chosen" value="([^"]+)"', listed)
    return {"chosen": one}
