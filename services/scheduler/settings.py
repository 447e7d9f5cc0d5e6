"""What the scheduler reads from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self
from urllib.parse import urlsplit

from environs import Env, EnvError
from marshmallow import validate

from shared.settings import (
    BadSetting,
    CommonSettings,
    Delivery,
    common_settings,
    environment,
)
from shared.vocabulary import Channel


@dataclass(frozen=True, kw_only=True)
class OpenId:
    """The practice's own sign-in service, by OpenID Connect."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    """On the button: "Sign in with ..."."""
    second_factor: Literal["ours", "theirs"] = "ours"
    """Whose second step is asked for; theirs counts only where it says that there was one."""


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The common settings, and how the practice gives away its time."""

    booking_notice: timedelta = timedelta(hours=12)
    """Nobody may book less than this ahead."""
    change_notice: timedelta = timedelta(hours=2)
    """Later than this before the start, one calls to move or to cancel."""
    hold: timedelta = timedelta(minutes=15)
    """How long a chosen time stays with the one who chose it."""
    holds_per_address: int = 60
    """How many times may be kept at once from one network address; a campus may sit behind it."""
    reply: timedelta = timedelta(hours=48)
    """How long the other of two people has to say yes; at the latest a day before the start."""
    waitlist_offer: timedelta = timedelta(minutes=120)
    """How long a freed time is kept for one who waits; shorter near the time and the night."""

    channels: frozenset[Channel] = frozenset(Channel)
    """By which ways the notifier can send: nobody is asked by another, and waits in vain."""
    openid: OpenId | None = None
    calendars_on_loopback: bool = False
    """Calendars elsewhere may also be on this machine and without TLS: for practice runs only."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read and check. Raises BadSetting, naming what is missing or wrong."""
        reader = environment(env)
        try:
            common = common_settings(reader)
            return cls(
                **common,
                channels=_channels(reader, common["delivery"]),
                booking_notice=_hours(reader, "BOOKING_NOTICE_HOURS", 12),
                change_notice=_hours(reader, "CHANGE_NOTICE_HOURS", 2),
                hold=timedelta(
                    seconds=reader.int("HOLD_SECONDS", 900, validate=validate.Range(1, 3600))
                ),
                holds_per_address=reader.int(
                    "HOLDS_PER_ADDRESS", 60, validate=validate.Range(1, 10_000)
                ),
                openid=_openid(reader),
                reply=_hours(reader, "REPLY_HOURS", 48),
                calendars_on_loopback=reader.bool("CALENDARS_ON_LOOPBACK", False),
                waitlist_offer=timedelta(
                    minutes=reader.int(
                        "WAITLIST_OFFER_MINUTES", 120, validate=validate.Range(1, 24 * 60)
                    )
                ),
            )
        except EnvError as error:
            raise BadSetting(str(error)) from error

    def notice_to_change(self, own: timedelta | None) -> timedelta:
        """How long before the start a client may still change it, where the type says `own`."""
        return self.change_notice if own is None else own

    @property
    def uid_domain(self) -> str:
        """The right side of calendar UIDs: the neutral domain that messages come from."""
        return self.practice.sender_address.rpartition("@")[2]


def _openid(env: Env) -> OpenId | None:
    issuer = env.str("OIDC_ISSUER", "")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    here = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise BadSetting("OIDC_ISSUER: an address that begins with https://.")
    return OpenId(
        issuer=issuer,
        client_id=env.str("OIDC_CLIENT_ID"),
        client_secret=env.str("OIDC_CLIENT_SECRET"),
        name=env.str("OIDC_NAME", "") or parts.hostname or issuer,
        second_factor="theirs"
        if env.str("OIDC_SECOND_FACTOR", "ours", validate=validate.OneOf(["ours", "theirs"]))
        == "theirs"
        else "ours",
    )


def _channels(env: Env, delivery: Delivery) -> frozenset[Channel]:
    """What is set up at the notifier, by name. Not said, both; and a mailbox takes everything."""
    given: list[str] = env.list("CHANNELS", [])
    names = [name.strip() for name in given if name.strip()]
    try:
        named = frozenset(map(Channel, names))
    except ValueError as error:
        raise BadSetting("CHANNELS: name email, sms, or both with a comma between.") from error
    return frozenset(Channel) if delivery == "mailbox" or not named else named


def _hours(env: Env, name: str, default: int) -> timedelta:
    return timedelta(hours=env.float(name, default, validate=validate.Range(0, 24 * 28)))
