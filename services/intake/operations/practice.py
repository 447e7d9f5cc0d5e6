"""The practice's decisions: the newest version, and adding one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake import models
from services.intake.domain.practice import PracticeSettings
from services.intake.operations.readers import Reader


def current(session: Session) -> PracticeSettings:
    """What stands now; the careful defaults where nobody has decided anything yet."""
    newest = session.scalar(
        select(models.PracticeSettings).order_by(models.PracticeSettings.version.desc()).limit(1)
    )
    return PracticeSettings() if newest is None else PracticeSettings.from_document(newest.settings)


def licensed_states(session: Session, *, default: tuple[str, ...]) -> tuple[str, ...]:
    """Where the practice holds licences; `default` is what the host's settings say (L43)."""
    own = current(session).licensed_states
    return default if own is None else own


def decide(session: Session, *, reader: Reader, settings: PracticeSettings) -> None:
    """Let this stand from now on. The version before it is kept."""
    session.add(
        models.PracticeSettings(
            settings=settings.as_document(),
            changed_by=reader.account_id,
            changed_by_name=reader.name,
        )
    )
    session.flush()


def history(session: Session) -> list[models.PracticeSettings]:
    """Every version, the newest first."""
    newest_first = models.PracticeSettings.version.desc()
    return list(session.scalars(select(models.PracticeSettings).order_by(newest_first)))
