"""Links and passes: unguessable tokens, links we can write again, and short-lived service tokens.

A database keeps only the SHA-256 of a token, so a stolen dump opens nothing (ASVS 11.5.1).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from itsdangerous import BadSignature, URLSafeTimedSerializer

from shared.vocabulary import SERVICES, Service

SERVICE_TOKEN_SECONDS = 60


class BadServiceToken(Exception):
    """A service token that is forged, stale, or meant for somebody else."""


def new_token() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def token_sha256(token: str) -> bytes:
    """What the database keeps of a token: 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


def derived_token(secret_key: str, *parts: object) -> str:
    """A token that only the holder of the key can write, and can write again.

    Every reminder has to repeat the link of the confirmation, but no table may hold it. The parts
    name the purpose and what it opens; raising a generation among them revokes the old link.
    """
    text = "\x1f".join(str(part) for part in parts)
    mac = hmac.new(f"softstart.link:{secret_key}".encode(), text.encode(), hashlib.sha256)
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def _serializer(service_key: str, audience: Service) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        service_key,
        salt=f"softstart.service-token:{audience}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def service_token(service_key: str, *, issuer: Service, audience: Service) -> str:
    """A pass with which `issuer` may ask `audience` something within the next minute."""
    return str(_serializer(service_key, audience).dumps({"iss": issuer}))


def check_service_token(
    service_key: str, token: str, *, audience: Service, max_age: int = SERVICE_TOKEN_SECONDS
) -> Service:
    """The service that asks. Raises BadServiceToken; `max_age` is in seconds."""
    try:
        claims = _serializer(service_key, audience).loads(token, max_age=max_age)
    except BadSignature as error:
        raise BadServiceToken("The service token is not valid here.") from error
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if issuer not in SERVICES:
        raise BadServiceToken("The service token names no service.")
    return issuer  # type: ignore[no-any-return]
