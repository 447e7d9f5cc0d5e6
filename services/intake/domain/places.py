"""Where a person may be, as the options of a question."""

from typing import Final

from services.intake.domain.questionnaire import Option
from shared.places import LOCATIONS

PLACES: Final = tuple(Option(value=one.code, label=one.name) for one in LOCATIONS)
