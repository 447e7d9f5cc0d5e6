"""Proof that a status callback comes from Twilio: its signature over our address (security 12)."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable


def twilio_signature(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Sign as Twilio does: HMAC-SHA1 over the full address and the sorted form fields, base64.

    `url` is the public address that Twilio was given, never one rebuilt from a
    Host header. A field sent twice with the same value counts once.
    """
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1)
    return b64encode(mac.digest()).decode()


def twilio_signed(
    auth_token: str, url: str, fields: Iterable[tuple[str, str]], signature: str
) -> bool:
    """Compare a signature in constant time."""
    expected = twilio_signature(auth_token, url, fields)
    return hmac.compare_digest(expected.encode(), signature.encode())
