"""What the practice decides, as forms: one for each part of the settings.

Each says by `changes` which fields of `PracticeSettings` it stands for.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from services.intake.domain.embedding import NotASite, one_a_line, read_origins
from services.intake.domain.practice import PracticeSettings, SafetyTool
from shared.places import STATES

MODES: Final = {
    "after_private_call": "After the private call with whoever asks for it",
    "immediate_when_clear": "At once, when the answers are clear (less private)",
}
POLICIES: Final = {
    "no_secrets": "No secrets: what one partner tells alone may be brought into joint sessions",
    "limited_secrets": "Limited: the therapist decides with each partner what stays apart",
}
SHORTEST_REASON: Final = 20
_CHOOSE: Final = "Choose one of these."


def _words(most: int) -> fields.String:
    long = validate.Length(max=most, error=f"Please keep it to {most} characters.")
    return fields.String(load_default="", validate=long)


def _whole(least: int, most: int) -> fields.Integer:
    between = validate.Range(least, most, error=f"Write a number from {least} to {most}.")
    return fields.Integer(required=True, validate=between)


def _one_of(known: Mapping[str, str]) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(list(known), error=_CHOOSE))


class SettingsForm(Schema):
    """A part of the settings, whose fields are called as in `PracticeSettings`."""

    @staticmethod
    def changes(data: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of `PracticeSettings` that this form decides."""
        return dict(data)


class SafetyToolForm(SettingsForm):
    """Who stands behind the self-harm questions: all three, or nobody (N8)."""

    owner = _words(200)
    threshold = _words(500)
    reviewer = _words(200)
    promise = fields.Boolean(load_default=False)

    @validates_schema
    def all_three_or_none(self, data: dict[str, Any], **_: Any) -> None:
        """Two of three would be a promise that nobody keeps."""
        names = ("owner", "threshold", "reviewer")
        given = [name for name in names if data[name].strip()]
        if not given:
            return
        wrong = {
            name: ["Name all three. To switch the questions off, empty all three."]
            for name in names
            if name not in given
        }
        if not wrong and not data["promise"]:
            wrong["promise"] = ["Tick this if it is so. If not, the questions have to stay off."]
        if wrong:
            raise ValidationError(wrong)

    @staticmethod
    def changes(data: Mapping[str, Any]) -> dict[str, Any]:
        """A tool, or none."""
        tool = SafetyTool(
            owner=data["owner"].strip(),
            threshold=data["threshold"].strip(),
            reviewer=data["reviewer"].strip(),
        )
        return {"safety_tool": tool if tool.complete else None}


class PartnersForm(SettingsForm):
    """How a partner is invited."""

    partner_invite_mode = _one_of(MODES)
    partner_invite_reason = _words(1000)
    invite_expires_days = _whole(7, 28)
    invite_reminder_day = _whole(0, 27)
    private_information_policy = _one_of(POLICIES)

    @validates_schema
    def they_fit(self, data: dict[str, Any], **_: Any) -> None:
        """The less private way has a reason, and a reminder comes before the end."""
        wrong: dict[str, list[str]] = {}
        private = data.get("partner_invite_mode") != "immediate_when_clear"
        if not private and len(data["partner_invite_reason"].strip()) < SHORTEST_REASON:
            wrong["partner_invite_reason"] = [
                "Write down why. Somebody may have to answer for it later."
            ]
        days = data.get("invite_expires_days")
        if days is not None and data.get("invite_reminder_day", 0) >= days:
            wrong["invite_reminder_day"] = ["The reminder has to come before the link ends."]
        if wrong:
            raise ValidationError(wrong)


class AlertsForm(SettingsForm):
    """Who is alerted, in which order, and how long each has."""

    urgent_minutes = _whole(5, 240)
    same_day_minutes = _whole(30, 720)
    routine_business_days = _whole(1, 5)


class NoticeForm(SettingsForm):
    """Which Notice of Privacy Practices counts (L28, L29)."""

    privacy_notice_version = _words(80)
    privacy_notice_date = fields.Date(load_default=None)

    @validates_schema
    def both_or_neither(self, data: dict[str, Any], **_: Any) -> None:
        """A version without a day can't be told from an older one."""
        version, on = data["privacy_notice_version"].strip(), data.get("privacy_notice_date")
        if version and not on:
            raise ValidationError("Write the day from which it counts.", "privacy_notice_date")
        if on and not version:
            raise ValidationError("Write what the notice is called.", "privacy_notice_version")


class KeepingForm(SettingsForm):
    """How long records are kept (L47, L48)."""

    record_years = _whole(1, 40)
    inquiry_days = _whole(30, 3650)


class StatesForm(SettingsForm):
    """Where the practice holds licences (L43)."""

    licensed_states = fields.List(
        fields.String(validate=validate.OneOf([one.code for one in STATES], error=_CHOOSE)),
        load_default=list,
    )

    @staticmethod
    def changes(data: Mapping[str, Any]) -> dict[str, Any]:
        """In the order of the list, each once."""
        chosen = set(data["licensed_states"])
        return {"licensed_states": tuple(one.code for one in STATES if one.code in chosen)}


class EmbedForm(SettingsForm):
    """Which other sites may show our card."""

    embed_origins = _words(2500)

    @validates("embed_origins")
    def _are_sites(self, value: str, **_: Any) -> None:
        try:
            read_origins(value)
        except NotASite as error:
            raise ValidationError(str(error)) from error

    @staticmethod
    def changes(data: Mapping[str, Any]) -> dict[str, Any]:
        """Each once, as they go into the header."""
        return {"embed_origins": read_origins(data["embed_origins"])}


FORMS: Final[Mapping[str, type[SettingsForm]]] = {
    "safety": SafetyToolForm,
    "states": StatesForm,
    "alerts": AlertsForm,
    "partners": PartnersForm,
    "notice": NoticeForm,
    "keeping": KeepingForm,
    "embed": EmbedForm,
}


def roster(turns: Mapping[UUID, str]) -> tuple[UUID, ...]:
    """The accounts by their place in the row; an empty place leaves one out."""
    given = {account: int(turn) for account, turn in turns.items() if turn.isdecimal()}
    return tuple(sorted(given, key=lambda account: given[account]))


def typed(settings: PracticeSettings, states: tuple[str, ...]) -> dict[str, Any]:
    """What stands, as the forms' fields show it."""
    found: dict[str, Any] = dict(settings.as_document())
    tool = settings.safety_tool
    for name in ("owner", "threshold", "reviewer"):
        found[name] = getattr(tool, name) if tool else ""
    found["promise"] = settings.asks_about_self_harm
    found["licensed_states"] = list(states)
    found["embed_origins"] = one_a_line(settings.embed_origins)
    return found


def day_words(day: date | None) -> str:
    """A day as people write it."""
    return f"{day:%B} {day.day}, {day.year}" if day else ""
