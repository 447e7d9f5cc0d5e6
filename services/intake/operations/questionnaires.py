"""Which form is in use, and every form that was ever answered."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain.definition import config_of, load
from services.intake.domain.questionnaire import Config, Screener
from services.intake.models import Questionnaire, QuestionnaireResponse

SHIPPED: Final = Path(__file__).parents[1] / "questionnaires" / "screener.en.yaml"


@cache
def shipped_text() -> str:
    """The definition that comes with this version of the software."""
    return SHIPPED.read_text(encoding="utf-8")


def shipped() -> Screener:
    """The form that comes with this version of the software. Raises BadDefinition."""
    return load(shipped_text())


def current() -> Screener:
    """The form that people fill in now. Raises BadDefinition."""
    return load(shipped_text())


def keep(session: Session, screener: Screener) -> None:
    """Keep the current form's very words before the first answer to it is kept (L33)."""
    session.execute(
        insert(Questionnaire)
        .values(
            sha256=screener.sha256,
            version=screener.version,
            locale=screener.locale,
            definition=shipped_text(),
        )
        .on_conflict_do_nothing()
    )


def of_response(session: Session, response: QuestionnaireResponse) -> Screener:
    """The form that this response answers, which may be an older one."""
    if response.questionnaire_sha256 == current().sha256:
        return current()
    return load(session.get_one(Questionnaire, response.questionnaire_sha256).definition)


def config_now(screener: Screener, licensed_states: tuple[str, ...]) -> Config:
    """The settings that rules read, with the practice's own licences."""
    return config_of(screener, licensed_states)


def config_document(config: Config) -> dict[str, Any]:
    """The settings as a response keeps them."""
    return {
        "licensed_states": list(config.licensed_states),
        "invite_expires_days": config.invite_expires_days,
        "invite_reminder_day": config.invite_reminder_day,
    }


def config_from(document: Mapping[str, Any]) -> Config:
    """The inverse of `config_document`."""
    return Config(**{**document, "licensed_states": tuple(document["licensed_states"])})
