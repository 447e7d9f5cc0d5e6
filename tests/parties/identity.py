"""An OpenID provider over real HTTP with RSA keys of its own: it lets everybody in, as it is told.

It holds to the protocol where a client could cheat: the code works once, for the address and the
PKCE challenge that it was given out for, and the client shows its secret. `lies` changes what it
says, so that a test sees which words are not believed.
"""

import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLIENT_ID = "softstart"
CLIENT_SECRET = "a secret with : and % in it"


def a_key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)


@dataclass
class IdentityProvider:
    """Who it lets in (`claims`), and how it lies: a function of the claims, or another key."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    lies: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    discovery_lies: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey | None = None
    silent: bool = False
    prompts: list[str | None] = field(default_factory=list)
    _key: RSAKey = field(default_factory=a_key)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def forget(self) -> None:
        """As it was before the first test."""
        self.claims, self.lies, self.signs_with, self.silent = {}, None, None, False
        self.discovery_lies, self.prompts = {}, []

    @Request.application
    def app(self, request: Request) -> Response:
        if self.silent:
            return Response(status=503)
        return {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._keys,
            "/authorize": self._authorize,
            "/token": self._token,
        }[request.path](request)

    def _discovery(self, _: Request) -> Response:
        return _json(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **self.discovery_lies,
            }
        )

    def _keys(self, _: Request) -> Response:
        return _json({"keys": [self._key.as_dict(private=False)]})

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(asked["scope"].split())
        self.prompts.append(asked.get("prompt"))
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(asked)
        back = urlencode({"code": code, "state": asked["state"]})
        return Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    def _token(self, request: Request) -> Response:
        sent = request.form
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        known = kind == "Basic" and b64decode(shown).decode().startswith(f"{CLIENT_ID}:")
        given = self._codes.pop(sent["code"], None)
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            not known
            or given is None
            or given["redirect_uri"] != sent["redirect_uri"]
            or given["code_challenge"] != challenge
        ):
            return _json({"error": "invalid_grant"}, 400)
        return _json(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "id_token": self._word(given["nonce"]),
            }
        )

    def _word(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.claims,
        }
        header = {"alg": "RS256", "kid": self._key.kid}
        told = self.lies(claims) if self.lies else claims
        return jwt.encode(header, told, self.signs_with or self._key)


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")


@contextmanager
def listening() -> Iterator[IdentityProvider]:
    """One that answers while the context lasts."""
    provider = IdentityProvider()
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
