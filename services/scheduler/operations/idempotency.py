"""A request that a program sends again, since it never saw the answer, acts once.

After draft-ietf-httpapi-idempotency-key-header-07. The row is written first, in the transaction of
what is done: either both are there or neither, so no key is ever stuck. Of two that come at once
the database lets one in; the other is told to wait. Only refusals and answers are remembered: after
a breakdown nothing was done, and the same key tries anew.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import KeyInUse, KeyUsed, NoSuchLink
from services.scheduler.request_models import IdempotencyKey
from shared.crypto import SubjectErased, seal, unseal

LIFE: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Repeatable:
    """A request with a key: whose it is, and what tells it from another with the same key."""

    key_sha256: bytes
    fingerprint_sha256: bytes
    person_id: UUID

    @classmethod
    def of(cls, *, token: str, key: str, person_id: UUID, what: str, body: Any) -> Self:
        """`what` is method and path. A key is one token's own: two people may choose the same.

        Two bodies that say the same in another order, or with other spaces, are the same.
        """
        said = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return cls(
            key_sha256=sha256(f"{token}\n{key}".encode()).digest(),
            fingerprint_sha256=sha256(f"{what}\n{said}".encode()).digest(),
            person_id=person_id,
        )

    @property
    def place(self) -> str:
        """Where the answer is sealed."""
        return f"idempotency_key.answer_sealed:{self.key_sha256.hex()}"


@dataclass(frozen=True)
class Answer:
    """What was answered, as it went over the wire."""

    status: int
    body: str


def begin(session: Session, request: Repeatable) -> Answer | None:
    """The answer of the first time, or None: this is the first, and nobody else's until the commit.

    Raises KeyInUse while the first is still being answered, KeyUsed if that was another request,
    NoSuchLink once the person was erased.
    """
    number = int.from_bytes(request.key_sha256[:8], signed=True)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise KeyInUse
    session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.key_sha256 == request.key_sha256, _over())
    )
    row = session.get(IdempotencyKey, request.key_sha256, populate_existing=True)
    if row is None:
        session.add(
            IdempotencyKey(
                key_sha256=request.key_sha256, fingerprint_sha256=request.fingerprint_sha256
            )
        )
        session.flush()
        return None
    if row.fingerprint_sha256 != request.fingerprint_sha256:
        raise KeyUsed
    if row.status is None or row.answer_sealed is None:
        raise KeyInUse
    try:
        body = unseal(
            session, subject_id=request.person_id, place=request.place, sealed=row.answer_sealed
        )
    except SubjectErased as error:
        raise NoSuchLink from error
    return Answer(row.status, body)


def remember(session: Session, request: Repeatable, answer: Answer) -> None:
    """Keep the answer for `LIFE`, sealed with the person's key: it holds a link of theirs."""
    row = session.get_one(IdempotencyKey, request.key_sha256)
    row.status = answer.status
    try:
        row.answer_sealed = seal(
            session, subject_id=request.person_id, place=request.place, value=answer.body
        )
    except SubjectErased as error:
        raise NoSuchLink from error
    session.flush()


def forget(session: Session) -> int:
    """Housekeeping: drop what is older than `LIFE`; returns how many."""
    gone = session.execute(
        delete(IdempotencyKey).where(_over()).returning(IdempotencyKey.key_sha256),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def _over() -> Any:
    return IdempotencyKey.created_at < func.clock_timestamp() - LIFE
