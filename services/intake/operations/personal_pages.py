"""A page of one's own: where every neutral "you have an update" leads."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.couple_models import PersonalPage
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import communications
from services.intake.operations.links import Links
from shared.tokens import token_sha256

NEWS_LASTS: Final = timedelta(days=7)
"""An update that could not be sent for so long is not sent any more; the page says it anyway."""


def token_of(session: Session, *, person_id: UUID, links: Links) -> str:
    """The token of this person's page, which is there from now on. The same one each time."""
    row = session.get(PersonalPage, person_id)
    token = links.personal_token(person_id, row.generation if row else 1)
    if row is None:
        session.execute(
            insert(PersonalPage)
            .values(person_id=person_id, generation=1, token_sha256=token_sha256(token))
            .on_conflict_do_nothing()
        )
    return token


def find(session: Session, *, token: str) -> QuestionnaireResponse | None:
    """The sent form of the person whose page this token opens, or None."""
    return session.scalar(
        select(QuestionnaireResponse)
        .join(PersonalPage, PersonalPage.person_id == QuestionnaireResponse.person_id)
        .where(
            PersonalPage.token_sha256 == token_sha256(token),
            QuestionnaireResponse.status == ResponseStatus.COMPLETED,
        )
        .order_by(QuestionnaireResponse.completed_at.desc())
        .limit(1)
    )


def replace(session: Session, *, person_id: UUID, links: Links) -> str:
    """End the old link, for instance when somebody else has read it. Returns the new token."""
    token_of(session, person_id=person_id, links=links)
    row = session.get_one(PersonalPage, person_id, with_for_update=True)
    row.generation += 1
    token = links.personal_token(person_id, row.generation)
    row.token_sha256 = token_sha256(token)
    session.flush()
    return token


def tell(session: Session, *, person_id: UUID, links: Links, now: datetime) -> None:
    """Say that there is something new on the page, in the same words whatever it is."""
    token = token_of(session, person_id=person_id, links=links)
    communications.request(
        session,
        person_id=person_id,
        purpose="update",
        link=links.personal(token),
        not_after=now + NEWS_LASTS,
    )
