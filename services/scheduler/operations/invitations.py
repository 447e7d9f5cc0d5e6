"""The right to book: intake's permission as we keep it, and our copy of how to reach someone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.contact import Contact
from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.models import AppointmentType, ContactCopy, Invitation
from services.scheduler.operations.schedules import appointment_type, ensure_types
from services.scheduler.operations.timetables import Stamp, versions
from services.scheduler.providers.intake import Permission
from shared.crypto import SubjectKey, seal, unseal_if_readable
from shared.tokens import token_sha256
from shared.zones import UnknownZone, zone

logger = structlog.get_logger(__name__)


def find(session: Session, token: str) -> Invitation | None:
    """The invitation that a booking token opens, with its type, or None when we never met it."""
    return session.scalar(_FOUND, {"token": token_sha256(token)})


_FOUND: Final = (
    select(Invitation)
    .options(joinedload(Invitation.type))
    .where(Invitation.token_sha256 == bindparam("token"))
)


_OWN: Final = tuple(Invitation.__table__.c)
_OF_TYPE: Final = tuple(AppointmentType.__table__.c)
_STAMP: Final = versions().subquery()
_SEEN: Final = select(*_STAMP.c, *_OWN, *_OF_TYPE).select_from(
    _STAMP.outerjoin(
        Invitation.__table__.join(AppointmentType.__table__),
        Invitation.__table__.c.token_sha256 == bindparam("token"),
    )
)


class Seen(NamedTuple):
    """Whom a token lets book, if it is one of ours, and the versions of everybody's hours."""

    permission: Invitation | None
    stamp: Stamp


def seen(session: Session, token: str) -> Seen:
    """For somebody who only looks: one statement, and the permission belongs to no session."""
    row = tuple(session.execute(_SEEN, {"token": token_sha256(token)}).one())
    known = len(_STAMP.c)
    stamp, found = Stamp(*row[:known]), row[known:]
    return Seen(_of_row(found) if any(one is not None for one in found) else None, stamp)


@lru_cache(maxsize=1024)
def _of_row(row: tuple[Any, ...]) -> Invitation:
    """What was read, as it reads; the same values are the same permission."""
    own, of_type = row[: len(_OWN)], row[len(_OWN) :]
    kind = AppointmentType(**_named(_OF_TYPE, of_type))
    return Invitation(**_named(_OWN, own), type=kind)


def _named(columns: Iterable[Any], values: Iterable[Any]) -> dict[str, Any]:
    return {column.key: value for column, value in zip(columns, values, strict=True)}


def accept(session: Session, *, token: str, permission: Permission) -> Invitation:
    """Keep intake's permission, and the copy of the contact that came with it. Happens once."""
    ensure_types(session)
    kind = appointment_type(session, permission.appointment_type)
    if kind is None:
        raise NoSuchLink
    keep_contact(
        session,
        person_id=permission.person_id,
        version=permission.contact_version,
        contact=permission.contact,
    )
    session.execute(
        insert(Invitation)
        .values(
            id=permission.permission_id,
            person_id=permission.person_id,
            token_sha256=token_sha256(token),
            appointment_type_id=kind.id,
            timezone=_known_zone(permission.timezone),
            couple_id=permission.joint.couple_id if permission.joint else None,
            partner_id=permission.joint.partner_id if permission.joint else None,
            unproven=permission.unproven,
        )
        .on_conflict_do_nothing()
    )
    found = find(session, token)
    if found is None:
        raise NoSuchLink
    return found


def has_ended(session: Session, invitation_id: UUID | None) -> bool:
    """Whether nothing is booked with that permission any more."""
    ended_at = session.scalar(select(Invitation.ended_at).where(Invitation.id == invitation_id))
    return ended_at is not None


def choose_zone(session: Session, *, invitation_id: UUID, timezone: str) -> None:
    """Show this person's times in that zone from now on. Raises UnknownZone."""
    zone(timezone)
    session.execute(
        update(Invitation).where(Invitation.id == invitation_id).values(chosen_timezone=timezone)
    )


def keep_contact(
    session: Session, *, person_id: UUID, version: int, contact: Mapping[str, Any]
) -> None:
    """Keep a sealed copy of the contact, unless ours is as new. Late answers change nothing."""
    Contact.from_wire(contact)
    sealed = seal(session, subject_id=person_id, place=_place(person_id), value=_kept_part(contact))
    statement = insert(ContactCopy).values(
        person_id=person_id, version=version, known_version=version, contact_sealed=sealed
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[ContactCopy.person_id],
            set_={
                "version": version,
                "known_version": func.greatest(ContactCopy.known_version, version),
                "contact_sealed": sealed,
                "fetched_at": func.now(),
            },
            where=ContactCopy.version < version,
        )
    )


def mark_contact_stale(session: Session, *, person_id: UUID, version: int) -> None:
    """Intake has a newer version; a job fetches it. Unknown people and old news change nothing."""
    session.execute(
        update(ContactCopy)
        .where(ContactCopy.person_id == person_id, ContactCopy.known_version < version)
        .values(known_version=version)
    )


def stop_refreshing(session: Session, *, person_id: UUID) -> None:
    """Intake has nothing newer after all; what we have stays until we are told to erase it."""
    session.execute(
        update(ContactCopy)
        .where(ContactCopy.person_id == person_id)
        .values(version=ContactCopy.known_version)
    )


@dataclass(frozen=True)
class StaleContact:
    """A person whose copy is older than what intake has."""

    person_id: UUID
    known_version: int


def stale_contacts(session: Session, *, limit: int = 50) -> list[StaleContact]:
    """Whose copies to fetch anew, the oldest first."""
    rows = session.execute(
        select(ContactCopy.person_id, ContactCopy.known_version)
        .where(ContactCopy.known_version > ContactCopy.version)
        .order_by(ContactCopy.fetched_at)
        .limit(limit)
    )
    return [StaleContact(person_id, version) for person_id, version in rows]


def contacts(session: Session, person_ids: list[UUID]) -> dict[UUID, Contact]:
    """How these people may be reached, in two statements. Whoever was erased is left out."""
    rows = session.scalars(select(ContactCopy).where(ContactCopy.person_id.in_(person_ids))).all()
    # Held while unsealing, so that each key is found in the session and not asked for one by one.
    keys = session.scalars(select(SubjectKey).where(SubjectKey.subject_id.in_(person_ids))).all()
    found: dict[UUID, Contact] = {}
    for row in rows:
        wire = unseal_if_readable(
            session,
            subject_id=row.person_id,
            place=_place(row.person_id),
            sealed=row.contact_sealed,
        )
        if wire is not None:
            found[row.person_id] = Contact.from_wire(wire)
    logger.debug("contacts opened", people=len(found), keys=len(keys))
    return found


def _place(person_id: UUID) -> str:
    return f"contact_copy.contact_sealed:{person_id}"


_KEPT = ("name", "pronouns", "email", "phone", "channels", "call_as", "contact_notes_present")


def _kept_part(contact: Mapping[str, Any]) -> dict[str, Any]:
    """Only what these pages show: a field that intake adds later is not copied by accident."""
    return {name: contact.get(name) for name in _KEPT}


def _known_zone(name: str | None) -> str | None:
    try:
        return zone(name).key if name else None
    except UnknownZone:
        return None
