"""Rows of triage: whose turn it is with an inquiry, and what clinicians did and wrote."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.domain.tasks import State
from services.intake.models import Base

_STATES = ", ".join(f"'{state}'" for state in State)


class Task(Base):
    """Somebody of the staff has to look at an inquiry. Every inquiry has one, from its first page.

    `look` asks the job to read the decision anew and set the clock: a request never does, so that
    no answer takes longer, or leaves another row, for what was confided. `acknowledge_by` tells a
    reader of the database how pressing it is; the job could not find it otherwise.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(owner_id IS NULL) = (owner_name IS NULL)", name="owner"),
        Index("ix_task_look", "look", postgresql_where=text("look")),
        Index("ix_task_open", "acknowledge_by", postgresql_where=text("state = 'open'")),
    )

    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("questionnaire_response.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(default=State.WAITING, server_default=State.WAITING)
    look: Mapped[bool] = mapped_column(default=True, server_default="true")
    owner_id: Mapped[UUID | None]
    owner_name: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    clock_from: Mapped[datetime | None]  # when the present clock began, to show how much is used
    acknowledge_by: Mapped[datetime | None]


class TaskEvent(Base):
    """What happened to a task, by whom. It only grows, and holds ids, names of staff and codes."""

    __tablename__ = "task_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    response_id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    act: Mapped[str]
    by_id: Mapped[UUID | None]  # null: the software by itself
    by_name: Mapped[str]
    to_id: Mapped[UUID | None]
    to_name: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="", server_default="")


class Note(Base):
    """What a clinician wrote for colleagues about one inquiry. Never changed, and in no export."""

    __tablename__ = "note"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("questionnaire_response.id", ondelete="CASCADE"), index=True
    )
    written_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID]
    account_name: Mapped[str]
    words_sealed: Mapped[bytes]


class HoldLift(Base):
    """A clinician has lifted the hold on inviting this person's partner (L14). It only grows."""

    __tablename__ = "hold_lift"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    response_id: Mapped[UUID] = mapped_column(index=True)
    lifted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    account_id: Mapped[UUID]
    account_name: Mapped[str]
    role: Mapped[str]
    reason_sealed: Mapped[bytes]


class EarlierDecision(Base):
    """What the table said before a clinician had read the prose; the newer one counts (L33)."""

    __tablename__ = "earlier_decision"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("questionnaire_response.id", ondelete="CASCADE"), index=True
    )
    decision_sealed: Mapped[bytes]
    decided_at: Mapped[datetime]
    replaced_at: Mapped[datetime]
