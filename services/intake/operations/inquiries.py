"""What staff see of the forms that came in, and the record of every sealed answer they open."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import CRISIS, Item, Section
from services.intake.domain.screening import PRIORITIES
from services.intake.domain.tasks import State, opens_freely
from services.intake.models import (
    Answer,
    Base,
    BookedCall,
    Decision,
    QuestionnaireResponse,
    ResponseStatus,
)
from services.intake.operations import audit, contacts, decisions, forms, questionnaires, tasks
from services.intake.operations.contacts import ContactCard
from services.intake.operations.readers import Reader
from services.intake.triage_models import Task
from shared.crypto import SubjectKey
from shared.db import SharedBase

MOST_ROWS: Final = 500
_VISIBLE: Final = ("open", "private")


class NothingSealed(Exception):
    """There is nothing sealed under that name in this inquiry."""


class GlassClosed(Exception):
    """Somebody else has the task: what is sealed opens by breaking the glass only."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """One person's form, as the queue shows it.

    The front desk has no priority, no crisis and no task: clock and owner would tell.
    """

    response: QuestionnaireResponse
    status: str
    priority: str | None
    crisis: bool
    card: ContactCard | None
    booked: bool
    task: Task | None

    @property
    def came_in(self) -> datetime:
        """When it was sent; for an unfinished one, when it was last written in."""
        return self.response.completed_at or self.response.updated_at

    @property
    def unfinished(self) -> bool:
        """Whether it was never sent: it is here because somebody may be in danger."""
        return self.response.completed_at is None


@dataclass(frozen=True, kw_only=True)
class OpenedAnswer:
    """A sealed answer that was opened, with what it said before it was changed, if it was."""

    item: Item
    value: Value
    before: tuple[Value, ...]


def queue(session: Session, *, reader: Reader, closed: bool = False) -> list[Inquiry]:
    """Who waits, the most pressing first; for the front desk in order of arrival, since the order
    would tell.

    An unfinished form is among them when its answers call for a clinician: the form has promised
    that one may be in touch. The front desk does not see those.
    """
    waiting = list(_responses(session, closed=closed, drafts=reader.clinical))
    held = _at_hand(session, waiting)
    booked = _booked(session, waiting)
    work = tasks.of_inquiries(session, [one.id for one in waiting]) if reader.clinical else {}
    found = [
        inquiry
        for response in waiting
        if (
            inquiry := _inquiry(
                session,
                response,
                reader,
                booked=response.person_id in booked,
                task=work.get(response.id),
            )
        )
    ]
    del held
    return sorted(found, key=_pressing)


def find(session: Session, *, response_id: UUID, reader: Reader) -> Inquiry | None:
    """One inquiry as the queue shows it, or None if there is none that this role may see."""
    response = session.get(QuestionnaireResponse, response_id)
    if response is None:
        return None
    booked = response.person_id in _booked(session, [response])
    task = tasks.find(session, response_id) if reader.clinical else None
    return _inquiry(session, response, reader, booked=booked, task=task)


def read_decision(session: Session, *, inquiry: Inquiry, reader: Reader) -> dict[str, Any]:
    """The decision with its reasons, which speak of sealed answers: so the reading is recorded."""
    audit.record(
        session,
        reader=reader,
        response_id=inquiry.response.id,
        parts=["decision"],
        reason="to read the inquiry",
    )
    return decisions.of(session, inquiry.response)


def visible_answers(
    session: Session, *, inquiry: Inquiry
) -> list[tuple[Section, list[tuple[Item, Value]]]]:
    """What the person answered openly or privately, page by page. Nothing sealed, no consents."""
    screener = questionnaires.of_response(session, inquiry.response)
    rows = session.scalars(
        select(Answer).where(
            Answer.response_id == inquiry.response.id,
            Answer.level.in_(_VISIBLE),
            Answer.superseded_at.is_(None),
        )
    )
    found = {row.link_id: forms.opened(session, inquiry.response.person_id, row) for row in rows}
    by_page = [
        (section, [(i, found[i.id]) for i in section.items if i.id in found and not i.consent])
        for section in screener.first_form
    ]
    return [(section, answers) for section, answers in by_page if answers]


def sealed_parts(session: Session, *, inquiry: Inquiry) -> tuple[Section, ...]:
    """The sections in which something sealed was answered. What, is not looked at."""
    screener = questionnaires.of_response(session, inquiry.response)
    answered = set(_sealed_rows(session, inquiry.response))
    return tuple(
        section
        for section in screener.first_form
        if any(item.sealed and item.id in answered for item in section.items)
    )


def glass(inquiry: Inquiry, reader: Reader) -> str | None:
    """Who has the task, if that keeps what is sealed closed to this reader."""
    task = inquiry.task
    if task is None or opens_freely(task.owner_id, reader.account_id, reader.role):
        return None
    return task.owner_name


def open_sealed(
    session: Session,
    *,
    inquiry: Inquiry,
    parts: Collection[str],
    reader: Reader,
    reason: str,
    breaking: str | None = None,
) -> dict[str, list[OpenedAnswer]]:
    """The sealed answers of these sections, by section id. Each opening is recorded first (L04).

    `breaking` is the code of the reason for which somebody breaks the glass, though another has
    the task; the task's history shows it. Raises GlassClosed; or NothingSealed when one of the
    sections holds nothing sealed. Then nothing is recorded.
    """
    if not reader.clinical:
        raise ValueError("Only clinical staff may open sealed answers.")
    closed_by = glass(inquiry, reader)
    if closed_by is not None and breaking is None:
        raise GlassClosed(closed_by)
    sections = {section.id: section for section in sealed_parts(session, inquiry=inquiry)}
    if not set(parts) <= set(sections):
        raise NothingSealed
    audit.record(
        session, reader=reader, response_id=inquiry.response.id, parts=parts, reason=reason
    )
    if closed_by is not None and breaking is not None:
        tasks.note(
            session,
            response_id=inquiry.response.id,
            reader=reader,
            act="glass",
            reason=breaking,
        )
    rows = _sealed_rows(session, inquiry.response)
    return {part: _opened(session, inquiry.response, sections[part], rows) for part in parts}


def close(session: Session, *, inquiry: Inquiry, reader: Reader, now: datetime) -> None:
    """Staff are done with it. It stays where it is, out of the queue; twice changes nothing."""
    if inquiry.response.closed_at is None:
        inquiry.response.closed_at, inquiry.response.closed_by = now, reader.account_id
        tasks.finish(session, response_id=inquiry.response.id, reader=reader)
        session.flush()


def reopen(session: Session, *, inquiry: Inquiry, reader: Reader) -> None:
    """Back into the queue, in the hands of whoever opens it again."""
    if inquiry.response.closed_at is not None:
        inquiry.response.closed_at = inquiry.response.closed_by = None
        tasks.reopen(session, response_id=inquiry.response.id, reader=reader)


# ---------------------------------------------------------------- rows


def _responses(session: Session, *, closed: bool, drafts: bool) -> Iterable[QuestionnaireResponse]:
    query = (
        select(QuestionnaireResponse)
        .where(QuestionnaireResponse.closed_at.is_not(None) == closed)
        .order_by(QuestionnaireResponse.updated_at.desc())
        .limit(MOST_ROWS)
    )
    if not drafts:
        query = query.where(QuestionnaireResponse.status == ResponseStatus.COMPLETED)
    return session.scalars(query)


def _inquiry(
    session: Session,
    response: QuestionnaireResponse,
    reader: Reader,
    *,
    booked: bool,
    task: Task | None,
) -> Inquiry | None:
    """The inquiry, or None for a draft that nobody should look at."""
    draft = response.status == ResponseStatus.IN_PROGRESS
    if draft and not reader.clinical:
        return None
    decision = decisions.so_far(session, response)
    if decision is None or (draft and decision["track"] != CRISIS):
        return None
    screener = questionnaires.of_response(session, response)
    return Inquiry(
        response=response,
        status=screener.front_desk_status[decision["track"]],
        priority=decision["priority"] if reader.clinical else None,
        crisis=reader.clinical and decision["track"] == CRISIS,
        card=_card(session, response, decision["channels"]),
        booked=booked,
        task=task,
    )


def _card(
    session: Session, response: QuestionnaireResponse, channels: Collection[str]
) -> ContactCard | None:
    if response.status == ResponseStatus.COMPLETED:
        return contacts.card(session, person_id=response.person_id)
    return contacts.provisional(forms.form_of(session, response), channels=channels)


def _pressing(inquiry: Inquiry) -> tuple[bool, bool, int, bool, datetime]:
    """Done comes last; among equals, what nobody has said "I have it" to comes first."""
    place = PRIORITIES.index(inquiry.priority) if inquiry.priority else 0
    done = inquiry.task is not None and inquiry.task.state == State.DONE
    had = inquiry.task is not None and inquiry.task.state == State.ACKNOWLEDGED
    return done, not inquiry.crisis, place, had, inquiry.came_in


def _at_hand(session: Session, found: Collection[QuestionnaireResponse]) -> list[Base | SharedBase]:
    """Every key and decision in one query each. The caller holds them while they are needed."""
    people = [response.person_id for response in found]
    forms_found = [response.id for response in found]
    keys = session.scalars(select(SubjectKey).where(SubjectKey.subject_id.in_(people)))
    decisions = session.scalars(select(Decision).where(Decision.response_id.in_(forms_found)))
    return [*keys, *decisions]


def _booked(session: Session, found: Collection[QuestionnaireResponse]) -> set[UUID]:
    people = [response.person_id for response in found]
    return set(
        session.scalars(
            select(BookedCall.person_id).where(
                BookedCall.person_id.in_(people), BookedCall.state == "booked"
            )
        )
    )


# ---------------------------------------------------------------- what is sealed


def _sealed_rows(session: Session, response: QuestionnaireResponse) -> Mapping[str, list[Answer]]:
    """By question, what counts first and what it replaced after it."""
    rows: dict[str, list[Answer]] = {}
    query = (
        select(Answer)
        .where(Answer.response_id == response.id, Answer.level == "sealed")
        .order_by(Answer.superseded_at.desc().nulls_first())
    )
    for row in session.scalars(query):
        rows.setdefault(row.link_id, []).append(row)
    return rows


def _opened(
    session: Session,
    response: QuestionnaireResponse,
    section: Section,
    rows: Mapping[str, list[Answer]],
) -> list[OpenedAnswer]:
    found = []
    for item in section.items:
        if item.sealed and item.id in rows:
            said = [forms.opened(session, response.person_id, row) for row in rows[item.id]]
            found.append(OpenedAnswer(item=item, value=said[0], before=tuple(said[1:])))
    return found
