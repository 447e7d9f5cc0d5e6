"""`softstart simulate`: the carriers and the mail server that a practice tries things out with."""

import os
import re
import smtplib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from services.given import BadInput
from services.notifier.domain.servers import SmtpServer
from services.notifier.models import IncomingText
from services.simulate import text_in
from services.simulators import mail
from services.simulators.carrier import Carrier
from services.simulators.mail import MailServer, serving
from services.simulators.recipients import MAILBOXES, MEANINGS
from services.simulators.sinch import SinchSimulator
from services.simulators.twilio import TwilioSimulator
from tests.integration.notifier.world import World

A_MAIL = "Subject: Your time\r\nContent-Type: text/plain\r\n\r\nTomorrow at 10:30 am.\r\n"
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_one_command_plays_carriers_and_a_mail_server_and_says_with_which_settings():
    command = [sys.executable, "-m", "services", "simulate", "--port", "18431"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "To text the practice" in line:
                break
        settings = dict(re.findall(r"export (\w+)=(\S+)", "".join(said)))
        answer = requests.get(
            f"{settings['SINCH_URL']}/xms/v1/{settings['SINCH_SERVICE_PLAN_ID']}/batches",
            headers={"Authorization": f"Bearer {settings['SINCH_API_TOKEN']}"},
            timeout=5,
        )
        stranger = requests.get(settings["TWILIO_URL"], timeout=5)
        server = SmtpServer.from_url(settings["SMTP_URL"])
        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            client.sendmail("us@practice.example", ["sam@clients.example"], A_MAIL)
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                client.sendmail("us@practice.example", ["gone@clients.example"], A_MAIL)
        shown = [process.stdout.readline() for _ in range(3)]
        process.terminate()

    assert answer.json()["batches"] == []
    assert stranger.status_code == 401
    assert "555-0163  the phone is off" in "".join(said)
    assert "mail > sam@clients.example: Your time\n" in shown
    assert refused.value.recipients["gone@clients.example"][0] == 550


@pytest.mark.parametrize(
    ("name", "answer"),
    [("gone", 550), ("full", 452), ("filtered", 554), ("grey", 451), ("drops", None), ("sam", 250)],
)
def test_what_becomes_of_a_mail_is_in_its_name(name: str, answer: int | None) -> None:
    address = f"{name}+1@clients.example"
    with (
        serving(MailServer(plays_recipients=True)) as server,
        smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client,
    ):
        try:
            client.sendmail("us@practice.example", [address], A_MAIL)
            said: int | None = 250
        except smtplib.SMTPRecipientsRefused as refused:
            said = refused.recipients[address][0]
        except smtplib.SMTPServerDisconnected:
            said = None
        assert (said, len(server.accepted)) == (answer, answer in {250, None})


def test_a_mailbox_that_wants_to_see_a_stranger_twice_takes_the_mail_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "GREY", timedelta(0))
    with (
        serving(MailServer(plays_recipients=True)) as server,
        smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client,
    ):
        client.sendmail("us@practice.example", ["grey@clients.example"], A_MAIL)

    assert len(server.accepted) == 1


def test_what_is_typed_there_comes_in_by_the_real_door(
    served_by_both: World, texts: TwilioSimulator, sinch: SinchSimulator
):
    carriers: dict[str, Carrier] = {"twilio": texts, "sinch": sinch}
    suite = served_by_both.settings.public_url

    assert "(200)" in text_in(carriers, "+19145550119 STOP\n", suite=suite)
    assert "(204)" in text_in(carriers, "sinch +19145550120 help me", suite=suite)
    with pytest.raises(BadInput, match="Type a number"):
        text_in(carriers, "hello", suite=suite)
    with pytest.raises(BadInput, match="Nobody answers"):
        text_in(carriers, "+19145550119 STOP", suite="http://127.0.0.1:1")

    with served_by_both.database.begin() as session:
        kinds = session.scalars(select(IncomingText.kind).order_by(IncomingText.received_at)).all()
    assert kinds == ["stop", "other"]


def test_the_manual_names_each_number_with_a_meaning():
    manual = OPERATIONS.read_text(encoding="utf-8")

    written = re.findall(r"^\| 555-01(\d\d) \| (.+) \|$", manual, re.MULTILINE)
    assert dict(written) == dict(MEANINGS)
    assert dict(re.findall(r"^\| (\w+)@ \| (.+) \|$", manual, re.MULTILINE)) == dict(MAILBOXES)
