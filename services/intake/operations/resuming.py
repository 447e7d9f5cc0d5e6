"""Going on later by a link: sent where it is safe and agreed, withdrawn when of no more use."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.intake.models import CommunicationRequest, QuestionnaireResponse, ResponseStatus
from services.intake.operations import communications, consents, contacts, forms
from services.intake.operations.forms import Form
from shared.db import database_now
from shared.tokens import new_token, token_sha256

CONSENT_FOR: Final = {"email": "c_email", "sms": "c_sms"}
A_DAY: Final = 3
"""So many links a day: a form that anyone may begin must not be a way to flood a mailbox."""


class NothingAgreed(Exception):
    """No way was named that is both safe and agreed to."""


class EnoughLinks(Exception):
    """There were several today already."""


def ways(form: Form) -> dict[str, str]:
    """Where a link may be offered to be sent: channel -> address, each said to be safe (L20)."""
    said, found = form.answers, {}
    for channel, address, safe in (("email", "email", "email_safe"), ("sms", "phone", "text_safe")):
        if address in said and said.get(safe) == "yes":
            found[channel] = str(said[address])
    return found


def send_link(
    session: Session,
    form: Form,
    *,
    agreed: Collection[str],
    sent_from: Mapping[str, object],
    page: str,
    kept_for: timedelta,
) -> None:
    """Send a link by the ways `agreed` to (L20, L22); the one before opens nothing any more.

    `form` must have been found `for_change`. `page` is the absolute address that the token ends.
    Raises NothingAgreed, EnoughLinks.
    """
    channels = [way for way in ways(form) if way in agreed]
    if not channels:
        raise NothingAgreed
    response, now = form.response, database_now(session)
    if _sent_since(session, response, now - timedelta(days=1)) >= A_DAY:
        raise EnoughLinks
    for way in channels:
        item = form.screener.items[CONSENT_FOR[way]]
        consents.record(session, form, item, said=True, sent_from=sent_from, now=now)
    zone = sent_from.get("zone")
    contacts.keep(session, form, channels=channels, zone=str(zone) if zone else None)
    communications.withdraw(session, person_id=response.person_id, purpose="resume")
    token = new_token()
    response.resume_sha256, response.resume_until = token_sha256(token), now + kept_for
    communications.request(
        session,
        person_id=response.person_id,
        purpose="resume",
        link=page + token,
        not_after=response.resume_until,
    )


def find(session: Session, *, token: str, for_change: bool = False) -> Form | None:
    """The form that this link still opens, or None."""
    query = select(QuestionnaireResponse).where(
        QuestionnaireResponse.resume_sha256 == token_sha256(token),
        QuestionnaireResponse.resume_until > func.clock_timestamp(),
        QuestionnaireResponse.status == ResponseStatus.IN_PROGRESS,
    )
    response = session.scalar(query.with_for_update() if for_change else query)
    return forms.form_of(session, response) if response else None


def move_here(form: Form, *, token: str) -> None:
    """From now on this browser's token opens the form, and no longer the one it was begun with."""
    form.response.token_sha256 = token_sha256(token)


def settle(session: Session, form: Form) -> None:
    """Once an address is changed, or not safe any more, nothing is sent there and no link opens."""
    if form.response.resume_sha256 is None:
        return
    card = contacts.card(session, person_id=form.response.person_id)
    safe = ways(form)
    used = {} if card is None else {"email": card.email, "sms": card.phone}
    if any(safe.get(way) != address for way, address in used.items() if address is not None):
        withdraw(session, form)
        contacts.narrow(session, person_id=form.response.person_id, keep=())


def withdraw(session: Session, form: Form) -> None:
    """The link is of no more use: it opens nothing, and what was not sent yet is not sent."""
    form.response.resume_sha256 = form.response.resume_until = None
    communications.withdraw(session, person_id=form.response.person_id, purpose="resume")


def _sent_since(session: Session, response: QuestionnaireResponse, since: datetime) -> int:
    return session.scalars(
        select(func.count())
        .select_from(CommunicationRequest)
        .where(
            CommunicationRequest.person_id == response.person_id,
            CommunicationRequest.purpose == "resume",
            CommunicationRequest.requested_at > since,
        )
    ).one()
