"""Answers, names and addresses at rest: AES-256-GCM, one data key per person.

Each person (subject) has a data key in `subject_key`, wrapped by the service's keyring.
Changing the keyring re-wraps small rows instead of rewriting data; destroying one wrapped key
makes everything about that person unreadable, wherever it was copied (ASVS 11.3.2, L50). A backup
of the whole database has the wrapped key, too, and opens until it is thrown away.

A sealed value is bound to its place: a ciphertext copied to another row or column does not open.
"""

import hashlib
import hmac
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import DateTime, LargeBinary, SmallInteger, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import SharedBase

logger = structlog.get_logger(__name__)

_FORMAT: Final = b"\x01"
_NONCE: Final = 12

PRACTICE_SUBJECT: Final = UUID(int=1)
"""The subject of what belongs to the practice itself: staff addresses, its own notes."""


class BadKeyring(ValueError):
    """The encryption keys in the environment can't be read."""


class SealBroken(Exception):
    """A sealed value that was changed, moved to another place, or sealed with a lost key."""


class SubjectErased(Exception):
    """The person's key was destroyed; what was sealed with it is gone for good."""


class SubjectKey(SharedBase):
    """A person's data key, wrapped. `wrapped` is null once it was destroyed."""

    __tablename__ = "subject_key"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_version: Mapped[int] = mapped_column(SmallInteger)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    destroyed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def _encrypt(key: bytes, plain: bytes, place: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def _decrypt(key: bytes, sealed: bytes, place: str) -> bytes:
    if sealed[:1] != _FORMAT:
        raise SealBroken("The sealed value has no format that we know.")
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, body, place.encode())
    except (InvalidTag, ValueError):  # ValueError: cut so short that the nonce is missing
        raise SealBroken("The sealed value does not belong here.") from None


@dataclass(frozen=True)
class Keyring:
    """The service's keys: numbered ones that wrap data keys, and one for look-ups by equality."""

    keys: dict[int, bytes]
    current: int
    index_key: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read "2:<base64>,1:<base64>,index:<base64>"; the first is current. Raises BadKeyring."""
        numbered: dict[int, bytes] = {}
        index_key = b""
        try:
            for part in text.split(","):
                name, _, encoded = part.strip().partition(":")
                key = b64decode(encoded, validate=True)
                if len(key) != 32:
                    raise BadKeyring("ENCRYPTION_KEYS: every key must be 32 bytes in base64.")
                if name == "index":
                    index_key = key
                else:
                    numbered[int(name)] = key
        except ValueError as error:
            raise BadKeyring(
                "ENCRYPTION_KEYS must look like 1:<base64 of 32 bytes>,index:<base64 of 32 bytes>."
            ) from error
        if not numbered or not index_key or not all(0 < number < 32768 for number in numbered):
            raise BadKeyring("ENCRYPTION_KEYS needs one numbered key at least, and an index key.")
        return cls(numbered, next(iter(numbered)), index_key)

    def now(self) -> Self:
        """Itself: a keyring that never changes (`shared.keyrings.KeyringFile` is one that does)."""
        return self

    @staticmethod
    def generate_text() -> str:
        """A fresh keyring, in the form that `from_text` reads."""
        first, index = (b64encode(os.urandom(32)).decode() for _ in range(2))
        return f"1:{first},index:{index}"

    def as_text(self) -> str:
        """In the form that `from_text` reads."""
        order = sorted(self.keys, key=lambda number: (number != self.current, -number))
        parts = [(str(number), self.keys[number]) for number in order]
        return ",".join(
            f"{name}:{b64encode(key).decode()}" for name, key in [*parts, ("index", self.index_key)]
        )

    def with_new_key(self) -> "Keyring":
        """The same with one key more, which is the current one."""
        number = max(self.keys) + 1
        return Keyring({number: os.urandom(32), **self.keys}, number, self.index_key)

    def without_old_keys(self) -> "Keyring":
        """The same with the current key alone: only when no row is wrapped with another."""
        return Keyring({self.current: self.keys[self.current]}, self.current, self.index_key)

    def wrap(self, subject_id: UUID, data_key: bytes) -> bytes:
        """The data key, encrypted with the current key."""
        return _encrypt(self.keys[self.current], data_key, f"subject_key:{subject_id}")

    def unwrap(self, subject_id: UUID, version: int, wrapped: bytes) -> bytes:
        """The data key. Raises SealBroken, also when key `version` is no longer in the ring."""
        if version not in self.keys:
            raise SealBroken(f"Encryption key {version} is not in ENCRYPTION_KEYS any more.")
        return _decrypt(self.keys[version], wrapped, f"subject_key:{subject_id}")


def _keyring(session: Session) -> Keyring:
    keyring = session.info.get("keyring")
    if not isinstance(keyring, Keyring):
        raise BadKeyring("This database was opened without its encryption keys.")
    return keyring


def _keyring_now(session: Session) -> Keyring:
    """The keyring again: since this transaction began it may have got a new key."""
    source = session.info.get("keyring_source")
    if source is not None:
        session.info["keyring"] = source.now()
    return _keyring(session)


def _data_key(session: Session, subject_id: UUID, *, create: bool) -> bytes:
    opened: dict[UUID, bytes] = session.info.setdefault("data_keys", {})
    if subject_id in opened:
        return opened[subject_id]
    keyring = _keyring(session)
    row = session.get(SubjectKey, subject_id)
    if row is None and create:
        fresh = keyring.wrap(subject_id, AESGCM.generate_key(256))
        session.execute(
            insert(SubjectKey)
            .values(subject_id=subject_id, key_version=keyring.current, wrapped=fresh)
            .on_conflict_do_nothing()
        )
        row = session.get(SubjectKey, subject_id)
    if row is None:
        raise SealBroken("There is no key for this person.")
    if row.wrapped is None:
        raise SubjectErased("This person's key was destroyed.")
    if row.key_version not in keyring.keys:
        keyring = _keyring_now(session)
    opened[subject_id] = keyring.unwrap(subject_id, row.key_version, row.wrapped)
    return opened[subject_id]


def seal(session: Session, *, subject_id: UUID, place: str, value: Any) -> bytes:
    """Encrypt a JSON-able value with the person's key, making the key at the first use.

    `place` is "table.column:<row id>"; the value opens only when the same place is named again.
    Raises SubjectErased.
    """
    key = _data_key(session, subject_id, create=True)
    return _encrypt(key, json.dumps(value, ensure_ascii=False).encode(), place)


def unseal(session: Session, *, subject_id: UUID, place: str, sealed: bytes) -> Any:
    """The value that was sealed at `place`. Raises SealBroken or SubjectErased."""
    key = _data_key(session, subject_id, create=False)
    return json.loads(_decrypt(key, sealed, place))


def unseal_if_readable(
    session: Session, *, subject_id: UUID, place: str, sealed: bytes | None
) -> Any | None:
    """The same, or None: nothing was sealed, or the person was erased.

    None as well for what can't be opened, which is logged: one broken row must not hide a whole
    page from staff, and somebody has to look.
    """
    if sealed is None:
        return None
    try:
        return unseal(session, subject_id=subject_id, place=place, sealed=sealed)
    except SubjectErased:
        return None
    except SealBroken:
        logger.exception("what is sealed here can't be opened", place=place)
        return None


def destroy_key(session: Session, subject_id: UUID) -> None:
    """Make everything sealed for this person unreadable for ever. There is no way back.

    Where there is no key yet, none is ever made: what comes in late can't be sealed any more.
    """
    gone = {"wrapped": None, "destroyed_at": func.clock_timestamp()}
    session.execute(
        insert(SubjectKey)
        .values(subject_id=subject_id, key_version=0, **gone)
        .on_conflict_do_update(
            index_elements=[SubjectKey.subject_id], set_=gone, where=SubjectKey.wrapped.is_not(None)
        )
    )
    session.info.get("data_keys", {}).pop(subject_id, None)
    session.get(SubjectKey, subject_id, populate_existing=True)  # whoever asks next sees it gone


def blind_index(session: Session, purpose: str, value: str) -> bytes:
    """A keyed hash of a normalised value, for finding a row by equality without storing the value.

    Stays the same when keys rotate. `purpose` keeps the same value apart in different columns.
    """
    text = f"{purpose}\x1f{value}".encode()
    return hmac.new(_keyring(session).index_key, text, hashlib.sha256).digest()


def derived_key(session: Session, purpose: str) -> bytes:
    """A key for something else than sealing, such as a signature; it stays when keys rotate."""
    text = f"softstart.{purpose}".encode()
    return hmac.new(_keyring(session).index_key, text, hashlib.sha256).digest()
