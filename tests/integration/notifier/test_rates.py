"""How much leaves in how much time, counted in the database: what has to wait goes out later."""

import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import update

from services.notifier.carrier_models import TokenBucket
from services.notifier.domain.rates import Rate
from services.notifier.operations import rates
from services.notifier.settings import Settings
from services.simulators.carrier import Reply
from services.simulators.mail import MailServer
from services.simulators.twilio import TwilioSimulator
from shared.db import Database, database_now
from shared.settings import BadSetting
from tests.conftest import environment_for
from tests.integration.notifier.test_carriers import book, confirmations
from tests.integration.notifier.world import Someone, World
from tests.journeys.suite import ROOT

TAKES = """
import sys
from datetime import timedelta
from services.notifier.domain.rates import Rate
from services.notifier.operations import rates
from services.notifier.settings import Settings
from shared.db import database_now
from shared.process import open_database
database = open_database(Settings.from_env())
rate = {"a": Rate(many=30, within=timedelta(days=1)), "b": Rate(many=1000, within=timedelta(1))}
taken = 0
for _ in range(40):
    with database.begin() as session:
        taken += not rates.take_turn(session, rate, now=database_now(session))
print(taken)
"""


def live(make_world, mail: MailServer, certificate, **limits: str) -> World:
    return make_world(
        DELIVERY="live",
        SMTP_URL=f"smtp://localhost:{mail.port}",
        SMTP_CA_FILE=str(certificate.path),
        **limits,
    )


def mail_to(world: World, *names: str) -> None:
    for name in names:
        world.book(Someone(channels=("email",), email=f"{name}@example.org"))
    world.pass_on()


def let_time_pass(world: World) -> None:
    with world.database.begin() as session:
        session.execute(update(TokenBucket).values(at=TokenBucket.at - timedelta(hours=1)))


def test_two_processes_share_a_bucket_and_take_no_more_than_it_holds(
    database_url: str, notifier_db: Database
):
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TAKES],
            cwd=ROOT,
            env=environment_for("notifier", database_url),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    taken = [int(one.communicate(timeout=60)[0].split()[-1]) for one in both]

    assert sum(taken) == 30
    with notifier_db.begin() as session:
        assert {row.name: round(row.left) for row in session.query(TokenBucket)} == {
            "a": 0,
            "b": 970,
        }


@pytest.mark.parametrize("limit", ["SEND_PER_MINUTE", "SEND_PER_PROVIDER_MINUTE"])
def test_what_is_more_than_may_leave_waits_has_used_up_no_try_and_goes_out_in_its_turn(
    make_world, mail: MailServer, certificate, limit: str
):
    many = "2" if limit == "SEND_PER_MINUTE" else "smtp=2"
    world = live(make_world, mail, certificate, **{limit: many})

    mail_to(world, "rowan", "ash", "kit")

    assert len(mail.accepted) == 2
    assert confirmations(world).count(("scheduled", "enough-for-now", 0)) == 1
    let_time_pass(world)
    world.make_due("confirmation")
    world.pass_on()
    assert len(mail.accepted) == 3


def test_one_address_that_has_had_enough_holds_up_nobody_else(
    make_world, mail: MailServer, certificate
):
    world = live(make_world, mail, certificate, SEND_PER_ADDRESS_HOUR="1")

    mail_to(world, "rowan", "rowan", "ash")

    assert sorted(row.recipients[0] for row in mail.accepted) == [
        "ash@example.org",
        "rowan@example.org",
    ]


def test_a_turn_is_not_taken_by_what_does_not_leave(
    make_world, texts: TwilioSimulator, world: World
):
    busy = make_world(DELIVERY="live", SEND_PER_MINUTE="3", **texts.settings())
    texts.script.append(Reply(429, 20429, headers={"Retry-After": "300"}))

    book(busy, 20, 21, 22)

    with busy.database.begin() as session:
        (practice,) = [row for row in session.query(TokenBucket) if row.name == "practice"]
        assert round(practice.left) == 2  # the others waited for the carrier


def test_what_stays_here_is_not_counted(world: World):
    mail_to(world, *["rowan"] * 3)

    with world.database.begin() as session:
        assert session.query(TokenBucket).count() == 0


def test_a_bucket_that_is_full_again_is_forgotten(notifier_db: Database):
    with notifier_db.begin() as session:
        now = database_now(session)
        rates.take_turn(session, {"a": Rate(many=1, within=timedelta(hours=1))}, now=now)
        rates.forget(session, now=now)
        assert session.query(TokenBucket).count() == 1
        rates.forget(session, now=now + timedelta(days=2))
        assert session.query(TokenBucket).count() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEND_PER_MINUTE", "-1"),
        ("SEND_PER_PROVIDER_MINUTE", "pigeon=3"),
        ("SEND_PER_PROVIDER_MINUTE", "smtp=0"),
        ("SEND_PER_ADDRESS_HOUR", "-5"),
    ],
)
def test_a_limit_that_can_not_be_read_is_named(name: str, value: str):
    with pytest.raises(BadSetting, match=name):
        Settings.from_env(environment_for("notifier", "postgresql:///nowhere", {name: value}))
