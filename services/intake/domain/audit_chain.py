"""The chain of audit entries: each entry's hash covers the one before it, with a key (L04).

The key is not in the database, so whoever can write there can't compute a hash. Cutting off the end
leaves a chain that is whole in itself; anchors, kept outside of the database, tell how far it went.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

NOTHING_BEFORE: Final = bytes(32)
"""What stands for the hash of the entry before the first."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One entry, field by field. The order of the fields is part of the hash: never change it."""

    seq: int
    id: UUID
    at: datetime
    account_id: UUID | None
    account_name: str
    role: str
    act: str
    response_id: UUID | None
    person_id: UUID | None
    part: str | None
    reason: str
    reason_sealed: bytes | None
    request_id: str | None
    prev_hash: bytes
    hash: bytes = b""

    def sealed_up(self, key: bytes) -> "Link":
        """The same with its hash."""
        return replace(self, hash=self.digest(key))

    def digest(self, key: bytes) -> bytes:
        """HMAC-SHA-256 over every field but the hash itself."""
        values = [_plain(getattr(self, field.name)) for field in fields(self)[:-1]]
        return _mac(key, values)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """How far the chain went on a day; or, `restored`, that a backup took it back to here."""

    seq: int
    hash: bytes
    at: datetime
    kind: Literal["anchor", "restored"] = "anchor"

    def line(self, key: bytes) -> str:
        """As one line of a file, signed."""
        values = self._values()
        return json.dumps({**values, "mac": _mac(key, list(values.values())).hex()})

    def _values(self) -> dict[str, object]:
        at = self.at.astimezone(UTC).isoformat()
        return {"kind": self.kind, "seq": self.seq, "hash": self.hash.hex(), "at": at}


class ChainBroken(Exception):
    """The first entry that is not what was written: its number, and what is wrong with it."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(f"Entry {seq} {what}.")
        self.seq = seq
        self.what = what


class AnchorForged(Exception):
    """A line of the file of anchors that was not written by us, or was changed."""


def read_anchors(lines: Iterable[str], key: bytes) -> list[Anchor]:
    """What the file says. Raises AnchorForged, naming the line."""
    return [_read_anchor(line, number, key) for number, line in enumerate(lines, 1) if line.strip()]


def standing(anchors: Iterable[Anchor]) -> list[Anchor]:
    """Those that the chain is held to: a restored backup voids the ones that came after it."""
    kept: list[Anchor] = []
    for anchor in anchors:
        if anchor.kind == "restored":
            kept = [one for one in kept if one.seq <= anchor.seq]
        kept.append(anchor)
    return kept


def _read_anchor(line: str, number: int, key: bytes) -> Anchor:
    try:
        said = json.loads(line)
        anchor = Anchor(
            kind=said["kind"],
            seq=int(said["seq"]),
            hash=bytes.fromhex(said["hash"]),
            at=datetime.fromisoformat(said["at"]),
        )
        genuine = hmac.compare_digest(anchor.line(key), line.strip())
    except (ValueError, KeyError, TypeError):
        genuine = False
    if not genuine:
        raise AnchorForged(f"Line {number} of the anchors is not one that we wrote.")
    return anchor


def follow(links: Iterable[Link], key: bytes, anchors: Iterable[Anchor] = ()) -> Iterator[Link]:
    """Walk the chain, yielding each good entry. Raises ChainBroken at the first bad one."""
    kept = standing(anchors)
    anchored = {anchor.seq: anchor for anchor in kept}
    last, before = 0, NOTHING_BEFORE
    for link in links:
        _compare(link, last, before, key)
        anchor = anchored.get(link.seq)
        if anchor is not None and anchor.hash != link.hash:
            raise ChainBroken(link.seq, "is not the one that was anchored: the chain was rewritten")
        yield link
        last, before = link.seq, link.hash
    furthest = max(kept, key=lambda anchor: anchor.seq, default=None)
    if furthest is not None and furthest.seq > last:
        went = f"the chain went as far as {furthest.seq} on {furthest.at:%Y-%m-%d}"
        raise ChainBroken(last + 1, f"is missing: {went}")


def _compare(link: Link, last: int, before: bytes, key: bytes) -> None:
    if link.seq != last + 1:
        raise ChainBroken(last + 1, "is missing: it was deleted")
    if not hmac.compare_digest(link.prev_hash, before):
        raise ChainBroken(link.seq, "does not follow the one before it: it was moved or replaced")
    if not hmac.compare_digest(link.digest(key), link.hash):
        raise ChainBroken(link.seq, "was changed after it was written")


def _mac(key: bytes, values: list[object]) -> bytes:
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, UUID) else value
