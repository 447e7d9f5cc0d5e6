"""Asking another service something, over HTTP, with a short-lived signed pass."""

import threading
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from shared.settings import CommonSettings
from shared.tokens import service_token
from shared.vocabulary import ANSWERED_BY, Service

TIMEOUT_SECONDS: Final = (3.05, 5)


class PeerUnavailable(Exception):
    """The other service didn't answer, or can't just now. Asking later may work."""


class PeerRefused(Exception):
    """The other service itself answered no; asking again won't help. `status` is HTTP's."""

    def __init__(self, audience: Service, status: int) -> None:
        super().__init__(f"{audience} answered {status}.")
        self.status = status


class Peer:
    """One other service, as seen from one of ours. Safe to share between threads."""

    def __init__(self, settings: CommonSettings, *, audience: Service, issuer: Service) -> None:
        self._base = settings.peer_url(audience).rstrip("/")
        self._key = settings.service_key
        self._audience: Service = audience
        self._issuer: Service = issuer
        self._local = threading.local()

    def get(self, path: str, **params: Any) -> Any:
        """GET `path` below the service's root: its JSON. Raises PeerUnavailable, PeerRefused."""
        return self._ask("GET", path, params=params)

    def post(self, path: str, json: Any) -> Any:
        """POST a JSON document; returns the JSON answer. Raises PeerUnavailable, PeerRefused."""
        return self._ask("POST", path, json=json)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            # Only what can't have arrived, or may arrive twice, is tried again.
            again = Retry(
                connect=2,
                read=0,
                status=2,
                status_forcelist=(502, 503, 504),
                allowed_methods=["GET"],
                backoff_factor=0.1,
                raise_on_status=False,
            )
            session.mount(self._base, HTTPAdapter(max_retries=again))
            session.trust_env = False  # a proxy of the machine's has no business between services
            self._local.session = session
        session = self._local.session
        assert isinstance(session, requests.Session)
        return session

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        token = service_token(self._key, issuer=self._issuer, audience=self._audience)
        try:
            answer = self._session().request(
                method,
                self._base + path,
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **kwargs,
            )
            if answer.status_code >= 500 or answer.status_code == 429:
                raise PeerUnavailable(f"{self._audience} answered {answer.status_code}.")
            if answer.headers.get(ANSWERED_BY) != self._audience:
                # A proxy, another program, a path that is not the service's: it denies nothing.
                raise PeerUnavailable(
                    f"Somebody else answered {answer.status_code} for {self._audience}."
                )
            if answer.status_code != 200:
                raise PeerRefused(self._audience, answer.status_code)
            return answer.json()
        except requests.RequestException as error:
            # The exception's own text holds the address, which may hold an id: name its kind only.
            raise PeerUnavailable(
                f"{self._audience} can't be reached ({type(error).__name__})."
            ) from None
