"""What the notifier reads from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self

from environs import Env, EnvError

from services.notifier.domain.rates import Rate
from services.notifier.domain.reminders import ReminderPlan, read_leads
from services.notifier.domain.servers import (
    CARRIERS,
    BadImapUrl,
    BadSmtpUrl,
    ImapMailbox,
    SinchAccount,
    SmtpServer,
    TwilioAccount,
)
from shared.neutrality import telling_words
from shared.settings import BadSetting, CommonSettings, common_settings, environment
from shared.vocabulary import Channel


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The notifier's settings; with neither server set, messages stay in the mailbox."""

    smtp: SmtpServer | None
    twilio: TwilioAccount | None
    sinch: SinchAccount | None = None
    sms_weights: Mapping[str, int] = field(default_factory=dict)
    """Carrier -> its share of the texts in points of 100, while nothing is wrong with any."""
    bounces: ImapMailbox | None = None
    """Where mails come back to, with `bounces_address` as its address: both or neither."""
    bounces_address: str | None = None
    agreements: frozenset[str] = frozenset()
    """The providers with whom an agreement is recorded: nobody else is handed anything (L50)."""
    reminders: ReminderPlan
    webhooks_on_loopback: bool = False
    """For practice runs: other systems may be on this machine, and without TLS."""
    rate_practice: Rate | None = None
    rate_providers: Mapping[str, Rate] = field(default_factory=dict)
    rate_recipient: Rate | None = None
    """How much leaves in how much time: in all, by each provider, to each address."""
    sweep_seconds: float = 0.5
    audit_folder: str | None = None
    """Where the resend guard keeps its file, apart from the database (F29)."""
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
                sinch=_sinch(reader),
                sms_weights=_sms_weights(reader),
                bounces=_bounces(reader),
                bounces_address=_bounces_address(reader),
                agreements=_agreements(reader),
                reminders=_reminders(reader),
                webhooks_on_loopback=reader.bool("WEBHOOKS_ON_LOOPBACK", False),
                audit_folder=reader.str("AUDIT_FOLDER", "") or None,
                rate_practice=_rate(reader, "SEND_PER_MINUTE", 0, timedelta(minutes=1)),
                rate_providers=_rates(reader),
                rate_recipient=_rate(reader, "SEND_PER_ADDRESS_HOUR", 30, timedelta(hours=1)),
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
        possible = {Channel.EMAIL: self.smtp, Channel.SMS: self.twilio or self.sinch}
        return frozenset(channel for channel, server in possible.items() if server)

    @property
    def without_agreement(self) -> tuple[str, ...]:
        """The settings by which agreements are recorded that are still missing, by name."""
        if self.delivery == "mailbox":
            return ()
        servers = ("smtp", *CARRIERS)
        return tuple(
            AGREEMENT[name]
            for name in servers
            if getattr(self, name) and name not in self.agreements
        )

    @property
    def waits(self) -> frozenset[Channel]:
        """The ways by which nothing goes out because no agreement is recorded."""
        if self.delivery == "mailbox":
            return frozenset()
        servers = {Channel.EMAIL: {"smtp"}, Channel.SMS: set(self.carriers)}
        return frozenset(
            channel for channel in self.channels if not servers[channel] & self.agreements
        )

    @property
    def carriers(self) -> dict[str, int]:
        """The carriers of texts that are set up, with their weights."""
        ready = [name for name in CARRIERS if getattr(self, name)]
        return {name: self.sms_weights.get(name, 100 // len(ready)) for name in ready}


AGREEMENT: Final = {"smtp": "SMTP_BAA", "twilio": "TWILIO_BAA", "sinch": "SINCH_BAA"}
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


def _bounces(env: Env) -> ImapMailbox | None:
    url = env.str("BOUNCES_URL", "")
    if not url:
        return None
    try:
        return ImapMailbox.from_url(url, ca_file=env.str("SMTP_CA_FILE", "") or None)
    except BadImapUrl as error:
        raise BadSetting(str(error)) from error


def _bounces_address(env: Env) -> str | None:
    address = env.str("BOUNCES_ADDRESS", "").strip()
    if bool(address) != bool(env.str("BOUNCES_URL", "")):
        raise BadSetting("BOUNCES_ADDRESS and BOUNCES_URL go together: mails come back to the one.")
    if address and not _ADDRESS.fullmatch(address):
        raise BadSetting(
            "BOUNCES_ADDRESS must be an address like bounces@example.org, without a plus, and its "
            "first part at most 27 letters long: each mail's own sign follows it there."
        )
    return address or None


_ADDRESS: Final = re.compile(r"[A-Za-z0-9._-]{1,27}@[A-Za-z0-9.-]+")


def _twilio(env: Env) -> TwilioAccount | None:
    given = _all_or_none(env, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    if given is None:
        return None
    return TwilioAccount(
        url=env.str("TWILIO_URL", "https://api.twilio.com").rstrip("/"),
        account_sid=given["TWILIO_ACCOUNT_SID"],
        auth_token=given["TWILIO_AUTH_TOKEN"],
        sender=given["TWILIO_FROM"],
    )


def _sinch(env: Env) -> SinchAccount | None:
    given = _all_or_none(
        env, "SINCH_SERVICE_PLAN_ID", "SINCH_API_TOKEN", "SINCH_CALLBACK_SECRET", "SINCH_FROM"
    )
    if given is None:
        return None
    return SinchAccount(
        url=(env.str("SINCH_URL", "") or "https://us.sms.api.sinch.com").rstrip("/"),
        service_plan_id=given["SINCH_SERVICE_PLAN_ID"],
        api_token=given["SINCH_API_TOKEN"],
        callback_secret=given["SINCH_CALLBACK_SECRET"],
        sender=given["SINCH_FROM"],
    )


def _all_or_none(env: Env, *names: str) -> dict[str, str] | None:
    given = {name: env.str(name, "") for name in names}
    if not any(given.values()):
        return None
    if missing := [name for name, value in given.items() if not value]:
        raise BadSetting(f"To send texts, {' and '.join(missing)} must be set too.")
    return given


_WEIGHT: Final = re.compile(r"(\w+)=(\d{1,3})")


def _sms_weights(env: Env) -> dict[str, int]:
    """Read `twilio=70,sinch=30`: which carrier gets which share while both are well."""
    weights = {}
    for text in env.list("SMS_WEIGHTS", [], subcast=str):
        found = _WEIGHT.fullmatch(text.strip())
        if not found or found.group(1) not in CARRIERS or int(found.group(2)) > 100:
            raise BadSetting(
                f"SMS_WEIGHTS: {text!r} is not a carrier and its share, like twilio=70."
            )
        weights[found.group(1)] = int(found.group(2))
    return weights


def _rate(env: Env, name: str, usual: int, within: timedelta) -> Rate | None:
    """Read how many; 0 for as many as there are."""
    many = env.int(name, usual)
    if many < 0:
        raise BadSetting(f"{name} says how many messages may leave; 0 is no limit.")
    return Rate(many=many, within=within) if many else None


_PER_MINUTE: Final = re.compile(r"(\w+)=(\d{1,6})")


def _rates(env: Env) -> dict[str, Rate]:
    """Read `smtp=600,twilio=60`: how many messages each provider is handed in a minute."""
    rates = {}
    for text in env.list("SEND_PER_PROVIDER_MINUTE", [], subcast=str):
        found = _PER_MINUTE.fullmatch(text.strip())
        if not found or found.group(1) not in AGREEMENT or not int(found.group(2)):
            raise BadSetting(
                f"SEND_PER_PROVIDER_MINUTE: {text!r} is not a provider and how many messages it "
                "is handed in a minute, like smtp=600."
            )
        rates[found.group(1)] = Rate(many=int(found.group(2)), within=timedelta(minutes=1))
    return rates


def _reminders(env: Env) -> ReminderPlan:
    wanted = {Channel.EMAIL: "48h,24h,2h", Channel.SMS: "24h,2h"}
    leads = {}
    for channel, usual in wanted.items():
        name = f"REMINDERS_{channel.name}"
        try:
            text = env.str(name, usual)
            leads[channel] = read_leads(text) if text.strip() else ()
        except ValueError as error:
            raise BadSetting(f"{name}: {error}") from error
    gap = timedelta(minutes=env.int("REMINDERS_GAP_MINUTES", 60))
    return ReminderPlan(leads=leads, gap=gap)


def _check_live(settings: Settings) -> None:
    if settings.delivery == "live" and not settings.channels:
        raise BadSetting("DELIVERY=live needs SMTP_URL, or the settings of a carrier, or both.")


def _check_neutral(settings: Settings) -> None:
    """What stands in every message may not tell what the practice does (L07)."""
    practice = settings.practice
    for name, text in (
        ("PRACTICE_NEUTRAL_SENDER", practice.neutral_sender),
        ("PRACTICE_SENDER_ADDRESS", practice.sender_address),
        ("BOUNCES_ADDRESS", settings.bounces_address or ""),
        ("PUBLIC_URL", settings.public_url),
    ):
        if words := telling_words(text):
            raise BadSetting(
                f"{name} stands in every message and may not say {', '.join(words)!r}: "
                "choose one that does not tell what the practice is for."
            )
