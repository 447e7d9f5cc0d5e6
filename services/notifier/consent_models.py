"""The rows of the ledger of consents: who agreed to be texted, to which words, and who ended it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.models import Base


class ChannelConsent(Base):
    """One line: a number was asked, somebody agreed, or somebody ended it. It only grows.

    Whose address it is, is a keyed hash; the person is an id. A line without a person counts for
    everybody at the address: who stops, stops for all. `text_version` and `text_sha256` are of the
    words that were agreed to. `open_until` is until when a question keeps the number from another.
    """

    __tablename__ = "channel_consent"
    __table_args__ = (
        CheckConstraint("channel IN ('email', 'sms')", name="channel"),
        CheckConstraint("act IN ('asked', 'given', 'revoked')", name="act"),
        CheckConstraint("way IN ('question', 'text', 'carrier', 'staff')", name="way"),
        CheckConstraint("(act = 'asked') = (open_until IS NOT NULL)", name="question"),
        CheckConstraint("open_until >= at + interval '24 hours'", name="a_day"),
        CheckConstraint(
            "act = 'revoked' OR (person_id IS NOT NULL AND text_sha256 IS NOT NULL)", name="proof"
        ),
        # The number as a range that holds one number: without btree_gist there is no `=` here.
        ExcludeConstraint(
            (text("int8range(address_key, address_key, '[]')"), "&&"),
            (text("tstzrange(at, open_until)"), "&&"),
            where=text("act = 'asked'"),
            using="gist",
            name="ex_channel_consent_one_question_a_day",
        ),
        Index("ix_channel_consent_address_index", "channel", "address_index", "id"),
        Index("ix_channel_consent_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    channel: Mapped[str]
    address_index: Mapped[bytes] = mapped_column(LargeBinary)
    address_key: Mapped[int] = mapped_column(BigInteger)
    person_id: Mapped[UUID | None]
    act: Mapped[str]
    way: Mapped[str]
    notification_id: Mapped[UUID | None]
    text_version: Mapped[str | None]
    text_sha256: Mapped[str | None]
    recorded_by: Mapped[UUID | None]
    open_until: Mapped[datetime | None]
