"""A form being filled in: its row, its definition and its answers, read and written together."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.intake.domain import pages
from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import Config, Item, Screener, Section
from services.intake.models import Answer, QuestionnaireResponse, ResponseStatus
from services.intake.operations import questionnaires
from shared.crypto import seal, unseal


@dataclass
class Form:
    """A response with all that is needed to go on with it."""

    response: QuestionnaireResponse
    screener: Screener
    config: Config
    answers: dict[str, Value]

    @property
    def completed(self) -> bool:
        """Whether it was sent, so that nothing in it changes any more."""
        return self.response.status == ResponseStatus.COMPLETED

    def steps(self) -> tuple[Section, ...]:
        """The pages to count; see `pages.steps`."""
        return pages.steps(
            self.screener, self.answers, self.config, furthest=self.response.furthest
        )

    def asked(self) -> tuple[Section, ...]:
        """The pages that this person is really asked."""
        return pages.asked(self.screener, self.answers, self.config)


def form_of(session: Session, response: QuestionnaireResponse) -> Form:
    """The response with its definition and its answers unsealed. Raises SubjectErased."""
    return Form(
        response=response,
        screener=questionnaires.of_response(session, response),
        config=questionnaires.config_from(response.config),
        answers=system_fields(response)
        | {
            row.link_id: opened(session, response.person_id, row)
            for row in _rows(session, response.id)
        },
    )


def system_fields(response: QuestionnaireResponse) -> dict[str, Value]:
    """What software and staff have set, under the names that the rules know it by."""
    found: dict[str, Value] = {}
    if response.invited:
        found["invited_by_partner"] = "yes"
    if response.free_text_read_at is not None:
        found["free_text_read"] = True
    return found


def opened(session: Session, person_id: UUID, row: Answer) -> Value:
    """One answer, unsealed."""
    value: Value | list[str] = unseal(
        session, subject_id=person_id, place=_place(row.id), sealed=row.value_sealed
    )
    return tuple(value) if isinstance(value, list) else value


def write(session: Session, form: Form, values: Mapping[str, Value], *, now: datetime) -> None:
    """Keep these answers. One that says what it said before is left alone."""
    rows = {row.link_id: row for row in _rows(session, form.response.id)}
    for name, value in values.items():
        if form.answers.get(name) != value:
            _replace(session, form, form.screener.items[name], rows.get(name), value, now=now)
            form.answers[name] = value
    session.flush()


def clear(session: Session, form: Form, names: Collection[str]) -> None:
    """Take visible answers back; sealed ones are never taken back this way."""
    gone = [name for name in names if not form.screener.items[name].sealed]
    session.execute(
        delete(Answer).where(Answer.response_id == form.response.id, Answer.link_id.in_(gone))
    )
    for name in gone:
        form.answers.pop(name, None)


def _replace(
    session: Session, form: Form, item: Item, row: Answer | None, value: Value, *, now: datetime
) -> None:
    if row is not None and item.sealed:
        row.superseded_at = now
        session.flush()  # its place in the unique index has to be free first
        row = None
    if row is None:
        # The id first: it is part of what the seal is bound to.
        row = Answer(id=uuid4(), response_id=form.response.id, link_id=item.id, level=item.level)
    row.answered_at = now
    row.value_sealed = seal(
        session,
        subject_id=form.response.person_id,
        place=_place(row.id),
        value=list(value) if isinstance(value, tuple) else value,
    )
    session.add(row)


def _rows(session: Session, response_id: UUID) -> Iterable[Answer]:
    return session.scalars(
        select(Answer).where(Answer.response_id == response_id, Answer.superseded_at.is_(None))
    )


def _place(row_id: UUID) -> str:
    return f"answer.value_sealed:{row_id}"
