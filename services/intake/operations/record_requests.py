"""Requests about a person's record: noted, acted on, and every act written down (L15, L16, L18).

What was asked and why something was denied is sealed with the person's key. The state of a request
is a column; its history is `RecordAct`, which only grows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain.records import Kind, answer_due
from services.intake.operations import audit
from services.intake.operations.readers import Reader
from services.intake.record_models import RecordAct, RecordRequest
from shared.crypto import seal, unseal

MOST_ROWS: Final = 500


class NotLicensed(Exception):
    """Only a licensed professional may do this, and has to say by which license (L16)."""


class NotTheReviewer(Exception):
    """A denial is looked at again by somebody else than the one who denied."""


class NotOpen(Exception):
    """That can't be done with the request as it stands now."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request with what was asked, opened."""

    id: UUID
    person_id: UUID
    kind: str
    state: str
    received_on: date
    due_on: date | None
    details: Mapping[str, Any]

    @property
    def open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state == "open"


@dataclass(frozen=True, kw_only=True)
class Act:
    """One line of a request's history."""

    act: str
    at: datetime
    account_id: UUID
    by: str
    details: Mapping[str, Any]


def note(
    session: Session,
    *,
    person_id: UUID,
    kind: Kind,
    received_on: date,
    details: Mapping[str, Any],
    reader: Reader,
) -> Request:
    """Somebody has asked. `details` are the person's words, or who is to get what."""
    row = RecordRequest(
        id=uuid4(),
        person_id=person_id,
        kind=kind,
        received_on=received_on,
        due_on=answer_due(kind, received_on),
        state="open",
    )
    row.details_sealed = seal(session, subject_id=person_id, place=_place(row), value=dict(details))
    session.add(row)
    session.flush()
    write_down(session, request_id=row.id, person_id=person_id, act="received", reader=reader)
    return _opened(session, row)


def of_person(session: Session, *, person_id: UUID) -> list[Request]:
    """Everything that this person has asked for, newest first, opened: for clinical roles."""
    rows = session.scalars(
        select(RecordRequest)
        .where(RecordRequest.person_id == person_id)
        .order_by(RecordRequest.noted_at.desc())
        .limit(MOST_ROWS)
    )
    return [_opened(session, row) for row in rows]


def outlines(session: Session, *, person_id: UUID | None = None) -> list[RecordRequest]:
    """The rows without a word of what was asked, the first to be due first: for every role.

    Of one person all of them; without one, those that are open.
    """
    query = select(RecordRequest)
    if person_id is None:
        query = query.where(RecordRequest.state == "open")
    else:
        query = query.where(RecordRequest.person_id == person_id)
    order = (RecordRequest.due_on.asc().nulls_last(), RecordRequest.noted_at)
    return list(session.scalars(query.order_by(*order).limit(MOST_ROWS)))


def find(
    session: Session, *, request_id: UUID, person_id: UUID, for_change: bool = False
) -> Request | None:
    """One request of this person, or None: somebody else's is not found."""
    query = select(RecordRequest).where(
        RecordRequest.id == request_id, RecordRequest.person_id == person_id
    )
    row = session.scalar(query.with_for_update() if for_change else query)
    return None if row is None else _opened(session, row)


def acts(session: Session, request: Request) -> list[Act]:
    """What was done about it, oldest first."""
    rows = session.scalars(
        select(RecordAct).where(RecordAct.request_id == request.id).order_by(RecordAct.id)
    )
    return [
        Act(
            act=row.act,
            at=row.at,
            account_id=row.account_id,
            by=row.account_name,
            details=unseal(
                session,
                subject_id=row.person_id,
                place=_act_place(row.request_id, row.act),
                sealed=row.details_sealed,
            ),
        )
        for row in rows
    ]


def write_down(
    session: Session,
    *,
    request_id: UUID,
    person_id: UUID,
    act: str,
    reader: Reader,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the history of a request."""
    audit.note(session, reader=reader, act=f"record-{act}", person_id=person_id)
    sealed = seal(
        session,
        subject_id=person_id,
        place=_act_place(request_id, act),
        value=dict(details or {}),
    )
    session.add(
        RecordAct(
            request_id=request_id,
            person_id=person_id,
            act=act,
            account_id=reader.account_id,
            account_name=reader.name,
            role=reader.role,
            details_sealed=sealed,
        )
    )
    session.flush()


def act(
    session: Session,
    request: Request,
    *,
    name: str,
    reader: Reader,
    state: str | None = None,
    **details: Any,
) -> None:
    """Write down an act on this request and, with `state`, move it there.

    The request must have been found `for_change`.
    """
    write_down(
        session,
        request_id=request.id,
        person_id=request.person_id,
        act=name,
        reader=reader,
        details=details,
    )
    if state is not None:
        session.get_one(RecordRequest, request.id).state = state
        session.flush()


def deliver(session: Session, request: Request, *, way: str, reader: Reader) -> None:
    """The copy went to the person, by staff, in a safe way. Raises NotOpen without a copy made."""
    made = any(one.act == "exported" for one in acts(session, request))
    if request.kind != "access" or not request.open or not made:
        raise NotOpen
    act(session, request, name="delivered", reader=reader, state="done", way=way)


def deny_access(
    session: Session,
    request: Request,
    *,
    reader: Reader,
    license_number: str,
    ground: str,
    words: str,
    reviewer: str = "",
) -> None:
    """A licensed professional finds that giving the copy would endanger somebody (L16).

    Whoever asked may have the denial looked at by another licensed professional; `reviewer` names
    one. Raises NotLicensed, NotOpen.
    """
    require_license(reader, license_number)
    if request.kind != "access" or not request.open:
        raise NotOpen
    act(
        session,
        request,
        name="denied",
        reader=reader,
        state="denied",
        license=license_number,
        ground=ground,
        words=words,
        reviewer=reviewer,
    )


def review_denial(
    session: Session,
    request: Request,
    *,
    reader: Reader,
    license_number: str,
    upheld: bool,
    words: str,
) -> None:
    """Another licensed professional has looked at the denial; reversed, the copy is due again.

    Raises NotLicensed, NotTheReviewer, NotOpen.
    """
    require_license(reader, license_number)
    denial = standing_denial(session, request)
    if denial is None:
        raise NotOpen
    if reader.account_id == denial.account_id:
        raise NotTheReviewer
    act(
        session,
        request,
        name="upheld" if upheld else "reversed",
        reader=reader,
        state=None if upheld else "open",
        license=license_number,
        words=words,
    )


def standing_denial(session: Session, request: Request) -> Act | None:
    """The denial of access that nobody has reviewed yet, or None."""
    if request.kind != "access" or request.state != "denied":
        return None
    decided = [one for one in acts(session, request) if one.act in ("denied", "upheld")]
    return decided[-1] if decided and decided[-1].act == "denied" else None


def decide_amendment(
    session: Session,
    request: Request,
    *,
    reader: Reader,
    accepted: bool,
    ground: str = "",
    words: str = "",
) -> None:
    """Accept or deny a change (L18). The original stays; what was asked stands beside it.

    Raises NotOpen, and NotLicensed for a role that is not clinical.
    """
    if not reader.clinical:
        raise NotLicensed
    if request.kind != "amendment" or not request.open:
        raise NotOpen
    act(
        session,
        request,
        name="accepted" if accepted else "denied",
        reader=reader,
        state="done" if accepted else "denied",
        ground=ground,
        words=words,
    )


def disagree(session: Session, request: Request, *, reader: Reader, words: str) -> None:
    """The person disagrees with a denied amendment; the statement goes with the record."""
    if request.kind != "amendment" or request.state != "denied":
        raise NotOpen
    act(session, request, name="disagreed", reader=reader, words=words)


def withdraw(session: Session, request: Request, *, reader: Reader) -> None:
    """The person does not want it any more. Raises NotOpen."""
    if not request.open:
        raise NotOpen
    act(session, request, name="withdrawn", reader=reader, state="done")


def require_license(reader: Reader, license_number: str) -> None:
    """Who denies, or reviews, has a clinical role and says by which license. Raises NotLicensed."""
    if not reader.clinical or not license_number.strip():
        raise NotLicensed


def _opened(session: Session, row: RecordRequest) -> Request:
    return Request(
        id=row.id,
        person_id=row.person_id,
        kind=row.kind,
        state=row.state,
        received_on=row.received_on,
        due_on=row.due_on,
        details=unseal(
            session, subject_id=row.person_id, place=_place(row), sealed=row.details_sealed
        ),
    )


def _place(row: RecordRequest) -> str:
    return f"record_request.details_sealed:{row.id}"


def _act_place(request_id: UUID, act: str) -> str:
    # The row's own number is the database's to give; request and act bind it well enough.
    return f"record_act.details_sealed:{request_id}:{act}"
