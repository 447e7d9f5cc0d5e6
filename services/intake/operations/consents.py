"""The consent ledger: a line for each that was asked, and one more when its address changes."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import Item
from services.intake.models import Consent, QuestionnaireResponse
from services.intake.operations import audit, questionnaires
from services.intake.operations.forms import Form
from services.intake.operations.readers import Reader
from shared.crypto import seal

_FOR: Final = {"email": "c_email", "phone": "c_sms"}
_EVIDENCE: Final = {"email": "email", "phone": "phone_e164"}


def record(
    session: Session,
    form: Form,
    item: Item,
    *,
    said: Value,
    sent_from: Mapping[str, object],
    now: datetime,
) -> None:
    """What the law wants to see of a consent (`record` of c_sms), for each of them."""
    row = Consent(
        id=uuid4(),
        person_id=form.response.person_id,
        response_id=form.response.id,
        link_id=item.id,
        text_version=form.screener.version,
        text_sha256=hashlib.sha256(item.text.encode()).hexdigest(),
        locale=form.screener.locale,
        said_at=now,
    )
    row.evidence_sealed = seal(
        session,
        subject_id=row.person_id,
        place=f"consent.evidence_sealed:{row.id}",
        value={
            "said": said,
            "email": form.answers.get("email"),
            "phone_e164": form.answers.get("phone"),
            **sent_from,
        },
    )
    session.add(row)


def note_new_address(
    session: Session,
    *,
    person_id: UUID,
    changed: Mapping[str, str],
    agreed: Collection[str],
    reader: Reader,
    now: datetime,
) -> None:
    """The consent that was given for the old address is over (L27).

    For mail the person may have said yes to the new one, with the words read to them.
    """
    if changed:
        audit.note(session, reader=reader, act="change-address", person_id=person_id)
    response = session.scalar(
        select(QuestionnaireResponse)
        .where(
            QuestionnaireResponse.person_id == person_id,
            QuestionnaireResponse.completed_at.is_not(None),
        )
        .order_by(QuestionnaireResponse.completed_at.desc())
        .limit(1)
    )
    if response is None:
        return
    screener = questionnaires.of_response(session, response)
    for address in sorted(changed):
        item = screener.items[_FOR[address]]
        row = Consent(
            id=uuid4(),
            person_id=person_id,
            response_id=response.id,
            link_id=item.id,
            text_version=screener.version,
            text_sha256=hashlib.sha256(item.text.encode()).hexdigest(),
            locale=screener.locale,
            said_at=now,
        )
        row.evidence_sealed = seal(
            session,
            subject_id=person_id,
            place=f"consent.evidence_sealed:{row.id}",
            value={
                "said": address == "email" and "email" in agreed,
                "because": f"new {address}",
                _EVIDENCE[address]: changed[address],
                "told": reader.name,
            },
        )
        session.add(row)
    session.flush()
