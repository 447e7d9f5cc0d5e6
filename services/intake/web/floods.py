"""At the form's door: whether a person sends it, or a program that sends many (P26)."""

from http import HTTPStatus
from typing import Final

from flask import request
from sqlalchemy.orm import Session

from services.intake.domain.flood import network
from services.intake.operations import flood
from services.intake.operations.flood import Flooded, TooFast
from services.intake.operations.forms import Form
from shared.clock import utcnow
from shared.web import settings
from shared.web.problems import Refusal

TRAP: Final = "website"
"""A field that nobody sees, so only a program fills it in."""

TRAPPED: Final = (
    "A field was filled in that is not for you to see. Some browsers do that by themselves. "
    "It is empty again: please press Send once more."
)
TOO_FAST: Final = (
    "That was very quick. Nothing you wrote is lost. Please look it over, then press Send again."
)


class ComeBackLater(Refusal):
    """So many came from there that a program is sending them."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Please call us instead"

    def __init__(self, flooded: Flooded) -> None:
        minutes = -(-int(flooded.wait.total_seconds()) // 60)
        super().__init__(
            "Many forms came from your network just now, so this site takes no more from there for "
            f"{minutes} {'minute' if minutes == 1 else 'minutes'}. Nothing you wrote is lost. "
            "Please call us, or send it then."
        )
        self.wait = flooded.wait

    @property
    def headers(self) -> dict[str, str]:
        """How long to wait, in seconds (RFC 9110, 10.2.3)."""
        return {"Retry-After": str(int(self.wait.total_seconds()) + 1)}


class NotSoFast(ComeBackLater):
    """Sent sooner than anybody could have read it."""

    title = "Please look it over"

    def __init__(self, fast: TooFast) -> None:
        super().__init__(fast)
        self.args = (TOO_FAST,)


def let_begin(session: Session) -> None:
    """Raises ComeBackLater when too many forms were begun from there."""
    try:
        flood.begin(session, network=_network(), limits=settings().limits, now=utcnow())
    except Flooded as flooded:
        raise ComeBackLater(flooded) from flooded


def let_send(session: Session, form: Form) -> None:
    """Raises ComeBackLater or NotSoFast; the session is as it was then."""
    try:
        flood.send(session, form, network=_network(), limits=settings().limits, now=utcnow())
    except TooFast as fast:
        raise NotSoFast(fast) from fast
    except Flooded as flooded:
        raise ComeBackLater(flooded) from flooded


def _network() -> str | None:
    return network(request.remote_addr or "")
