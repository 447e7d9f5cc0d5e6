"""What a carrier's own code means, whichever carrier it was."""

from collections.abc import Callable
from typing import Final

from services.notifier.domain.sinch import sinch_code
from services.notifier.domain.verdict import Verdict, twilio_code

_JUDGES: Final[dict[str, Callable[[int], Verdict]]] = {"twilio": twilio_code, "sinch": sinch_code}


def judge(carrier: str, code: int) -> Verdict:
    """Judge a code from a carrier's receipt. Raises KeyError for a provider that sends none."""
    return _JUDGES[carrier](code)
