"""How the refusals of tasks are answered."""

from http import HTTPStatus

from shared.web.problems import FieldErrors, Refusal


class SomebodyElseHasIt(Refusal):
    """Whoever acts does not have the task; the sentence says who does."""

    status = HTTPStatus.CONFLICT
    title = "Somebody else has it"


class NotNow(Refusal):
    """The task stands otherwise than it was seen."""

    status = HTTPStatus.CONFLICT
    title = "It stands otherwise by now"


class ReasonTooShort(Refusal):
    """A hold is lifted for a reason that can be read later."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Some answers need another look"

    @property
    def field_errors(self) -> FieldErrors:
        detail = "Say why, in a sentence that can be read later."
        return [{"field": "reason", "pointer": "#/reason", "detail": detail}]
