"""What the person wrote, to look over before it is sent: never anything sealed.

It follows from the copy of the answers in which every sealed one is neutral, so that its bytes are
the same whatever was confided (L05, L38).
"""

from dataclasses import dataclass

from services.intake.domain.facts import Facts, counted, neutral_copy
from services.intake.operations.forms import Form
from services.intake.web.wording import answer


@dataclass(frozen=True, kw_only=True)
class Part:
    """One page of the form: its number to go back to, its answers in words, and what is unseen."""

    number: int
    title: str
    rows: tuple[tuple[str, str], ...]
    unseen: bool


def review(form: Form) -> list[Part]:
    """Every page but the last, with what was answered on it."""
    neutral = neutral_copy(form.screener, form.answers)
    facts = Facts(form.screener, counted(form.screener, neutral, form.config), form.config)
    return [
        Part(
            number=number,
            title=section.title,
            rows=tuple(
                (item.text, answer(item, facts.answers[item.id]))
                for item in section.items
                if not item.sealed and item.id in facts.answers
            ),
            unseen=section.sealed,
        )
        for number, section in enumerate(form.steps(), start=1)
        if section != form.screener.first_form[-1]
    ]
