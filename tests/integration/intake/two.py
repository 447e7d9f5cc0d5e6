"""Two made-up people on the way to each other, and a clinician between them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.intake import jobs
from services.intake.couple_models import Addressee, Couple, Invitation
from services.intake.models import CommunicationRequest, QuestionnaireResponse
from services.intake.operations import (
    calls,
    communications,
    couples,
    personal_pages,
    policies,
    responses,
)
from services.intake.operations.links import Links
from services.intake.operations.readers import Reader
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import COUPLE, SECRET, sent
from tests.unit.intake.cases import VIGNETTES

LINKS = Links(secret_key=SECRET, origin="http://127.0.0.1:8000")
DANA = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)
B: dict[str, Any] = {
    name: value
    for name, value in VIGNETTES["V27"]["b"].items()
    if name not in ("invited_by_partner", "who_for", "attending")
}
B_AFRAID = {**B, "s_afraid": "yes"}
SEED = "the-same-seed-in-every-browser"
TO = {"inv_first_name": "Robin", "inv_email": "robin@example.org", "inv_ok": "yes"}


@dataclass
class Two:
    """What a test does, by the doors that people use."""

    app: Flask
    database: Database
    clinician: Browser

    def first(self, answers: dict[str, Any] = COUPLE, *, name: str = "Ada") -> "First":
        """A person who has sent the form, and asked for a joint meeting."""
        response_id, person_id = sent(self.database, answers, name)
        return First(two=self, response_id=response_id, person_id=person_id)

    def called(self, response_id: UUID) -> None:
        """The private call with this person has taken place."""
        with self.database.begin() as session:
            response = session.get_one(QuestionnaireResponse, response_id)
            calls.mark_done(session, response=response, reader=DANA, now=utcnow())

    def days(self, now: datetime) -> None:
        """What the worker does by itself at this time."""
        jobs.keep_days(self.database, LINKS, now=now)

    def staff(self, response_id: UUID, act: str, **values: str) -> TestResponse:
        """A clinician presses a button on an inquiry's page."""
        self.clinician.open("/i/any")  # any form's token will do
        token = self.clinician.page.text.split('name="csrf_token" value="')[1].split('"')[0]
        where = "tasks" if act in ("called", "lift") else "inquiries"
        return self.clinician.client.post(
            f"/staff/{where}/{response_id}/{act}", data={"csrf_token": token, **values}
        )

    def token_of(self, person_id: UUID) -> str:
        with self.database.begin() as session:
            return personal_pages.token_of(session, person_id=person_id, links=LINKS)

    def messages(self, person_id: UUID) -> list[tuple[str, str]]:
        """Purpose and link of everything that was to be sent to somebody, in order."""
        with self.database.begin() as session:
            rows = session.scalars(
                select(CommunicationRequest)
                .where(CommunicationRequest.person_id == person_id)
                .order_by(CommunicationRequest.requested_at)
            ).all()
            found = [communications.find(session, communication_id=row.id) for row in rows]
        return [(one.purpose, one.link) for one in found if one]

    def addressees(self) -> list[UUID]:
        with self.database.begin() as session:
            return list(session.scalars(select(Addressee.person_id)))

    def invited(self, link_token: str, answers: dict[str, Any] | None = None) -> Browser:
        """Somebody opens the link, begins, and fills in what is asked (all but the sending)."""
        browser = Browser(self.app)
        browser.open(f"/i/{link_token}")
        browser.send({})
        if answers is not None:
            browser.walk(answers)
        return browser


@dataclass
class First:
    """The first of the two."""

    two: Two
    response_id: UUID
    person_id: UUID

    @property
    def page(self) -> str:
        return f"/p/{self.two.token_of(self.person_id)}"

    def called(self) -> None:
        self.two.called(self.response_id)

    def may_invite(self, how: str = "share_link") -> "First":
        self.called()
        assert self.two.staff(self.response_id, "invitation", how=how).status_code == 303
        return self

    def browser(self) -> Browser:
        browser = Browser(self.two.app)
        browser.client.set_cookie("seed", SEED)
        return browser

    def invites(self, how: str = "share_link") -> str:
        """Lets the partner know; the token of the link."""
        self.may_invite(how)
        browser = self.browser()
        browser.open(f"{self.page}/link")
        browser.send(TO)
        assert browser.page.status_code == 200, browser.page.text
        return LINKS.invitation_token(self.invitation().id)

    def couple(self) -> Couple:
        with self.two.database.begin() as session:
            found = couples.of_response(session, response_id=self.response_id)
        assert found is not None
        return found

    def invitation(self) -> Invitation:
        with self.two.database.begin() as session:
            return session.scalars(
                select(Invitation)
                .join(Couple)
                .where(Couple.a_response_id == self.response_id)
                .order_by(Invitation.sent_at.desc())
            ).one()

    def second(self) -> UUID:
        """The response of whoever used the link."""
        found = self.couple().b_response_id
        assert found is not None
        return found

    def surfaces(self) -> list[Any]:
        """All that this person can see or be sent, without what is random in it."""
        browser = self.browser()
        seen: list[Any] = []
        for path in ("", "/link", "/paper"):
            page = browser.client.get(f"{self.page}{path}")
            headers = sorted((k, v) for k, v in page.headers.items() if k != "X-Request-ID")
            seen.append((page.status_code, self._plain(str(headers)), self._plain(page.text)))
        sent_out = self.two.messages(self.person_id)
        return [*seen, [(purpose, self._plain(link)) for purpose, link in sent_out]]

    def _plain(self, text: str) -> str:
        with self.two.database.begin() as session:
            response = session.get_one(QuestionnaireResponse, self.response_id)
            own = responses.booking_token(SECRET, response)
        for secret in (
            self.two.token_of(self.person_id),
            own,
            LINKS.invitation_token(self.invitation().id),
        ):
            text = text.replace(secret, "_")
        return text


def sign(two: Two, response_id: UUID, *, name: str = "A Name") -> None:
    """Somebody signs the policy on their own page, after a clinician has asked."""
    assert two.staff(response_id, "paper").status_code == 303
    with two.database.begin() as session:
        person_id = session.get_one(QuestionnaireResponse, response_id).person_id
    browser = Browser(two.app)
    browser.open(f"/p/{two.token_of(person_id)}/paper")
    browser.send({"name": name, "agree": True})
    assert browser.page.status_code == 200
    with two.database.begin() as session:
        assert policies.signature(session, person_id=person_id)


def later(days: float) -> datetime:
    """So many days from now, and a little."""
    return utcnow() + timedelta(days=days, seconds=5)


def take_back(browser: Browser, page: str) -> None:
    """Somebody takes the invitation back, on their own page."""
    browser.open(f"{page}/link")
    browser.send({})
    assert "You took it back" in browser.page.text
