"""What is destroyed, and when: by its owner's wish, or because its time has come (L47, L48)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, select
from sqlalchemy.orm import Session

from services.intake.audit_models import AuditEntry, LegalHold
from services.intake.domain.keeping import Kept, Periods, Rule, due
from services.intake.domain.questionnaire import CRISIS
from services.intake.models import (
    Answer,
    BookedCall,
    Person,
    QuestionnaireResponse,
    ResponseStatus,
)
from services.intake.operations import audit, decisions, forms, legal_holds, practice
from services.intake.operations.forms import Form
from services.intake.record_models import RecordRequest
from services.intake.triage_models import Note
from shared.contracts.intake import PersonErased
from shared.crypto import destroy_key
from shared.messaging.outbox import publish

_UNDER_18 = "13_17"


class NotErasable(Exception):
    """The form was sent: it is part of a record that the practice has to keep by law."""


class KeptByLaw(Exception):
    """A legal hold stands: nothing of this person is destroyed."""


@dataclass(frozen=True, kw_only=True)
class Eligible:
    """A person whose record may go now, by which rule, and when something last happened in it."""

    person_id: UUID
    rule: Rule
    last_entry: datetime


def erase(session: Session, form: Form) -> None:
    """Destroy a draft at its owner's wish, rows and key (L38).

    Raises NotErasable once sent, or while it has to be kept for a court.
    """
    person_id = form.response.person_id
    if form.completed or legal_holds.standing(session, person_id=person_id):
        raise NotErasable
    destroy(session, person_id=person_id)


def destroy(session: Session, *, person_id: UUID) -> None:
    """Every row that hangs on the person, and the key; and the others are told. Raises KeptByLaw.

    What stays opens no more: consents and what staff typed into the audit are sealed with that key.
    """
    if legal_holds.standing(session, person_id=person_id):
        raise KeptByLaw
    destroy_key(session, person_id)
    session.execute(delete(Person).where(Person.id == person_id))
    publish(session, PersonErased(person_id=person_id))


def periods(session: Session, *, drafts: timedelta) -> Periods:
    """How long things are kept, as the practice has decided; `drafts` is a setting of the host."""
    decided = practice.current(session)
    return Periods(
        draft=drafts,
        inquiry=timedelta(days=decided.inquiry_days),
        record_years=decided.record_years,
    )


def eligible(session: Session, *, now: datetime, drafts: timedelta) -> list[Eligible]:
    """Whose record may go now, and by which rule. Changes nothing: this is the dry run."""
    lengths = periods(session, drafts=drafts)
    shortest = min(lengths.draft, lengths.inquiry)
    last = _last_entry()
    rows = session.execute(_facts(now).where(last < now - shortest).order_by(last)).all()
    return [
        Eligible(person_id=row.person_id, rule=rule, last_entry=row.last_entry)
        for row in rows
        if (rule := due(_kept(session, row), lengths, now))
    ]


def purge(session: Session, *, person_id: UUID, now: datetime, drafts: timedelta) -> Rule | None:
    """Destroy this person's record if its time has come; returns the rule, or None: it stays."""
    if not _locked(session, person_id):
        return None
    kept = of_person(session, person_id=person_id, now=now)
    rule = due(kept, periods(session, drafts=drafts), now) if kept else None
    if rule is not None:
        audit.note(session, reader=None, act="purge", person_id=person_id, reason=rule)
        destroy(session, person_id=person_id)
    return rule


def of_person(session: Session, *, person_id: UUID, now: datetime) -> Kept | None:
    """What counts for how long this person's record is kept, or None for somebody unknown."""
    row = session.execute(_facts(now).where(Person.id == person_id)).one_or_none()
    return None if row is None else _kept(session, row)


def waits_for_a_clinician(session: Session, response: QuestionnaireResponse) -> bool:
    """Whether the answers say that somebody may be in danger, and no clinician is done with it."""
    decision = decisions.so_far(session, response)
    return response.closed_at is None and decision is not None and decision["track"] == CRISIS


# ---------------------------------------------------------------- facts


def _facts(now: datetime) -> Select[*tuple[Any, ...]]:
    held = exists().where(LegalHold.person_id == Person.id, LegalHold.lifted_at.is_(None))
    asked = exists().where(RecordRequest.person_id == Person.id, RecordRequest.state == "open")
    booked = (BookedCall.person_id == Person.id, BookedCall.state == "booked")
    form = QuestionnaireResponse.person_id == Person.id
    sent = exists().where(form, QuestionnaireResponse.status == ResponseStatus.COMPLETED)
    return select(
        Person.id.label("person_id"),
        _last_entry().label("last_entry"),
        (exists().where(form) & ~sent).label("begun"),
        exists().where(form, QuestionnaireResponse.invited).label("invited"),
        exists().where(*booked).label("client"),
        exists().where(*booked, BookedCall.ends_at > now).label("coming"),
        # Somebody who waits for a copy of their record must not lose it meanwhile.
        (held | asked).label("on_hold"),
    )


def _last_entry() -> ColumnElement[datetime]:
    """The newest of all that happened in a record. PostgreSQL's GREATEST passes over nulls."""
    form = QuestionnaireResponse.person_id == Person.id
    written, sent = (
        select(func.max(column)).where(form).scalar_subquery()
        for column in (QuestionnaireResponse.updated_at, QuestionnaireResponse.completed_at)
    )
    ended = select(func.max(BookedCall.ends_at)).where(
        BookedCall.person_id == Person.id, BookedCall.state == "booked"
    )
    # Staff who only look leave the record as it was.
    worked = select(func.max(AuditEntry.at)).where(
        AuditEntry.person_id == Person.id,
        AuditEntry.account_id.is_not(None),
        AuditEntry.act != audit.READ,
    )
    noted = (
        select(func.max(Note.written_at))
        .join(QuestionnaireResponse, QuestionnaireResponse.id == Note.response_id)
        .where(form)
    )
    greatest: ColumnElement[datetime] = func.greatest(
        func.coalesce(written, Person.created_at),
        sent,
        ended.scalar_subquery(),
        worked.scalar_subquery(),
        noted.scalar_subquery(),
    )
    return greatest


def _kept(session: Session, row: Row[Any]) -> Kept:
    written = session.scalars(
        select(QuestionnaireResponse).where(QuestionnaireResponse.person_id == row.person_id)
    ).all()
    return Kept(
        last_entry=row.last_entry,
        begun=row.begun,
        invited=row.invited,
        client=row.client,
        coming=row.coming,
        waits_for_clinician=any(waits_for_a_clinician(session, one) for one in written),
        unread=any(one.status == ResponseStatus.COMPLETED and not one.closed_at for one in written),
        minor_at=_said_under_18(session, row.person_id) if row.client else None,
        on_hold=row.on_hold,
    )


def _said_under_18(session: Session, person_id: UUID) -> datetime | None:
    rows = session.scalars(
        select(Answer)
        .join(QuestionnaireResponse, QuestionnaireResponse.id == Answer.response_id)
        .where(QuestionnaireResponse.person_id == person_id, Answer.link_id == "age_group")
    )
    said = [row.answered_at for row in rows if forms.opened(session, person_id, row) == _UNDER_18]
    return max(said, default=None)


def _locked(session: Session, person_id: UUID) -> bool:
    """Whether nobody is writing in this record just now; and from here on nobody can."""
    found = session.scalars(
        select(Person.id).where(Person.id == person_id).with_for_update(skip_locked=True)
    ).all()
    mine = QuestionnaireResponse.person_id == person_id
    free = session.scalars(
        select(QuestionnaireResponse.id).where(mine).with_for_update(skip_locked=True)
    ).all()
    total = session.scalar(select(func.count()).select_from(QuestionnaireResponse).where(mine))
    return bool(found) and len(free) == total
