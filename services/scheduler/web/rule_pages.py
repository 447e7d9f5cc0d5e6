"""What the pages of rules have in common: a form shown again, and what somebody else changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.errors import ChangedMeanwhile, StaffRefused
from services.scheduler.operations import rule_changes
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.web import rule_words
from services.scheduler.web.doors import own_settings
from shared.vocabulary import Role
from shared.web.audiences import current_staff
from shared.web.forms import FormErrors
from shared.zones import zone


@dataclass(frozen=True)
class Filled:
    """A form as it is shown: with what stands, or with what was typed and why it was not saved.

    `version` is the one that was seen when what was typed was begun; only whoever was told of
    somebody else's change goes on with the present one.
    """

    given: MultiDict[str, str]
    version: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    meanwhile: list[dict[str, Any]] | None = None
    status: int = HTTPStatus.OK


def filled(
    session: Session,
    facts: Facts,
    typed: MultiDict[str, str],
    refusal: FormErrors | StaffRefused | None = None,
    *,
    about: str = "",
    beside: str = "",
) -> Filled:
    """The form of a rule; a refusal of the domain stands beside the field that it is about."""
    version = rule_changes.version_of(facts)
    if refusal is None:
        return Filled(typed, version)
    if isinstance(refusal, ChangedMeanwhile):
        meanwhile = rule_words.trail(session, practice_zone(), about, count=1)
        return Filled(request.form, version, {}, meanwhile, HTTPStatus.CONFLICT)
    errors = refusal.errors if isinstance(refusal, FormErrors) else {beside: [str(refusal)]}
    seen = request.form.get("version", "")
    return Filled(request.form, seen, errors, None, HTTPStatus.UNPROCESSABLE_ENTITY)


def typed(facts: Mapping[str, Any]) -> MultiDict[str, str]:
    """Values as a browser would send them: a list each of its own, a tick as true, none not."""
    given: MultiDict[str, str] = MultiDict()
    for name, value in facts.items():
        if isinstance(value, bool):
            given.setlist(name, ["true"] if value else [])
        elif isinstance(value, (list, tuple)):
            given.setlist(name, [str(one) for one in value])
        elif value is not None:
            given[name] = str(value)
    return given


def practice_zone() -> ZoneInfo:
    """The zone of the practice, in whose days it counts."""
    return zone(own_settings().practice.timezone)


def is_owner() -> bool:
    """Whether whoever is signed in decides what holds for all."""
    return current_staff().role is Role.OWNER
