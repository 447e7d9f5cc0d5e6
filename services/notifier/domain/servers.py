"""Where messages are handed over: an SMTP server and accounts of carriers, as set."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit


class Security(StrEnum):
    """How the way to the SMTP server is protected."""

    STARTTLS = "required"
    TLS = "tls"
    NONE = "never"


class BadSmtpUrl(ValueError):
    """An SMTP_URL that can't be used; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """An SMTP submission server. `ca_file` names a private authority's certificate, if any."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Security = Security.STARTTLS
    ca_file: str | None = None

    @classmethod
    def from_url(cls, url: str, *, ca_file: str | None = None) -> "SmtpServer":
        """Read `smtp://user:password@host:587?starttls=required` or `smtps://host:465`.

        STARTTLS with a checked certificate is the rule; `starttls=never` has to be
        asked for and is refused together with a password, which would travel in
        the clear. Raises BadSmtpUrl.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise BadSmtpUrl("SMTP_URL must look like smtp://user:password@mail.example.org:587.")
        security = _security(parts.scheme, parse_qs(parts.query))
        if security is Security.NONE and parts.password:
            raise BadSmtpUrl("SMTP_URL has a password and starttls=never: it would be readable.")
        try:
            port = parts.port
        except ValueError:
            raise BadSmtpUrl("SMTP_URL: the port is not a number up to 65535.") from None
        return cls(
            host=parts.hostname,
            port=port or (465 if security is Security.TLS else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            security=security,
            ca_file=ca_file,
        )


def _security(scheme: str, query: dict[str, list[str]]) -> Security:
    if unknown := set(query) - {"starttls"}:
        raise BadSmtpUrl(f"SMTP_URL: nothing is known of {', '.join(sorted(unknown))}.")
    wish = query.get("starttls", ["required"])[-1]
    if wish not in {"required", "never"}:
        raise BadSmtpUrl("SMTP_URL: starttls is `required` or `never`.")
    if scheme == "smtps":
        return Security.TLS
    return Security(wish)


@dataclass(frozen=True, kw_only=True)
class ImapMailbox:
    """The mailbox to which mails come back; read over TLS and in no other way."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    ca_file: str | None = None

    @classmethod
    def from_url(cls, url: str, *, ca_file: str | None = None) -> "ImapMailbox":
        """Read `imaps://user:password@host/FOLDER`. Raises BadImapUrl."""
        parts = urlsplit(url)
        if parts.scheme != "imaps" or not (parts.hostname and parts.username and parts.password):
            raise BadImapUrl(
                "BOUNCES_URL must look like imaps://user:password@mail.example.org/INBOX."
            )
        try:
            port = parts.port
        except ValueError:
            raise BadImapUrl("BOUNCES_URL: the port is not a number up to 65535.") from None
        folder = unquote(parts.path.strip("/")) or "INBOX"
        if not _FOLDER.fullmatch(folder):
            raise BadImapUrl("BOUNCES_URL: the folder's name may have plain letters only.")
        return cls(
            host=parts.hostname,
            port=port or 993,
            username=unquote(parts.username),
            password=unquote(parts.password),
            folder=folder,
            ca_file=ca_file,
        )


class BadImapUrl(ValueError):
    """A BOUNCES_URL that can't be used; the sentence says why."""


_FOLDER: Final = re.compile(r"[A-Za-z0-9 ._/\-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class TwilioAccount:
    """A Twilio account and the number it sends from. `url` is the API's root, without a path."""

    url: str
    account_sid: str
    auth_token: str = field(repr=False)
    sender: str


@dataclass(frozen=True, kw_only=True)
class SinchAccount:
    """A Sinch service plan and the number it sends from; `url` is its region's root."""

    url: str
    service_plan_id: str
    api_token: str = field(repr=False)
    callback_secret: str = field(repr=False)
    """With what Sinch signs its callbacks; their support sets it for a service plan."""
    sender: str


CARRIERS: Final = ("twilio", "sinch")
"""The providers of texts, by name. What they take reaches a phone, and they send receipts."""
