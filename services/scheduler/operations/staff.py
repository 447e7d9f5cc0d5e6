"""Who works here: accounts, the links that make them, and sessions that can be ended."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.errors import (
    AddressTaken,
    LinkExpired,
    NotWelcome,
    StaffRefused,
    TooManyTries,
    WrongPasskey,
)
from services.scheduler.domain.password import check_password
from services.scheduler.operations import (
    passkeys,
    passwords,
    second_factor,
    sign_in_events,
    throttle,
)
from services.scheduler.operations.directory import address_place
from services.scheduler.operations.passkeys import Answer
from services.scheduler.operations.schedules import add_practitioner, ensure_types
from services.scheduler.settings import Settings
from services.scheduler.staff_models import StaffAccount, StaffLink, StaffSession
from shared.crypto import PRACTICE_SUBJECT, blind_index, seal
from shared.tokens import new_token, token_sha256
from shared.vocabulary import PREFIX, Role

Purpose = Literal["first-run", "welcome", "sign-in"]

LINK_LIFE: Final[dict[Purpose, timedelta]] = {
    "first-run": timedelta(days=2),
    "welcome": timedelta(days=7),
    "sign-in": timedelta(minutes=10),
}
SESSION_LIFE: Final = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class NewColleague:
    """What is asked about someone who is to work here; the last two, who sees clients."""

    name: str
    email: str
    credentials: str = ""
    video_room: str | None = None


@dataclass(frozen=True, kw_only=True)
class HalfWay:
    """Somebody has shown a password or a link, and a second step is still asked of them."""

    account_id: UUID
    how: str


# ---------------------------------------------------------------- links that work once


def first_run_link(session: Session, *, settings: Settings, now: datetime) -> str | None:
    """The address at which the owner makes the first account, or None when there is one.

    Each call gives a new link, and only the last one works.
    """
    if session.scalar(select(exists().where(StaffAccount.id.is_not(None)))):
        return None
    session.execute(
        update(StaffLink)
        .where(StaffLink.purpose == "first-run", StaffLink.used_at.is_(None))
        .values(used_at=now)
    )
    token = new_link(session, purpose="first-run", account_id=None, now=now)
    return f"{settings.public_url}{PREFIX['scheduler']}/staff/first-run/{token}"


def owner_link(session: Session, *, settings: Settings, now: datetime) -> str:
    """A link that lets the owner in, once: to make the first account, or to sign in with it."""
    first = first_run_link(session, settings=settings, now=now)
    if first is not None:
        return first
    owner = session.scalars(
        select(StaffAccount)
        .where(StaffAccount.role == Role.OWNER, StaffAccount.closed_at.is_(None))
        .order_by(StaffAccount.created_at)
    ).first()
    if owner is None:
        raise LinkExpired
    return sign_in_address(session, owner, settings, now)


def sign_in_address(
    session: Session, account: StaffAccount, settings: Settings, now: datetime
) -> str:
    """A link that signs this account in, once."""
    token = new_link(session, purpose="sign-in", account_id=account.id, now=now)
    return f"{settings.public_url}{PREFIX['scheduler']}/staff/link/{token}"


def refuse_expired(session: Session, *, token: str, purpose: Purpose, now: datetime) -> None:
    """Raises LinkExpired unless the link still works. Looking does not use it up."""
    _working(session.get(StaffLink, token_sha256(token)), purpose, now)


def _working(link: StaffLink | None, purpose: Purpose, now: datetime) -> StaffLink:
    if link is None or link.purpose != purpose or link.used_at or link.expires_at <= now:
        raise LinkExpired
    return link


def new_link(session: Session, *, purpose: Purpose, account_id: UUID | None, now: datetime) -> str:
    """The token of a link that works once, for as long as its purpose allows."""
    token = new_token()
    session.add(
        StaffLink(
            token_sha256=token_sha256(token),
            purpose=purpose,
            account_id=account_id,
            expires_at=now + LINK_LIFE[purpose],
        )
    )
    session.flush()
    return token


def _use(session: Session, token: str, purpose: Purpose, now: datetime) -> StaffLink:
    """Use the link up; of two who try at once, one gets it. Raises LinkExpired."""
    found = session.get(StaffLink, token_sha256(token), with_for_update=True)
    link = _working(found, purpose, now)
    link.used_at = now
    session.flush()
    return link


# ---------------------------------------------------------------- accounts


def make_owner(
    session: Session,
    *,
    token: str,
    person: NewColleague,
    password: str,
    settings: Settings,
    now: datetime,
    device: str = "",
) -> StaffSession:
    """The first account: it owns the practice, sees clients, and is signed in at once.

    Raises LinkExpired, WeakPassword. The link is used up only when all of it worked.
    """
    check_password(password, names=(person.name, person.email, settings.practice.name))
    _use(session, token, "first-run", now)
    ensure_types(session)
    account = _add_account(session, person=person, role=Role.OWNER, settings=settings)
    account.password_hash = passwords.hashed(password)
    return begin_session(session, account=account, device=device, now=now)


def add_colleague(
    session: Session,
    *,
    person: NewColleague,
    settings: Settings,
    now: datetime,
    role: Literal[Role.CLINICIAN, Role.FRONT_DESK] = Role.CLINICIAN,
) -> tuple[StaffAccount, str]:
    """Someone else who works here, and the token of the link at which they choose a password.

    Who is at the front desk sees no clients: no hours, and no name on the practice's page. Raises
    AddressTaken.
    """
    account = _add_account(session, person=person, role=role, settings=settings)
    return account, new_link(session, purpose="welcome", account_id=account.id, now=now)


def welcome(
    session: Session,
    *,
    token: str,
    password: str,
    settings: Settings,
    now: datetime,
    device: str = "",
) -> StaffSession:
    """Choose a password with a welcome link, and be signed in. Raises LinkExpired, WeakPassword."""
    account = session.get_one(StaffAccount, _use(session, token, "welcome", now).account_id)
    if account.closed_at is not None:
        raise LinkExpired
    check_password(password, names=(account.name, settings.practice.name))
    account.password_hash = passwords.hashed(password)
    return begin_session(session, account=account, device=device, now=now)


def _add_account(
    session: Session, *, person: NewColleague, role: Role, settings: Settings
) -> StaffAccount:
    address = _address(person.email)
    if by_address(session, address) is not None:
        raise AddressTaken
    number = uuid4()
    account = StaffAccount(
        id=number,
        practitioner_id=_sees_clients(session, person, role, settings),
        name=person.name,
        role=role,
        email_index=blind_index(session, "staff.email", address),
        email_sealed=seal(
            session,
            subject_id=PRACTICE_SUBJECT,
            place=address_place(number),
            value=person.email.strip(),
        ),
    )
    session.add(account)
    session.flush()
    return account


def _sees_clients(
    session: Session, person: NewColleague, role: Role, settings: Settings
) -> UUID | None:
    if role is Role.FRONT_DESK:
        return None
    practitioner = add_practitioner(
        session,
        name=person.name,
        credentials=person.credentials,
        timezone=settings.practice.timezone,
        states=settings.practice.licensed_states,
        video_room=person.video_room,
    )
    return practitioner.id


def account(session: Session, account_id: UUID) -> StaffAccount:
    """Who is signed in."""
    return session.get_one(StaffAccount, account_id)


def accounts(session: Session) -> list[StaffAccount]:
    """Everyone who may sign in, by name."""
    return list(
        session.scalars(
            select(StaffAccount).where(StaffAccount.closed_at.is_(None)).order_by(StaffAccount.name)
        )
    )


def by_address(session: Session, email: str) -> StaffAccount | None:
    """The open account with that address, however it is written."""
    return session.scalar(
        select(StaffAccount).where(
            StaffAccount.email_index == blind_index(session, "staff.email", _address(email)),
            StaffAccount.closed_at.is_(None),
        )
    )


def _address(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip().casefold()


# ---------------------------------------------------------------- signing in and out


def sign_in(
    session: Session, *, email: str, password: str, place: str, now: datetime, device: str = ""
) -> StaffSession | HalfWay | StaffRefused:
    """A session, half of the way to one, or why not. A refusal is returned, so its count is kept.

    `place` is the network address of whoever tries. Known or unknown, an address costs the same
    time and gets the same words.
    """
    account_tries = throttle.account_tries(session, _address(email))
    tries = [account_tries, throttle.place_tries(session, place)]
    try:
        throttle.refuse_blocked(session, tries, now=now)
    except TooManyTries as refusal:
        return refusal
    account = by_address(session, email)
    if not passwords.fits(account.password_hash if account else None, password) or account is None:
        throttle.count_failure(session, tries, now=now)
        return NotWelcome()
    throttle.forgive(session, account_tries)
    return arrive(session, account=account, how="password", device=device, now=now)


def sign_in_by_link(
    session: Session, *, token: str, now: datetime, device: str = ""
) -> StaffSession | HalfWay:
    """Use up a sign-in link. Raises LinkExpired."""
    link = _use(session, token, "sign-in", now)
    account = session.get_one(StaffAccount, link.account_id)
    return arrive(session, account=account, how="link", device=device, now=now)


def arrive(
    session: Session, *, account: StaffAccount, how: str, device: str, now: datetime
) -> StaffSession | HalfWay:
    """Somebody has shown one thing: in they are, unless this account has a second step."""
    if second_factor.has_any(session, account.id):
        return HalfWay(account_id=account.id, how=how)
    return begin_session(session, account=account, how=how, device=device, now=now)


def finish(
    session: Session, *, half: HalfWay, typed: str, now: datetime, device: str = ""
) -> StaffSession | StaffRefused:
    """The second step by a code: a session, or why not. A refusal is returned, as by `sign_in`."""
    account = session.get_one(StaffAccount, half.account_id)
    if account.closed_at is not None:
        return NotWelcome()
    proof = second_factor.check(session, account_id=account.id, typed=typed, now=now)
    if isinstance(proof, StaffRefused):
        return proof
    begun = begin_session(session, account=account, how=proof, device=device, now=now)
    return second_factor.proved(begun, proof)


def finish_by_passkey(
    session: Session,
    *,
    half: HalfWay | None,
    answer: Answer,
    place: str,
    now: datetime,
    device: str = "",
) -> StaffSession | StaffRefused:
    """A session by a passkey, as the second step or alone; or why not, returned as by `sign_in`."""
    whose = half.account_id if half else None
    tries = throttle.code_tries(session, whose) if whose else throttle.place_tries(session, place)
    try:
        throttle.refuse_blocked(session, [tries], now=now)
        account = passkeys.prove(session, account_id=whose, answer=answer, now=now)
    except TooManyTries as refusal:
        return refusal
    except WrongPasskey as refusal:
        throttle.count_failure(session, [tries], now=now)
        return refusal
    how = "password-passkey" if half else "passkey"
    begun = begin_session(session, account=account, how=how, device=device, now=now)
    return second_factor.proved(begun, how)


def begin_session(
    session: Session,
    *,
    account: StaffAccount,
    now: datetime,
    how: str = "password",
    device: str = "",
) -> StaffSession:
    """A new row for a browser that has shown who is there."""
    begun = StaffSession(
        id=uuid4(),
        account_id=account.id,
        account=account,
        seen_at=now,
        expires_at=now + SESSION_LIFE,
        how=how,
        device=device,
        second_factor=False,
    )
    session.add(begun)
    sign_in_events.note(session, account.id, f"signed-in:{how}")
    return begun


def confirm(session: Session, *, session_id: UUID, now: datetime) -> StaffSession | None:
    """The session with its account, if both still stand. Called once a minute for each browser."""
    found = session.scalar(
        select(StaffSession)
        .options(joinedload(StaffSession.account))
        .where(
            StaffSession.id == session_id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now,
        )
    )
    if found is None or found.account.closed_at is not None:
        return None
    found.seen_at = now
    return found


def sign_out(session: Session, *, session_id: UUID, now: datetime) -> None:
    """End a session everywhere; ended already, nothing happens."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id, StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )
