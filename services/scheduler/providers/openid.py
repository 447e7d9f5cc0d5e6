"""The practice's own sign-in service: OpenID Connect Core 1.0, by the code flow with PKCE.

What it says of somebody is believed only with its signature, for us, for this one asking, and
just now. Its addresses are those of its own discovery document, which has to name it in turn.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.clock import utcnow

TIMEOUT_SECONDS: Final = 5
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
CLOCKS_DIFFER_SECONDS: Final = 60
DISCOVERED_FOR_SECONDS: Final = 3600


class ProviderFailed(Exception):
    """It can't be reached, refuses, or says what does not hold. `str()` is for the log."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What one browser was sent there with; all three come back in one way or another."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """Whom it has let in: its own name for them, and what else it is sure of."""

    subject: str
    email: str | None
    """Only when it says that it has verified it."""
    by_several: bool
    """It says that more than one thing was shown (RFC 8176: `mfa`)."""


class OpenIdProvider:
    """One provider, named by its issuer. Safe to share between threads."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str, back_to: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._back_to = back_to
        self._found: tuple[float, Mapping[str, Any]] | None = None

    def address(self, asking: Asking, *, again: bool) -> str:
        """Where the browser goes. `again`: they shall prove themselves there anew.

        Raises ProviderFailed.
        """
        more = {"prompt": "login"} if again else {}
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._discovered("authorization_endpoint"),
                state=asking.state,
                code_verifier=asking.verifier,
                nonce=asking.nonce,
                **more,
            )
        return str(address)

    def known(self, code: str, asking: Asking) -> Known:
        """Whom the code stands for. Raises ProviderFailed."""
        try:
            with self._client() as client:
                answer = client.fetch_token(
                    self._discovered("token_endpoint"),
                    code=code,
                    code_verifier=asking.verifier,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
        except (requests.RequestException, AuthlibBaseError, ValueError) as error:
            raise ProviderFailed(f"no token: {type(error).__name__}") from None
        claims = self._checked(str(answer.get("id_token", "")), asking)
        several = claims.get("amr")
        verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
        return Known(
            subject=f"{self._issuer} {claims['sub']}",
            email=claims["email"] if verified else None,
            by_several=isinstance(several, list) and "mfa" in several,
        )

    def _client(self) -> OAuth2Session:
        client = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope="openid email",
            redirect_uri=self._back_to,
            code_challenge_method="S256",
        )
        client.trust_env = False
        return client

    def _checked(self, id_token: str, asking: Asking) -> Mapping[str, Any]:
        """OpenID Connect Core 1.0, 3.1.3.7: the signature, of whom, for whom, when, for what."""
        try:
            keys = KeySet.import_key_set(self._fetched(self._discovered("jwks_uri")))
            claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=int(utcnow().timestamp()),
                leeway=CLOCKS_DIFFER_SECONDS,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": asking.nonce},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderFailed(f"its word does not hold: {type(error).__name__}") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", self._client_id) != self._client_id or several:
            raise ProviderFailed("its word is for somebody else, too")
        return claims

    def _discovered(self, name: str) -> str:
        if self._found is None or time.monotonic() - self._found[0] > DISCOVERED_FOR_SECONDS:
            document = self._fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if document.get("issuer") != self._issuer:
                raise ProviderFailed("its discovery document names another issuer")
            self._found = time.monotonic(), document
        address = self._found[1].get(name)
        if not isinstance(address, str) or not address.startswith(_scheme(self._issuer)):
            raise ProviderFailed(f"its discovery document has no {name}")
        return address

    def _fetched(self, address: str) -> Any:
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(address, timeout=TIMEOUT_SECONDS, allow_redirects=False)
            if answer.status_code != 200:
                raise ProviderFailed(f"it answers {answer.status_code}")
            return answer.json()
        except (requests.RequestException, ValueError) as error:
            raise ProviderFailed(f"it can't be asked: {type(error).__name__}") from None


def _scheme(issuer: str) -> str:
    """Https for a provider by https: its word is not fetched by another way."""
    return issuer.partition("//")[0] + "//"
