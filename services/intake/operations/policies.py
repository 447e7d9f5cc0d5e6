"""The written policy on private information: asked for by a clinician, signed by each person (L12).

Nothing that was written in the form before comes under it, and the text says so. A new version, or
the practice's other policy, asks for a new signature.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.couple_models import PolicyRequest, PolicySignature
from services.intake.domain.policy_text import PolicyText, read_policies
from services.intake.models import QuestionnaireResponse
from services.intake.operations import audit, personal_pages, practice
from services.intake.operations.links import Links
from services.intake.operations.readers import Reader
from services.intake.operations.responses import Sender
from shared.crypto import seal

SHIPPED: Final = Path(__file__).parents[1] / "questionnaires" / "private_information.en.yaml"


class NotAsked(Exception):
    """Nobody has asked this person to sign anything."""


@cache
def shipped() -> Mapping[str, PolicyText]:
    """The policies that come with this version of the software."""
    return read_policies(SHIPPED.read_text(encoding="utf-8"))


def current(session: Session) -> PolicyText:
    """The policy that the practice has chosen, in its present words."""
    return shipped()[practice.current(session).private_information_policy]


def ask(
    session: Session,
    *,
    response: QuestionnaireResponse,
    reader: Reader,
    links: Links,
    now: datetime,
) -> None:
    """Put the paper on this person's page, and say that there is something new there."""
    values = {
        "asked_at": now,
        "asked_by": reader.account_id,
        "asked_by_name": reader.name,
    }
    session.execute(
        insert(PolicyRequest)
        .values(person_id=response.person_id, **values)
        .on_conflict_do_update(index_elements=[PolicyRequest.person_id], set_=values)
    )
    audit.note(session, reader=reader, act="ask-to-sign", response_id=response.id)
    personal_pages.tell(session, person_id=response.person_id, links=links, now=now)


def asked(session: Session, *, person_id: UUID) -> bool:
    """Whether a clinician has put the paper on this person's page."""
    return session.get(PolicyRequest, person_id) is not None


def signature(session: Session, *, person_id: UUID) -> PolicySignature | None:
    """This person's signature under the policy as it reads now."""
    return session.scalar(
        select(PolicySignature)
        .where(
            PolicySignature.person_id == person_id,
            PolicySignature.text_sha256 == current(session).sha256,
        )
        .order_by(PolicySignature.signed_at)
        .limit(1)
    )


def sign(
    session: Session, *, person_id: UUID, sha256: str, name: str, sender: Sender, now: datetime
) -> bool:
    """Keep that this person agrees to the words with this hash; False: they are not current.

    Twice is once. Raises NotAsked.
    """
    request = session.get(PolicyRequest, person_id, with_for_update=True)
    if request is None:
        raise NotAsked
    text = current(session)
    if text.sha256 != sha256:
        return False
    if signature(session, person_id=person_id) is None:
        session.add(_signature(session, person_id, text, name=name, sender=sender, now=now))
        session.flush()
    return True


def _signature(
    session: Session, person_id: UUID, text: PolicyText, *, name: str, sender: Sender, now: datetime
) -> PolicySignature:
    row = PolicySignature(
        id=uuid4(),
        person_id=person_id,
        policy=text.name,
        text_version=text.version,
        text_sha256=text.sha256,
        signed_at=now,
    )
    row.evidence_sealed = seal(
        session,
        subject_id=person_id,
        place=f"policy_signature.evidence_sealed:{row.id}",
        value={"agreed": True, "name": name, "locale": text.locale, **asdict(sender)},
    )
    return row
