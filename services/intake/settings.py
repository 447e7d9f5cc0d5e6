"""What intake reads from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from environs import Env, EnvError
from marshmallow import validate

from services.intake.domain.flood import Limits
from shared.settings import BadSetting, CommonSettings, common_settings, environment


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The common settings, and what the practice says about its first call and its drafts."""

    call_minutes: int = 20
    """How long the private call takes, as the pages say it."""
    call_price: str = "no charge"
    """What it costs, in the words that follow "Twenty minutes,"."""
    office_hours: str = "Monday to Friday, 9 am to 6 pm"
    """When somebody reads what came in: what the pages promise must be what staff do."""
    draft_days: int = 30
    """After so many days without an answer an unfinished form is destroyed (L48)."""
    audit_folder: str | None = None
    """Where the audit's anchors and the list of erasures are kept, apart from the database."""

    limits: Limits = field(default_factory=Limits)
    """How many forms may come from one network, and how fast (P26)."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read and check. Raises BadSetting, naming what is missing or wrong."""
        reader = environment(env)
        try:
            return cls(
                **common_settings(reader),
                call_minutes=reader.int(
                    "PRIVATE_CALL_MINUTES", 20, validate=validate.Range(5, 120)
                ),
                call_price=reader.str("PRIVATE_CALL_PRICE", "no charge"),
                office_hours=reader.str("PRACTICE_OFFICE_HOURS", "Monday to Friday, 9 am to 6 pm"),
                audit_folder=reader.str("AUDIT_FOLDER", "") or None,
                limits=_limits(reader),
                draft_days=reader.int("DRAFT_DAYS", 30, validate=validate.Range(1, 90)),
            )
        except EnvError as error:
            raise BadSetting(str(error)) from error

    @property
    def drafts_live(self) -> timedelta:
        """How long an unfinished form is kept."""
        return timedelta(days=self.draft_days)


def _limits(env: Env) -> Limits:
    usual, some = Limits(), validate.Range(1, 1_000_000)
    return Limits(
        starts_an_hour=env.int("FORM_STARTS_PER_HOUR", usual.starts_an_hour, validate=some),
        sends_an_hour=env.int("FORM_SENDS_PER_HOUR", usual.sends_an_hour, validate=some),
        unproven_after=env.int("FORM_SENDS_PER_DAY", usual.unproven_after, validate=some),
        shortest=timedelta(
            seconds=env.int("FORM_SECONDS", 20, validate=validate.Range(0, 600)),
        ),
    )
