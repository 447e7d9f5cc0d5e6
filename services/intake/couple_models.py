"""Rows about two partners: a page for each, what links them, what each has signed.

A couple is a row of its own that points at two records; neither record points at it (L10). Only
what runs in a clinician's context, and the clock of an invitation, reads both ends.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.models import Base

_RESPONSE = "questionnaire_response.id"


class PersonalPage(Base):
    """The one page that every neutral message leads to. A higher generation ends the old link."""

    __tablename__ = "personal_page"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    generation: Mapped[int] = mapped_column(server_default="1", default=1)
    token_sha256: Mapped[bytes] = mapped_column(unique=True)


class Couple(Base):
    """A clinician let the first partner (A) invite; B's form once there is one.

    `how_sealed`, with A's key: by a link or by one e-mail. Opened by the software only in the mode
    that opens at once; then `opened_by` is null.
    """

    __tablename__ = "couple"
    __table_args__ = (
        Index(
            "uq_couple_a_response_id",
            "a_response_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    a_response_id: Mapped[UUID] = mapped_column(ForeignKey(_RESPONSE, ondelete="CASCADE"))
    b_response_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(_RESPONSE, ondelete="SET NULL"), unique=True
    )
    how_sealed: Mapped[bytes]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    opened_by: Mapped[UUID | None]
    opened_by_name: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_by_name: Mapped[str | None]


class Invitation(Base):
    """The one invitation of a couple. Its clock starts when it is sent, or the link is made."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    couple_id: Mapped[UUID] = mapped_column(
        ForeignKey("couple.id", ondelete="CASCADE"), unique=True
    )
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    taken_back_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    noted_at: Mapped[datetime | None]  # A was told that a day has come, and nothing else


class Addressee(Base):
    """Whom an invitation was mailed to: a person with an e-mail address and no record.

    Never B, whoever fills the form in, and destroyed as soon as nothing more may be sent (L25).
    """

    __tablename__ = "addressee"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    invitation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("invitation.id", ondelete="SET NULL"), unique=True
    )


class PolicyRequest(Base):
    """A clinician has asked this person to read and sign the policy on private information."""

    __tablename__ = "policy_request"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str]


class PolicySignature(Base):
    """Who signed which words, when. It only grows and outlasts the record: no foreign key."""

    __tablename__ = "policy_signature"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(index=True)
    policy: Mapped[str]
    text_version: Mapped[str]
    text_sha256: Mapped[str]
    signed_at: Mapped[datetime]
    evidence_sealed: Mapped[bytes]


class JointRelease(Base):
    """A clinician lets the two meet together; one that was withdrawn stays, and counts no more.

    The reason is sealed with both people's keys, one around the other: it speaks of both.
    """

    __tablename__ = "joint_release"
    __table_args__ = (
        Index(
            "uq_joint_release_couple_id",
            "couple_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    couple_id: Mapped[UUID] = mapped_column(ForeignKey("couple.id", ondelete="CASCADE"))
    released_at: Mapped[datetime]
    released_by: Mapped[UUID]
    released_by_name: Mapped[str]
    role: Mapped[str]
    reason_sealed: Mapped[bytes]
    told_at: Mapped[datetime | None]  # both were told, at one moment
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_by_name: Mapped[str | None]


class JointPermission(Base):
    """One of the two may choose a time for both, while the release stands and both have signed."""

    __tablename__ = "joint_permission"
    __table_args__ = (UniqueConstraint("release_id", "response_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("joint_release.id", ondelete="CASCADE"))
    response_id: Mapped[UUID] = mapped_column(ForeignKey(_RESPONSE, ondelete="CASCADE"))
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
