"""Who stands at a client's door: the token in the address or the header, and what it opens.

A booking token that we never met is asked about at intake, once, with no transaction open. After
that, intake may be down and the link still works.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.models import Invitation
from services.scheduler.operations import appointments, invitations, throttle
from services.scheduler.operations.appointments import Place
from services.scheduler.providers.intake import Intake, Permission
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.tokens import token_sha256
from shared.web import database, kept, settings
from shared.zones import UnknownZone, zone

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Guest:
    """A person who came by a link: what they may book, and what they have booked.

    `door` is "t" for the permission to book and "m" for an appointment's own link.
    """

    door: str
    token: str
    invitation: Invitation
    place: Place | None = None

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
        place = appointments.by_token(session, token)
        invitation = appointments.invitation_of(session, place)
        if invitation is None:
            raise NoSuchLink
        yield session, Guest("m", token, invitation, place)


@contextmanager
def guest(door: str, token: str) -> Iterator[tuple[Session, Guest]]:
    """Whoever stands at either door."""
    entrance = guest_by_appointment if door == "m" else guest_by_permission
    with entrance(token) as (session, who):
        yield session, who


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
    if who.invitation.chosen_timezone:
        return ShownZone(zone(who.invitation.chosen_timezone), guessed=False)
    for name in (unquote(request.cookies.get("zone", "")), who.invitation.timezone):
        try:
            if name:
                return ShownZone(zone(name), guessed=True)
        except UnknownZone:
            continue
    return ShownZone(zone(own_settings().practice.timezone), guessed=True)
