"""What all three services read from the environment. Nothing else in `shared` or below reads it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from environs import Env, EnvError
from marshmallow import validate

from shared.vocabulary import PREFIX, Service
from shared.zones import UnknownZone, zone

Delivery = Literal["mailbox", "live"]
SecondFactor = Literal["required", "offered"]


class BadSetting(ValueError):
    """A setting is missing or can't be used; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Practice:
    """The practice, as its clients and its messages see it."""

    name: str
    neutral_sender: str
    phone: str
    timezone: str
    licensed_states: tuple[str, ...]
    quick_exit_url: str
    sender_address: str
    staff_email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What the owner of the practice decided about it in the console; `version` rises."""

    version: int
    name: str
    neutral_sender: str
    phone: str
    timezone: str

    def as_document(self) -> dict[str, Any]:
        """The same by name, as a row and as JSON have it."""
        return asdict(self)


class Standing:
    """What was read last of the owner's decision; `shared.practice` looks, `Settings` speaks of it.

    The one thing in the settings that changes while a process runs.
    """

    def __init__(self) -> None:
        self.decided: Decided | None = None
        self.good_until = 0.0
        self._said: tuple[Practice, Decided | None, Practice] | None = None

    def forget(self) -> None:
        """Look again at the next opportunity; until then the host's settings count."""
        self.decided, self.good_until = None, 0.0

    def over(self, given: Practice) -> Practice:
        """`given` with what was decided since: one and the same object until either changes."""
        now = self.decided
        if self._said is None or self._said[0] is not given or self._said[1] != now:
            facts = now.as_document() if now else {}
            facts.pop("version", None)
            self._said = (given, now, replace(given, **facts))
        return self._said[2]


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """What every service has to know before it can start."""

    database_url: str
    broker_url: str
    public_url: str
    secret_key: str
    service_key: str
    encryption_keys: str
    intake_url: str
    scheduler_url: str
    notifier_url: str
    practice_given: Practice
    """As the host's settings say; see `practice`."""
    standing: Standing = field(default_factory=Standing, compare=False, repr=False)
    delivery: Delivery = "mailbox"
    second_factor: SecondFactor = "required"
    """Whether staff have to prove themselves by more than a password before sealed is shown."""
    log_json: bool = True
    client_languages: tuple[str, ...] = ("en",)
    """In which languages clients may read our pages, English first."""
    alive_file: str | None = None
    """Touched by a worker every few seconds, for whoever watches over it."""

    @property
    def practice(self) -> Practice:
        """Who the practice is now: the host's settings, and what its owner decided since."""
        return self.standing.over(self.practice_given)

    def peer_url(self, service: Service) -> str:
        """Where the other service's own routes begin, as seen from here."""
        return {
            "intake": self.intake_url,
            "scheduler": self.scheduler_url,
            "notifier": self.notifier_url,
        }[service]

    @property
    def secure(self) -> bool:
        """Whether people reach us over TLS, so that cookies may demand it."""
        return self.public_url.startswith("https://")


def environment(env: Mapping[str, str] | None) -> Env:
    """A reader over `env`, or over the process's own environment when it is None."""
    return Env() if env is None else _Given(env)


class _Given(Env):
    """An environs reader over a mapping instead of `os.environ`: tests, the embedded suite."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__()
        self._given = env

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._given.get(env_key, default)


def _practice(env: Env) -> Practice:
    timezone = env.str("PRACTICE_TIMEZONE", "America/New_York")
    try:
        zone(timezone)
    except UnknownZone as error:
        raise BadSetting(f"PRACTICE_TIMEZONE: {error}") from error
    name = env.str("PRACTICE_NAME", "Harbor Lane")
    return Practice(
        name=name,
        neutral_sender=env.str("PRACTICE_NEUTRAL_SENDER", name),
        phone=env.str("PRACTICE_PHONE", "914-555-0132"),
        timezone=timezone,
        licensed_states=tuple(env.list("PRACTICE_LICENSED_STATES", ["NY", "NJ"])),
        quick_exit_url=env.str("QUICK_EXIT_URL", "https://www.weather.gov/"),
        sender_address=env.str("PRACTICE_SENDER_ADDRESS", "notes@harborlane.example"),
        staff_email=env.str("PRACTICE_STAFF_EMAIL", "") or None,
    )


def _client_languages(env: Env) -> tuple[str, ...]:
    named = tuple(env.list("CLIENT_LANGUAGES", ["en"]))
    if unknown := sorted({*named} - {"", "en", "es"}):
        raise BadSetting(f"CLIENT_LANGUAGES: {', '.join(unknown)} is none of en, es.")
    return ("en", "es") if "es" in named else ("en",)


def _second_factor(env: Env, delivery: str) -> SecondFactor:
    """Only a practice run may do without: where messages go out, there are people in it."""
    asked = env.str("SECOND_FACTOR", "required", validate=validate.OneOf(["required", "offered"]))
    if asked == "offered" and delivery == "live":
        raise BadSetting(
            "SECOND_FACTOR: offered is for practice runs alone. Where messages go out, it is "
            "required."
        )
    return "offered" if asked == "offered" else "required"


def common_settings(env: Env) -> dict[str, Any]:
    """The fields of CommonSettings, read and checked. Raises BadSetting, naming what is wrong."""
    try:
        public_url = env.str("PUBLIC_URL").rstrip("/")
        database_url = env.str("DATABASE_URL")
        delivery = env.str("DELIVERY", "mailbox", validate=validate.OneOf(["mailbox", "live"]))
        return {
            "database_url": database_url,
            "broker_url": env.str("BROKER_URL", database_url),
            "public_url": public_url,
            "secret_key": env.str("SECRET_KEY", validate=validate.Length(min=32)),
            "service_key": env.str("SERVICE_KEY", validate=validate.Length(min=32)),
            "encryption_keys": env.str("ENCRYPTION_KEYS"),
            "intake_url": env.str("INTAKE_URL", public_url + PREFIX["intake"]),
            "scheduler_url": env.str("SCHEDULER_URL", public_url + PREFIX["scheduler"]),
            "notifier_url": env.str("NOTIFIER_URL", public_url + PREFIX["notifier"]),
            "delivery": delivery,
            "second_factor": _second_factor(env, delivery),
            "log_json": env.bool("LOG_JSON", True),
            "alive_file": env.str("ALIVE_FILE", "") or None,
            "client_languages": _client_languages(env),
            "practice_given": _practice(env),
        }
    except EnvError as error:
        raise BadSetting(str(error)) from error
