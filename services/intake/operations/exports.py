"""A person's own record as one document, for the person alone (45 CFR 164.524; L15, L17).

In it: what the person wrote, sealed answers too (intake answers are no psychotherapy notes), with
what they said before; consents and policies signed; what the form suggested, since care was decided
by it; contacts; requests and changes asked for; authorizations; documents that came in. Not in it:
anything of another person, staff's private notes, which are kept apart from the record, and who
read what, which is a list of its own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.couple_models import PolicySignature
from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import Item, Screener
from services.intake.models import Answer, Consent, QuestionnaireResponse
from services.intake.operations import (
    audit,
    authorizations,
    contacts,
    decisions,
    documents,
    estimates,
    forms,
    questionnaires,
    record_requests,
)
from services.intake.operations.readers import Reader
from services.intake.operations.record_requests import Request
from shared.crypto import unseal

PART: Final = "export"

HELD_BACK: Final = (
    "This part is held back: a licensed professional found that it could endanger somebody. "
    "You may ask for a review by another one."
)

ABOUT_ONESELF: Final = frozenset(("name_used", "pronouns"))
"""Short texts in which nobody else is named; every other text is read before it goes out."""


class NotReviewed(Exception):
    """Some text of the record has not been read for what it says of others (L17)."""


@dataclass(frozen=True, kw_only=True)
class FreeText:
    """A text in the person's own words, to be read before the record goes out."""

    key: str
    question: str
    text: str


def texts(session: Session, request: Request) -> list[FreeText]:
    """Every text in this record that may name somebody else. Record the reading before (L04)."""
    found = [
        FreeText(key=f"answer:{row.id}", question=item.text, text=str(value))
        for response in _responses(session, request.person_id)
        for item, row, value in _answers(session, response)
        if item.type == "text" and item.id not in ABOUT_ONESELF
    ]
    found.extend(
        FreeText(
            key=f"amendment:{other.id}",
            question="A change the person asked for",
            text=other.details["text"],
        )
        for other in record_requests.of_person(session, person_id=request.person_id)
        if other.kind == "amendment"
    )
    return found


def review(session: Session, request: Request, *, keys: Iterable[str], reader: Reader) -> bool:
    """A clinician has read these texts, and they may go out. Returns whether all are read now.

    What was held back before and is named here goes out after all.
    """
    if not reader.clinical:
        raise record_requests.NotLicensed
    read = _known(session, request, keys)
    record_requests.act(session, request, name="reviewed", reader=reader, keys=read)
    return not unread(session, request)


def hold_back(
    session: Session,
    request: Request,
    *,
    keys: Iterable[str],
    reader: Reader,
    license_number: str,
    ground: str,
) -> bool:
    """A licensed professional keeps these texts out of the copy; the rest of it is given.

    A denial of a part (45 CFR 164.524(d)(1)): recorded like one of the whole (L16). Returns whether
    all texts are read now. Raises NotLicensed.
    """
    record_requests.require_license(reader, license_number)
    record_requests.act(
        session,
        request,
        name="held-back",
        reader=reader,
        keys=_known(session, request, keys),
        license=license_number,
        ground=ground,
    )
    return not unread(session, request)


def _known(session: Session, request: Request, keys: Iterable[str]) -> list[str]:
    return sorted(set(keys) & {text.key for text in texts(session, request)})


def unread(session: Session, request: Request) -> list[FreeText]:
    """The texts that nobody has marked as read for this request."""
    read = _marked(session, request)
    return [text for text in texts(session, request) if text.key not in read]


def _marked(session: Session, request: Request) -> dict[str, str]:
    """Text by text what was said of it last: "reviewed" or "held-back"."""
    return {
        key: act.act
        for act in record_requests.acts(session, request)
        if act.act in ("reviewed", "held-back")
        for key in act.details["keys"]
    }


def make(
    session: Session,
    request: Request,
    *,
    appointments: Sequence[Mapping[str, Any]],
    reader: Reader,
    reason: str,
    now: datetime,
    today: date,
) -> dict[str, Any]:
    """The whole record as JSON-able values. That it was made is recorded first (L04).

    `appointments` come from the scheduler, which the caller asks. Raises NotOpen for a request that
    is no open one for access, NotLicensed for the front desk, NotReviewed.
    """
    if not reader.clinical:
        raise record_requests.NotLicensed
    if request.kind != "access" or not request.open:
        raise record_requests.NotOpen
    found = _responses(session, request.person_id)
    for response in found:
        audit.record(session, reader=reader, response_id=response.id, parts=[PART], reason=reason)
    if unread(session, request):
        raise NotReviewed
    record_requests.act(session, request, name="exported", reader=reader)
    held = {key for key, mark in _marked(session, request).items() if mark == "held-back"}
    going = documents.allowed(
        session, person_id=request.person_id, use="release", recipient=None, on=today
    )
    return {
        "made_at": now.isoformat(),
        "made_by": reader.name,
        "forms": [_form(session, response, held) for response in found],
        "consents": _consents(session, request.person_id),
        "policies_signed": _policies(session, request.person_id),
        "contacts": contacts.history(session, person_id=request.person_id),
        "appointments": list(appointments),
        "requests": _requests(session, request.person_id, held),
        "authorizations": _authorizations(session, request.person_id),
        "documents": [
            {
                "title": each.title,
                "from": each.sender,
                "received_on": each.received_on.isoformat(),
            }
            for each in going.documents
        ],
        "documents_held_back": going.held_back,
        "estimates": _estimates(session, request.person_id),
        "left_out": (
            "Private notes of clinicians, which are kept apart from the record; the list of who "
            "has read what, which you can ask for; anything about other people."
        ),
    }


def _responses(session: Session, person_id: UUID) -> list[QuestionnaireResponse]:
    query = select(QuestionnaireResponse).where(QuestionnaireResponse.person_id == person_id)
    return list(session.scalars(query.order_by(QuestionnaireResponse.started_at)))


def _answers(session: Session, response: QuestionnaireResponse) -> list[tuple[Item, Answer, Value]]:
    """Each answer in the form's order, what counts first and what it replaced after it."""
    items = questionnaires.of_response(session, response).items
    rows = session.scalars(
        select(Answer)
        .where(Answer.response_id == response.id)
        .order_by(Answer.superseded_at.desc().nulls_first())
    )
    place = {name: number for number, name in enumerate(items)}
    return [
        (items[row.link_id], row, forms.opened(session, response.person_id, row))
        for row in sorted(rows, key=lambda row: place[row.link_id])
    ]


def _form(
    session: Session, response: QuestionnaireResponse, held: Collection[str]
) -> dict[str, Any]:
    screener = questionnaires.of_response(session, response)
    return {
        "form_version": screener.version,
        "started_at": response.started_at.isoformat(),
        "sent_at": response.completed_at.isoformat() if response.completed_at else None,
        "answers": [
            {
                "section": screener.section_of[item.id].title,
                "question": item.text,
                "answer": HELD_BACK if f"answer:{row.id}" in held else item.label(value),
                "answered_at": row.answered_at.isoformat(),
                "replaced_at": row.superseded_at.isoformat() if row.superseded_at else None,
            }
            for item, row, value in _answers(session, response)
            if not item.consent
        ],
        "decision": _decision(session, response, screener),
    }


def _decision(
    session: Session, response: QuestionnaireResponse, screener: Screener
) -> dict[str, Any] | None:
    """What the form suggested and why: used to decide about care, so part of the record [K]."""
    decision = decisions.so_far(session, response)
    if decision is None:
        return None
    return {
        "track": decision["track"],
        "rule": decision["rule"],
        "reason": decision["reason"],
        "flags": dict(decision["flag_reasons"]),
        "priority": decision["priority"],
        "shown_to_you": screener.client_text[decision["public_key"]].heading,
    }


def _consents(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.said_at)
    )
    words = {
        response.id: questionnaires.of_response(session, response).items
        for response in _responses(session, person_id)
    }
    return [
        {
            "consent": row.link_id,
            "text": words[row.response_id][row.link_id].text,
            "text_version": row.text_version,
            "text_sha256": row.text_sha256,
            "said_at": row.said_at.isoformat(),
            **unseal(
                session,
                subject_id=person_id,
                place=f"consent.evidence_sealed:{row.id}",
                sealed=row.evidence_sealed,
            ),
        }
        for row in rows
    ]


def _estimates(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """What was given of these: bills and estimates belong to the record, too (164.501)."""
    found = []
    for row in estimates.delivered(session, person_id=person_id):
        charges = estimates.charges(session, row)
        if charges is not None and row.delivered_at is not None:
            found.append({"given_at": row.delivered_at.isoformat(), **asdict(charges)})
    return found


def _policies(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(PolicySignature)
        .where(PolicySignature.person_id == person_id)
        .order_by(PolicySignature.signed_at)
    )
    return [
        {
            "policy": row.policy,
            "text_version": row.text_version,
            "text_sha256": row.text_sha256,
            "signed_at": row.signed_at.isoformat(),
        }
        for row in rows
    ]


def _requests(session: Session, person_id: UUID, held: Collection[str]) -> list[dict[str, Any]]:
    return [
        {
            "kind": request.kind,
            "state": request.state,
            "received_on": request.received_on.isoformat(),
            "details": HELD_BACK if f"amendment:{request.id}" in held else dict(request.details),
            "acts": [
                {"act": act.act, "at": act.at.isoformat(), **_sayable(request.kind, act.details)}
                for act in record_requests.acts(session, request)
            ],
        }
        for request in record_requests.of_person(session, person_id=person_id)
    ]


def _sayable(kind: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """What was decided and on which ground. What a clinician wrote about a danger stays inside."""
    said = ("ground", "way") if kind == "access" else ("ground", "way", "words")
    return {name: details[name] for name in said if name in details}


def _authorizations(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            **asdict(each),
            "id": str(each.id),
            "given_on": each.given_on.isoformat(),
            "expires_on": each.expires_on.isoformat(),
        }
        for each in authorizations.of_person(session, person_id=person_id)
    ]
