"""A worker is killed at every named step (delivery.md, W4 to W8): nobody gets nothing, or twice."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from services.notifier.models import Notification
from services.notifier.operations import attempts, claims, outcomes
from services.simulators.mail import Certificate, MailServer
from services.simulators.twilio import TwilioSimulator
from tests.conftest import environment_for
from tests.integration.notifier.world import Someone, World

ROOT = Path(__file__).parents[3]
KILLED = 9

Kill = Callable[[World, UUID, str], None]


def environment(world: World, database_url: str, **more: str) -> dict[str, str]:
    """What a worker process of this world is started with."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **environment_for("notifier", database_url),
        "PYTHONPATH": str(ROOT),
        "INTAKE_URL": world.neighbours.url("intake"),
        "SCHEDULER_URL": world.neighbours.url("scheduler"),
        "SMTP_BAA": "signed 2026-05-01 by Priya Raman",
        "TWILIO_BAA": "signed 2026-05-01 by Priya Raman",
        **more,
    }


def errand(env: dict[str, str], id_: UUID) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.notifier.errand", "deliver", str(id_)]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE)


def killed_at(step: str, env: dict[str, str], row: Notification) -> None:
    """Run the delivery in another process that dies at `step`, then let its lease run out."""
    process = errand(env | {"FAILPOINT": step}, row.id)
    process.communicate(timeout=60)
    assert process.returncode == KILLED


def the_confirmation(world: World) -> Notification:
    (row,) = world.rows(purpose="confirmation")
    return row


def a_waiting_confirmation(world: World, channel: str) -> Notification:
    booking = world.book(Someone(channels=(channel,)))
    world.courier.prepare(booking.id)
    return the_confirmation(world)


STEPS = {
    "after-claim": "W4",
    "after-open": "W5",
    "after-accept": "W6",
    "after-record": "W7",
}


@pytest.mark.parametrize("step", STEPS, ids=STEPS.values())
def test_a_kill_at_any_step_leaves_one_message_in_the_mailbox_f2(
    world: World, database_url: str, step: str
):
    row = a_waiting_confirmation(world, "email")

    killed_at(step, environment(world, database_url), row)
    world.let_leases_lapse()
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email")]
    assert the_confirmation(world).state == "accepted"


SMTP_STEPS = {
    "after-claim": ("W4", 1),
    "after-open": ("W5", 1),
    "after-handing-over": ("before the dot", 1),
    # Taken, and nobody was left to hear it: a repeat under the same Message-ID is cheaper than a
    # no-show, and the recipient's server can tell it by that (delivery.md, reconcile by channel).
    "after-accept": ("W6", 2),
    "after-record": ("W7", 1),
}


@pytest.mark.parametrize(("step", "copies"), [(step, n) for step, (_, n) in SMTP_STEPS.items()])
def test_a_kill_at_any_step_reaches_the_mail_server_under_one_id_f2(
    smtp_world: World,
    database_url: str,
    mail: MailServer,
    certificate: Certificate,
    impatient: None,
    step: str,
    copies: int,
):
    row = a_waiting_confirmation(smtp_world, "email")
    env = environment(
        smtp_world,
        database_url,
        DELIVERY="live",
        SMTP_URL=f"smtp://localhost:{mail.port}",
        SMTP_CA_FILE=str(certificate.path),
    )

    killed_at(step, env, row)
    smtp_world.let_leases_lapse()
    smtp_world.pass_on()

    assert len(mail.accepted) == copies
    assert len({accepted.mail["Message-ID"] for accepted in mail.accepted}) == 1
    assert the_confirmation(smtp_world).state == "accepted"


@pytest.mark.parametrize(
    "step", ["after-claim", "after-open", "after-handing-over", "after-accept", "after-record"]
)
def test_a_kill_at_any_step_sends_one_text_f2(
    twilio_world: World, database_url: str, texts: TwilioSimulator, impatient: None, step: str
):
    row = a_waiting_confirmation(twilio_world, "sms")
    env = environment(
        twilio_world,
        database_url,
        DELIVERY="live",
        TWILIO_URL=texts.url,
        TWILIO_ACCOUNT_SID=texts.account_sid,
        TWILIO_AUTH_TOKEN=texts.auth_token,
        TWILIO_FROM="+19145550100",
    )

    killed_at(step, env, row)
    twilio_world.let_leases_lapse()
    twilio_world.pass_on()
    twilio_world.make_due("confirmation")
    twilio_world.pass_on()

    assert len(texts.taken) == 1
    assert the_confirmation(twilio_world).state == "accepted"


def test_a_worker_that_slept_through_its_lease_does_not_hand_over_w8_f3(
    smtp_world: World, mail: MailServer
):
    """It wakes up before the dot, finds the fence moved, and leaves the rest to its successor."""
    row = a_waiting_confirmation(smtp_world, "email")
    with smtp_world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None
    with smtp_world.database.begin() as session:
        sleeper = attempts.open_attempt(session, claim=claim, settings=smtp_world.settings)
    assert sleeper is not None
    smtp_world.let_leases_lapse()
    smtp_world.pass_on()
    assert len(mail.accepted) == 1

    smtp_world.courier._hand_over(sleeper)

    assert len(mail.accepted) == 1
    assert the_confirmation(smtp_world).state == "accepted"


def test_an_answer_that_comes_after_the_lease_is_read_by_the_next_owner_w8(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    row = a_waiting_confirmation(world, "email")
    with world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None
    with world.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=world.settings)
    assert dispatch is not None
    answer = world.courier.providers["mailbox"].send(
        dispatch.message, attempt_id=dispatch.attempt_id, handing_over=lambda: None
    )
    world.let_leases_lapse()
    with world.database.begin() as session:
        successor = claims.claim(session, notification_id=row.id)
    assert successor is not None

    with world.database.begin() as session:
        outcomes.finish(session, dispatch=dispatch, answer=answer, jitter=0)
    before = the_confirmation(world).state
    with world.database.begin() as session:
        then, _ = outcomes.settle(session, claim=successor, jitter=0)

    assert (before, then) == ("claimed", "done")
    assert the_confirmation(world).state == "accepted"
    assert the_confirmation(world).tries == 1
