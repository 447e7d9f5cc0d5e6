"""Rows of intake: forms, people, what they answered, what they agreed to, who opened what.

Everything a person wrote, and everything computed from it, is sealed with that person's own key;
the columns in plain sight hold ids, times and versions. Consents only grow: the database refuses to
change or delete one. So does the audit chain (`audit_models`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import NAMING_CONVENTION


class ResponseStatus(StrEnum):
    """FHIR R5 QuestionnaireResponse.status, the values in use."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Base(DeclarativeBase):
    """Everything that only intake has; see `shared.db.SharedBase` for the rest."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
    }


class Questionnaire(Base):
    """One version of the form in its very words, kept for as long as an answer to it (L33)."""

    __tablename__ = "questionnaire"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    locale: Mapped[str]
    definition: Mapped[str]
    first_used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ScreenerVersion(Base):
    """A version of the form that was put to use here; the highest number counts. It only grows.

    `edits` are the practice's own words by place, each with the reviewed words it took the place
    of. `reviewed_sha256` is the reviewed file underneath, whose rules count.
    """

    __tablename__ = "screener_version"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("questionnaire.sha256"))
    reviewed_sha256: Mapped[str] = mapped_column(ForeignKey("questionnaire.sha256"))
    installed: Mapped[bool]  # by the command line, with rules of its own; else words alone changed
    edits: Mapped[dict[str, Any]]
    published_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    published_by: Mapped[UUID | None]
    published_by_name: Mapped[str]


class ScreenerDraft(Base):
    """The edits that staff are at, one for the practice. Whoever publishes locks it."""

    __tablename__ = "screener_draft"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    edits: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changed_by_name: Mapped[str]


class Person(Base):
    """Somebody who began a form. Two people are never merged, whatever they share (L08)."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contact(Base):
    """How a person may be reached, one row per version; the highest counts."""

    __tablename__ = "contact"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    contact_sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class QuestionnaireResponse(Base):
    """One person's form, from the first page to the decision. Tokens are kept as hashes only."""

    __tablename__ = "questionnaire_response"
    __table_args__ = (
        CheckConstraint("status IN ('in-progress', 'completed')", name="status"),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed"),
        CheckConstraint("(resume_sha256 IS NULL) = (resume_until IS NULL)", name="resume"),
        Index("ix_questionnaire_response_open", "status", "updated_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(default=ResponseStatus.IN_PROGRESS)
    questionnaire_sha256: Mapped[str] = mapped_column(ForeignKey("questionnaire.sha256"))
    config: Mapped[dict[str, Any]]  # the practice's settings that the rules read
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    booking_sha256: Mapped[bytes | None] = mapped_column(unique=True)
    # The link that was sent to go on with it, and how long it opens.
    resume_sha256: Mapped[bytes | None] = mapped_column(unique=True)
    resume_until: Mapped[datetime | None]
    # The last page that was sent, counted in the form itself and not among the pages shown.
    furthest: Mapped[int] = mapped_column(default=-1)
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # staff are done with it
    closed_by: Mapped[UUID | None]
    # The form's system fields: set by software or staff, never typed by the person.
    invited: Mapped[bool] = mapped_column(server_default="false", default=False)
    unproven: Mapped[bool] = mapped_column(server_default="false", default=False)  # of a flood
    free_text_read_at: Mapped[datetime | None]
    free_text_read_by: Mapped[UUID | None]
    call_done_at: Mapped[datetime | None]  # the private call, as a clinician has marked it
    call_done_by: Mapped[UUID | None]


class Answer(Base):
    """One answer.

    A visible one that is replaced is gone. A sealed one is kept as superseded, so that whoever sits
    at the keyboard later cannot take a disclosure back unseen.
    """

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint("level IN ('open', 'private', 'sealed')", name="level"),
        Index(
            "uq_answer_response_id_link_id",
            "response_id",
            "link_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("questionnaire_response.id", ondelete="CASCADE"), index=True
    )
    link_id: Mapped[str]
    level: Mapped[str]
    value_sealed: Mapped[bytes]
    answered_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class Decision(Base):
    """What the table said, final once the response is completed.

    Written anew with each page of a draft, whatever it says, so that its being there tells nothing.
    """

    __tablename__ = "decision"

    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("questionnaire_response.id", ondelete="CASCADE"), primary_key=True
    )
    decision_sealed: Mapped[bytes]
    decided_at: Mapped[datetime]
    # Which form, table and words it was made by (L33); null in rows from before they were noted.
    form_sha256: Mapped[str | None]
    rules_sha256: Mapped[str | None]
    text_version: Mapped[str | None]


class Consent(Base):
    """The consent ledger: what was asked, in which words, and what was said. It only grows.

    No foreign keys: the ledger outlasts the person's record. What was said, and from where, is
    sealed with the person's key.
    """

    __tablename__ = "consent"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(index=True)
    response_id: Mapped[UUID]
    link_id: Mapped[str]
    text_version: Mapped[str]
    text_sha256: Mapped[str]
    locale: Mapped[str]
    said_at: Mapped[datetime]
    evidence_sealed: Mapped[bytes]


class PracticeSettings(Base):
    """What the practice has decided, as `domain.practice.PracticeSettings`; the newest row counts.

    Rows are only added: which rules stood on a day can always be told.
    """

    __tablename__ = "practice_settings"

    version: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    settings: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changed_by: Mapped[UUID]
    changed_by_name: Mapped[str]


class CommunicationRequest(Base):
    """A neutral message that a person is to get (FHIR CommunicationRequest).

    The notifier hears the id alone and asks for the rest; the link in it is sealed with the
    person's key.
    """

    __tablename__ = "communication_request"
    __table_args__ = (
        CheckConstraint("purpose IN ('update', 'resume', 'invitation')", name="purpose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]
    link_sealed: Mapped[bytes]
    not_after: Mapped[datetime]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    withdrawn_at: Mapped[datetime | None]


class BookedCall(Base):
    """What the scheduler has said about a person's appointment; the highest sequence counts."""

    __tablename__ = "booked_call"
    __table_args__ = (CheckConstraint("state IN ('booked', 'cancelled')", name="state"),)

    appointment_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    sequence: Mapped[int]
    state: Mapped[str]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class Tally(Base):
    """A bare count: all that is kept of somebody under 13 (L44)."""

    __tablename__ = "tally"

    name: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)
