"""How a person may be reached: sealed, versioned, and handed out only as far as it may be used."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.models import Contact, Person
from services.intake.operations.forms import Form
from shared.contracts.intake import ContactChanged
from shared.crypto import seal, unseal
from shared.messaging.outbox import publish

CHANNELS: Final = ("email", "sms", "call", "voicemail")
_BY_PHONE: Final = frozenset(("sms", "call", "voicemail"))
_AGREED_ALOUD: Final = frozenset(("email", "call", "voicemail"))


@dataclass(frozen=True, kw_only=True)
class ContactCard:
    """What another service, or staff, may know in order to reach a person. No answer is in it.

    An address that no channel may use is left out: what nobody has cannot be used by mistake.
    """

    person_id: UUID
    version: int
    name: str
    pronouns: str | None
    email: str | None
    phone: str | None
    channels: dict[str, bool]
    call_as: str | None
    contact_notes_present: bool
    locale: str
    timezone: str | None


def keep(session: Session, form: Form, *, channels: Collection[str], zone: str | None) -> Contact:
    """Keep the contact that a form gives, as the next version: a link may have needed one."""
    person_id = form.response.person_id
    before = _newest(session, person_id, for_change=True)
    version = before.version + 1 if before else 1
    return _add(session, person_id, version, _document(form, channels, zone))


def of_addressee(
    session: Session, *, person_id: UUID, name: str | None, email: str, locale: str
) -> None:
    """Keep the address of somebody who gave us nothing: for e-mail, and for nothing else (L25)."""
    row = Contact(person_id=person_id, version=1)
    document = {
        "name": name or "",
        "pronouns": None,
        "email": email,
        "phone": None,
        "channels": ["email"],
        "call_as": None,
        "contact_notes_present": False,
        "locale": locale,
        "timezone": None,
    }
    row.contact_sealed = seal(session, subject_id=person_id, place=_place(row), value=document)
    session.add(row)
    session.flush()


def provisional(form: Form, *, channels: Collection[str]) -> ContactCard:
    """How somebody who has not sent the form may be reached so far; kept nowhere, version 0."""
    return _card(form.response.person_id, 0, _document(form, channels, None))


def _document(form: Form, channels: Collection[str], zone: str | None) -> dict[str, Any]:
    answers = form.answers
    return {
        "name": answers.get("name_used", ""),
        "pronouns": answers.get("pronouns"),
        "email": answers.get("email"),
        "phone": answers.get("phone"),
        "channels": sorted(channels),
        "call_as": answers.get("call_as"),
        "contact_notes_present": "contact_notes" in answers,
        "locale": form.screener.locale,
        "timezone": zone,
    }


def narrow(session: Session, *, person_id: UUID, keep: Collection[str]) -> ContactCard | None:
    """Stop using every way but these, at once and for whatever still waits to be sent (L19).

    No reason is asked. A way that is closed now stays closed: opening one takes the person's own
    yes. Says that the contact changed, unless nothing did. None for somebody unknown.
    """
    row = _newest(session, person_id, for_change=True)
    if row is None:
        return None
    kept = _opened(session, row)
    ways = [way for way in kept["channels"] if way in keep]
    if "call" not in ways and "voicemail" in ways:
        ways.remove("voicemail")
    if ways != kept["channels"]:
        row = _next_version(session, row, {**kept, "channels": ways})
        publish(session, ContactChanged(person_id=person_id, contact_version=row.version))
    return card(session, person_id=person_id)


def replace(
    session: Session,
    *,
    person_id: UUID,
    email: str | None = None,
    phone: str | None = None,
    agreed: Collection[str] = (),
) -> dict[str, str]:
    """Use this address or number from now on, also for what waits to be sent (L19, L27).

    What was safe and agreed for the old one says nothing about the new one: its ways are closed,
    but for those the person has just `agreed` to. Texts stay closed: they need the person's own
    consent in writing. Returns what is new, by "email" and "phone". No reason is asked.
    """
    row = _newest(session, person_id, for_change=True)
    if row is None:
        return {}
    kept = _opened(session, row)
    given = {"email": email, "phone": phone}
    new = {name: to for name, to in given.items() if to is not None and to != kept[name]}
    if new:
        closed = {way for way in CHANNELS if ("phone" if way in _BY_PHONE else "email") in new}
        opened = {way for way in agreed if way in closed and way in _AGREED_ALOUD}
        if "call" not in opened:
            opened.discard("voicemail")
        ways = sorted((set(kept["channels"]) - closed) | opened)
        row = _next_version(session, row, {**kept, **new, "channels": ways})
        publish(session, ContactChanged(person_id=person_id, contact_version=row.version))
    return new


def history(session: Session, *, person_id: UUID) -> list[dict[str, Any]]:
    """Every version of the contact, the first one first, whole: for the person's own copy."""
    rows = session.scalars(
        select(Contact).where(Contact.person_id == person_id).order_by(Contact.version)
    )
    return [
        {"version": row.version, "since": row.created_at.isoformat(), **_opened(session, row)}
        for row in rows
    ]


def _next_version(session: Session, row: Contact, document: dict[str, Any]) -> Contact:
    return _add(session, row.person_id, row.version + 1, document)


def _add(session: Session, person_id: UUID, version: int, document: dict[str, Any]) -> Contact:
    newer = Contact(person_id=person_id, version=version)
    newer.contact_sealed = seal(
        session, subject_id=newer.person_id, place=_place(newer), value=document
    )
    session.add(newer)
    session.flush()
    return newer


def _newest(session: Session, person_id: UUID, *, for_change: bool = False) -> Contact | None:
    query = (
        select(Contact)
        .where(Contact.person_id == person_id)
        .order_by(Contact.version.desc())
        .limit(1)
    )
    if for_change:
        # The person's row, not the contact's: two changes at once would both see the old one.
        session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    return session.scalar(query)


def card(session: Session, *, person_id: UUID) -> ContactCard | None:
    """The newest contact of this person, or None. Raises SubjectErased."""
    row = _newest(session, person_id)
    return None if row is None else _card(row.person_id, row.version, _opened(session, row))


def _opened(session: Session, row: Contact) -> dict[str, Any]:
    found: dict[str, Any] = unseal(
        session, subject_id=row.person_id, place=_place(row), sealed=row.contact_sealed
    )
    return found


def _card(person_id: UUID, version: int, kept: dict[str, Any]) -> ContactCard:
    open_ways = set(kept.pop("channels"))
    email, phone = kept.pop("email"), kept.pop("phone")
    return ContactCard(
        person_id=person_id,
        version=version,
        email=email if "email" in open_ways else None,
        phone=phone if open_ways & _BY_PHONE else None,
        channels={way: way in open_ways for way in CHANNELS},
        **kept,
    )


def _place(row: Contact) -> str:
    return f"contact.contact_sealed:{row.person_id}:{row.version}"
