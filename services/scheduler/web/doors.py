"""Who stands at a client's door: the token in the address or the header, and what it opens.

A booking token that we never met is asked about at intake, once, with no transaction open. After
that, intake may be down and the link still works.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchLink, NotBookable
from services.scheduler.models import Invitation
from services.scheduler.operations import (
    appointments,
    invitations,
    joint,
    throttle,
    waitlist_answers,
)
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.joint import Confirmation
from services.scheduler.operations.timetables import Stamp
from services.scheduler.operations.waitlist_answers import Offered
from services.scheduler.providers.intake import Intake, Permission
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.tokens import token_sha256
from shared.vocabulary import AppointmentStatus
from shared.web import database, kept, settings
from shared.zones import UnknownZone, zone

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Guest:
    """A person who came by a link: what they may book, and what they have booked.

    `door` is "t" for the permission to book and "m" for an appointment's own link. Of two people,
    one may have an appointment whose own permission never came by here: then it is None.
    `stamp`: the versions of hours, where they were read along in the same transaction.
    """

    door: str
    token: str
    invitation: Invitation | None
    place: Place | None = None
    stamp: Stamp | None = None

    @property
    def permission(self) -> Invitation:
        """What lets them choose a time. Raises NoSuchLink."""
        if self.invitation is None:
            raise NoSuchLink
        return self.invitation

    @property
    def person_id(self) -> UUID:
        """Who it is."""
        return self.place.participant.person_id if self.place else self.permission.person_id

    def may_choose_next(self, now: datetime) -> bool:
        """Whether what they came about is over and their own link books the next time (N7).

        So it is for two people. Nothing that the other has said or chosen since is asked for.
        """
        if self.place is None or self.invitation is None or self.invitation.couple_id is None:
            return False
        if self.place.status in (AppointmentStatus.PENDING, AppointmentStatus.CANCELLED):
            return False
        said = self.place.status in (AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW)
        return said or self.place.appointment.ends_at <= now

    def address(self, view: str, query: Mapping[str, str | None] | None = None) -> str:
        """Where another step of the same person's way is."""
        values: dict[str, Any] = {"door": self.door, "token": self.token, **(query or {})}
        return url_for(f"client.{view}", **values)


def own_settings() -> Settings:
    """The settings of this service, typed."""
    found = settings()
    assert isinstance(found, Settings)
    return found


@contextmanager
def guest_by_permission(token: str) -> Iterator[tuple[Session, Guest]]:
    """A transaction, and whom a booking token lets in. Raises NoSuchLink, TooManyTries.

    Keeping intake's answer is remembering, not acting: a scanner that opens the link first has
    changed nothing for the person. Raises PeerUnavailable when intake has to be asked and can't.
    """
    _refuse_misshapen(token)
    with database().begin() as session:
        known = invitations.find(session, token)
        if known is not None:
            yield session, Guest("t", token, known)
            return
    permission = _ask_intake(token)
    with database().begin() as session:
        met = invitations.accept(session, token=token, permission=permission)
        yield session, Guest("t", token, met)


def _ask_intake(token: str) -> Permission:
    address = request.remote_addr or ""
    with database().begin() as session:
        tries = throttle.link_tries(session, address)
        throttle.refuse_blocked(session, [tries], now=utcnow())
    intake: Intake = kept("intake")
    permission = intake.permission(token_sha256(token))
    if permission is None:
        with database().begin() as session:
            throttle.count_failure(session, [tries], now=utcnow())
        raise NoSuchLink
    return permission


@contextmanager
def guest_by_appointment(token: str) -> Iterator[tuple[Session, Guest]]:
    """A transaction, and whom an appointment's link lets in. Raises NoSuchLink."""
    _refuse_misshapen(token)
    with database().begin() as session:
        place, permission = appointments.opened_by(session, token)
        yield session, Guest("m", token, permission, place)


@contextmanager
def guest_who_looks(token: str) -> Iterator[tuple[Session, Guest]]:
    """A transaction, and whom a token of either kind lets in, to look at free times alone.

    The versions of everybody's hours are read along with who it is. Raises as the two above.
    """
    _refuse_misshapen(token)
    with database().begin() as session:
        permission, stamp = invitations.seen(session, token)
        if permission is not None:
            yield session, Guest("t", token, permission, stamp=stamp)
            return
        try:
            place, own = appointments.opened_by(session, token)
        except NoSuchLink:
            pass  # intake may know it: it is asked with no transaction open
        else:
            yield session, Guest("m", token, own, place, stamp)
            return
    with guest_by_permission(token) as found:
        yield found


@contextmanager
def guest(door: str, token: str) -> Iterator[tuple[Session, Guest]]:
    """Whoever stands at either door."""
    entrance = guest_by_appointment if door == "m" else guest_by_permission
    with entrance(token) as (session, who):
        yield session, who


@contextmanager
def guest_by_offer(token: str) -> Iterator[tuple[Session, Offered]]:
    """A transaction, and the offer of a freed time that a link opens. Raises NoSuchLink."""
    _refuse_misshapen(token)
    with database().begin() as session:
        yield session, waitlist_answers.by_token(session, token)


def ask_again(door: str, token: str) -> None:
    """Whether two people may still be booked: intake's word counts at that moment (L12).

    Also fetches how to reach the other, if we never met them. Asked with no transaction open, and
    only about a time for two. Raises NotBookable, PeerUnavailable.
    """
    with guest(door, token) as (session, who):
        chosen_with = (
            appointments.chosen_with(session, who.place.appointment)
            if who.invitation is None and who.place
            else who.permission
        )
        confirm = joint.to_confirm(session, chosen_with)
    still_stands(confirm)


def still_stands(confirm: Confirmation | None) -> None:
    """Ask intake whether that permission for two stands, and how to reach the other if unmet.

    With no transaction open. None: nothing is to be asked. Raises NotBookable, PeerUnavailable.
    """
    if confirm is None:
        return
    intake: Intake = kept("intake")
    found = intake.permission(confirm.token_sha256)
    if found is None or found.joint is None or found.joint.couple_id != confirm.couple_id:
        raise NotBookable
    if confirm.unmet is not None:
        version, contact = intake.contact(confirm.unmet)
        with database().begin() as session:
            invitations.keep_contact(
                session, person_id=confirm.unmet, version=version, contact=contact
            )


def _refuse_misshapen(token: str) -> None:
    """What can't be a token of ours costs no look-up."""
    if not _TOKEN.fullmatch(token):
        raise NoSuchLink


@dataclass(frozen=True)
class ShownZone:
    """The zone in which a person's times are shown, and whether we only guess it."""

    info: ZoneInfo
    guessed: bool


def shown_zone(who: Guest) -> ShownZone:
    """The zone chosen by the person; else the browser's, else what intake knows, else ours."""
    if who.invitation is None and who.place is not None:
        return ShownZone(zone(who.place.participant.timezone), guessed=False)
    if who.permission.chosen_timezone:
        return ShownZone(zone(who.permission.chosen_timezone), guessed=False)
    for name in (unquote(request.cookies.get("zone", "")), who.permission.timezone):
        try:
            if name:
                return ShownZone(zone(name), guessed=True)
        except UnknownZone:
            continue
    return ShownZone(zone(own_settings().practice.timezone), guessed=True)
