"""Which form is in use, and every form that was ever answered.

A version that the practice has published stands until it publishes the next one; without any, the
form that comes with the software is in use. The database decides, so that every process agrees.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain.definition import load
from services.intake.domain.questionnaire import Config, Screener
from services.intake.models import Questionnaire, QuestionnaireResponse, ScreenerVersion
from services.intake.operations import practice

SHIPPED: Final = Path(__file__).parents[1] / "questionnaires" / "screener.en.yaml"
_MOST: Final = 32

_read: dict[str, Screener] = {}  # by the SHA-256 of the very words, which never change


@cache
def shipped_text() -> str:
    """The definition that comes with this version of the software."""
    return SHIPPED.read_text(encoding="utf-8")


def shipped() -> Screener:
    """The form that comes with this version of the software. Raises BadDefinition."""
    return load(shipped_text())


def current(session: Session) -> Screener:
    """The form that people begin now. Raises BadDefinition."""
    newest = session.scalar(
        select(ScreenerVersion.sha256).order_by(ScreenerVersion.number.desc()).limit(1)
    )
    return shipped() if newest is None else by_sha256(session, newest)


def by_sha256(session: Session, sha256: str) -> Screener:
    """A form that was in use at some time. Raises NoResultFound."""
    if sha256 == shipped().sha256:
        return shipped()
    if sha256 not in _read:
        if len(_read) >= _MOST:
            _read.clear()
        _read[sha256] = load(session.get_one(Questionnaire, sha256).definition)
    return _read[sha256]


def keep(session: Session, screener: Screener) -> None:
    """Keep the shipped form's very words before the first answer to it is kept (L33).

    Those of a published version are kept since it was published.
    """
    if screener.sha256 == shipped().sha256:
        keep_text(session, screener, shipped_text())


def keep_text(session: Session, screener: Screener, text: str) -> None:
    """Keep the words that this form was read from."""
    session.execute(
        insert(Questionnaire)
        .values(
            sha256=screener.sha256,
            version=screener.version,
            locale=screener.locale,
            definition=text,
        )
        .on_conflict_do_nothing()
    )


def of_response(session: Session, response: QuestionnaireResponse) -> Screener:
    """The form that this response answers, which may be an older one.

    A form goes on in the words that it was begun in, whatever is published in the meantime.
    """
    return by_sha256(session, response.questionnaire_sha256)


def config_now(session: Session, screener: Screener, licensed_states: tuple[str, ...]) -> Config:
    """The settings that rules read, as the practice has decided them.

    `licensed_states` are those of the host's settings, which stand until it names its own.
    """
    decided = practice.current(session)
    own = decided.licensed_states
    return replace(
        screener.config,
        licensed_states=licensed_states if own is None else own,
        invite_expires_days=decided.invite_expires_days,
        invite_reminder_day=decided.invite_reminder_day,
        safety_tool=decided.asks_about_self_harm,
        routine_business_days=decided.routine_business_days,
    )


def config_document(config: Config) -> dict[str, Any]:
    """The settings as a response keeps them."""
    return {
        "licensed_states": list(config.licensed_states),
        "invite_expires_days": config.invite_expires_days,
        "invite_reminder_day": config.invite_reminder_day,
        "safety_tool": config.safety_tool,
        "routine_business_days": config.routine_business_days,
    }


def config_from(document: Mapping[str, Any]) -> Config:
    """The inverse of `config_document`; what an older one does not say is as it was then."""
    return Config(**{**document, "licensed_states": tuple(document["licensed_states"])})
