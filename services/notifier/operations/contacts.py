"""Our sealed copies of people's wishes, and whether each is still the latest."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.contact import Contact
from services.notifier.models import ContactCopy
from services.notifier.schemas import ContactSchema
from shared.crypto import SealBroken, SubjectErased, SubjectKey, seal, unseal


def want(session: Session, *, person_id: UUID, version: int) -> None:
    """Note that intake has this version; a copy of an older one is no longer used."""
    new = insert(ContactCopy).values(person_id=person_id, wanted_version=version)
    session.execute(
        new.on_conflict_do_update(
            index_elements=[ContactCopy.person_id],
            set_={
                "wanted_version": func.greatest(
                    new.excluded.wanted_version, ContactCopy.wanted_version
                )
            },
        )
    )


def wanting(session: Session, *, person_id: UUID) -> bool:
    """Whether the contact has to be fetched before anything is sent."""
    copy = _row(session, person_id)
    return copy is None or copy.stale


def wanted_version(session: Session, *, person_id: UUID) -> int:
    """The latest version that intake has spoken of; 0 for someone it has not."""
    copy = _row(session, person_id)
    return 0 if copy is None else copy.wanted_version


def keep(session: Session, *, contact: Contact) -> None:
    """Keep a sealed copy; an older version never replaces a newer. Of the erased, none."""
    try:
        sealed = seal(
            session,
            subject_id=contact.person_id,
            place=_place(contact.person_id),
            value=ContactSchema().dump(contact),
        )
    except SubjectErased:
        return
    new = insert(ContactCopy).values(
        person_id=contact.person_id,
        version=contact.version,
        wanted_version=contact.version,
        contact_sealed=sealed,
        fetched_at=func.now(),
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=[ContactCopy.person_id],
            set_={
                "version": new.excluded.version,
                "contact_sealed": new.excluded.contact_sealed,
                "fetched_at": new.excluded.fetched_at,
                "wanted_version": func.greatest(
                    new.excluded.wanted_version, ContactCopy.wanted_version
                ),
            },
            where=new.excluded.version >= ContactCopy.version,
        )
    )


def latest(session: Session, *, person_id: UUID) -> Contact | None:
    """The contact, or None while the latest version is not here. Raises SubjectErased.

    Someone may have just said that their address is no longer theirs alone: what is known to be
    old is never used.
    """
    copy = _row(session, person_id)
    return None if copy is None or copy.stale else _opened(session, copy)


def last_known(session: Session, *, person_id: UUID) -> Contact | None:
    """The newest copy, stale or not: to name a person to staff, never to send.

    Raises SubjectErased.
    """
    copy = _row(session, person_id)
    return None if copy is None or copy.contact_sealed is None else _opened(session, copy)


def locale_of(session: Session, *, person_id: UUID | None) -> str:
    """In which language somebody is answered; English where it is not known who they are."""
    try:
        known = last_known(session, person_id=person_id) if person_id else None
    except (SubjectErased, SealBroken):
        known = None
    return known.locale if known else "en"


def names(session: Session, *, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names by which staff know these people, in two statements however many they are.

    Who is unknown, erased or nameless is left out.
    """
    copies = session.scalars(select(ContactCopy).where(ContactCopy.person_id.in_(person_ids)))
    # Loaded at once and held here (a session holds rows weakly), each key is at hand below.
    keys = session.scalars(select(SubjectKey).where(SubjectKey.subject_id.in_(person_ids))).all()
    found = {}
    for copy in copies.all():
        try:
            name = _opened(session, copy).name if copy.contact_sealed else ""
        except (SubjectErased, SealBroken):
            continue
        if name:
            found[copy.person_id] = name
    del keys
    return found


def _row(session: Session, person_id: UUID) -> ContactCopy | None:
    return session.get(ContactCopy, person_id, populate_existing=True)


def _opened(session: Session, copy: ContactCopy) -> Contact:
    assert copy.contact_sealed is not None
    document = unseal(
        session,
        subject_id=copy.person_id,
        place=_place(copy.person_id),
        sealed=copy.contact_sealed,
    )
    contact: Contact = ContactSchema().load(document)
    return contact


def _place(person_id: UUID) -> str:
    return f"contact_copy.contact_sealed:{person_id}"
