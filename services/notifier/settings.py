"""What the notifier reads from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from environs import Env, EnvError

from services.notifier.domain.message import reminder_purpose
from services.notifier.domain.neutrality import telling_words
from services.notifier.domain.reminders import ReminderPlan
from services.notifier.domain.servers import BadSmtpUrl, SmtpServer, TwilioAccount
from shared.settings import BadSetting, CommonSettings, common_settings, environment
from shared.vocabulary import Channel


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The notifier's settings; with neither server set, messages stay in the mailbox."""

    smtp: SmtpServer | None
    twilio: TwilioAccount | None
    agreements: frozenset[str] = frozenset()
    """The providers with whom an agreement is recorded: nobody else is handed anything (L50)."""
    reminders: ReminderPlan
    sweep_seconds: float = 0.5
    failpoint: str | None = None
    """A named step at which the process dies at once: only tests set it."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read and check them. Raises BadSetting with one sentence that names what is wrong."""
        reader = environment(env)
        try:
            settings = cls(
                **common_settings(reader),
                smtp=_smtp(reader),
                twilio=_twilio(reader),
                agreements=_agreements(reader),
                reminders=_reminders(reader),
                sweep_seconds=reader.float("NOTIFIER_SWEEP_SECONDS", 0.5),
                failpoint=reader.str("FAILPOINT", "") or None,
            )
        except EnvError as error:
            raise BadSetting(str(error)) from error
        _check_live(settings)
        _check_neutral(settings)
        return settings

    @property
    def channels(self) -> frozenset[Channel]:
        """The ways by which this practice can send at all."""
        if self.delivery == "mailbox":
            return frozenset(Channel)
        possible = {Channel.EMAIL: self.smtp, Channel.SMS: self.twilio}
        return frozenset(channel for channel, server in possible.items() if server)

    @property
    def without_agreement(self) -> tuple[str, ...]:
        """The settings by which agreements are recorded that are still missing, by name."""
        if self.delivery == "mailbox":
            return ()
        servers = {"smtp": self.smtp, "twilio": self.twilio}
        return tuple(
            AGREEMENT[name]
            for name, server in servers.items()
            if server and name not in self.agreements
        )


AGREEMENT: Final = {"smtp": "SMTP_BAA", "twilio": "TWILIO_BAA"}
"""Provider -> the setting that says which business associate agreement covers it."""

NOT_COVERED: Final = "not-a-covered-entity"
_A_DATE: Final = re.compile(r"\b20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")


def _agreements(env: Env) -> frozenset[str]:
    """Read who has an agreement. A bare "yes" is no record: it takes a day, or a reason."""
    found = set()
    for provider, name in AGREEMENT.items():
        words = env.str(name, "").strip()
        if not words:
            continue
        if words != NOT_COVERED and not _A_DATE.search(words):
            raise BadSetting(
                f"{name} must say when the agreement was signed and by whom, like "
                f"'signed 2026-05-01 by Priya Raman', or be {NOT_COVERED!r}."
            )
        found.add(provider)
    return frozenset(found)


def _smtp(env: Env) -> SmtpServer | None:
    url = env.str("SMTP_URL", "")
    if not url:
        return None
    try:
        return SmtpServer.from_url(url, ca_file=env.str("SMTP_CA_FILE", "") or None)
    except BadSmtpUrl as error:
        raise BadSetting(str(error)) from error


def _twilio(env: Env) -> TwilioAccount | None:
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    given = {name: env.str(name, "") for name in names}
    if not any(given.values()):
        return None
    if missing := [name for name, value in given.items() if not value]:
        raise BadSetting(f"To send texts, {' and '.join(missing)} must be set too.")
    return TwilioAccount(
        url=env.str("TWILIO_URL", "https://api.twilio.com").rstrip("/"),
        account_sid=given["TWILIO_ACCOUNT_SID"],
        auth_token=given["TWILIO_AUTH_TOKEN"],
        sender=given["TWILIO_FROM"],
    )


_LEAD = re.compile(r"(\d+)([hm])")


def _lead(text: str, name: str) -> timedelta:
    found = _LEAD.fullmatch(text.strip())
    if not found:
        raise BadSetting(f"{name}: {text!r} is not a time like 24h or 90m.")
    amount, unit = int(found.group(1)), found.group(2)
    lead = timedelta(hours=amount) if unit == "h" else timedelta(minutes=amount)
    try:
        reminder_purpose(lead)
    except ValueError as error:
        raise BadSetting(f"{name}: {error}") from error
    return lead


def _reminders(env: Env) -> ReminderPlan:
    wanted = {Channel.EMAIL: "48h,24h,2h", Channel.SMS: "24h,2h"}
    leads = {}
    for channel, usual in wanted.items():
        name = f"REMINDERS_{channel.name}"
        texts = [text for text in env.list(name, usual.split(",")) if text.strip()]
        leads[channel] = tuple(sorted({_lead(text, name) for text in texts}, reverse=True))
    gap = timedelta(minutes=env.int("REMINDERS_GAP_MINUTES", 60))
    return ReminderPlan(leads=leads, gap=gap)


def _check_live(settings: Settings) -> None:
    if settings.delivery == "live" and not settings.channels:
        raise BadSetting("DELIVERY=live needs SMTP_URL, or the TWILIO_ settings, or both.")


def _check_neutral(settings: Settings) -> None:
    """What stands in every message may not tell what the practice does (L07)."""
    practice = settings.practice
    for name, text in (
        ("PRACTICE_NEUTRAL_SENDER", practice.neutral_sender),
        ("PRACTICE_SENDER_ADDRESS", practice.sender_address),
        ("PUBLIC_URL", settings.public_url),
    ):
        if words := telling_words(text):
            raise BadSetting(
                f"{name} stands in every message and may not say {', '.join(words)!r}: "
                "choose one that does not tell what the practice is for."
            )
