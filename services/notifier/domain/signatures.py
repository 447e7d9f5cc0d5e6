"""Proof that a callback comes from a carrier: Twilio signs our address, Sinch the body and a time.

Security 12: over what was really sent, compared in constant time, within five minutes.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

REPLAY_WINDOW: Final = timedelta(minutes=5)
"""How far the time under a signature may lie from ours: what is older is somebody's copy."""

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def twilio_signature(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Sign as Twilio does: HMAC-SHA1 over the full address and the sorted form fields, base64.

    A field sent twice with the same value counts once.
    """
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1)
    return b64encode(mac.digest()).decode()


def twilio_signed(
    auth_token: str, url: str, fields: Iterable[tuple[str, str]], signature: str
) -> bool:
    """Compare a signature in constant time.

    `url` is the public address that Twilio was given, never one rebuilt from a Host header.
    Twilio signs it with or without its port, depending on the way there, so both count.
    """
    known = set(fields)
    expected = [twilio_signature(auth_token, each, known) for each in _with_and_without_port(url)]
    return any(hmac.compare_digest(each.encode(), signature.encode()) for each in expected)


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 443)
    return (
        urlunsplit(parts._replace(netloc=host)),
        urlunsplit(parts._replace(netloc=f"{host}:{port}")),
    )


def sinch_signature(secret: str, body: bytes, nonce: str, timestamp: str) -> str:
    """Sign as Sinch does: HMAC-SHA256 over body, nonce and Unix time, joined by dots; base64."""
    signed = b".".join((body, nonce.encode(), timestamp.encode()))
    return b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def sinch_signed(
    secret: str, body: bytes, *, nonce: str, timestamp: str, signature: str, now: datetime
) -> bool:
    """Whether a body was signed with that secret, and not long before or after `now`."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 10):
        return False
    fresh = abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= REPLAY_WINDOW
    expected = sinch_signature(secret, body, nonce, timestamp)
    return hmac.compare_digest(expected.encode(), signature.encode()) and fresh
