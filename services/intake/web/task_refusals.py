"""How the refusals of tasks are answered."""

from http import HTTPStatus

from shared.web.problems import Refusal


class SomebodyElseHasIt(Refusal):
    """Whoever acts does not have the task; the sentence says who does."""

    status = HTTPStatus.CONFLICT
    title = "Somebody else has it"


class NotNow(Refusal):
    """The task stands otherwise than it was seen."""

    status = HTTPStatus.CONFLICT
    title = "It stands otherwise by now"
