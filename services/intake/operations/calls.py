"""Whether the private call with a person has taken place: a clinician says so."""

from services.intake.models import QuestionnaireResponse


def done(response: QuestionnaireResponse) -> bool:
    """Whether a clinician has marked it."""
    return getattr(response, "call_done_at", None) is not None
