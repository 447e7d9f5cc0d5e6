"""A practice in a database: a fresh one on the server of DATABASE_URL, or on an embedded one."""

import os
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bench.workload import ZONE, Workload
from services.postgres import EmbeddedPostgres
from services.scheduler.domain.hours import Hours
from services.scheduler.domain.interval import Interval, instant
from services.scheduler.models import Availability, Practitioner, Schedule
from services.scheduler.operations import invitations, schedules
from services.scheduler.providers.intake import Permission
from shared.db import Database
from shared.migrations import upgrade
from shared.provision import ROLES, close_ledgers, provision, role_url
from shared.tokens import new_token
from shared.vocabulary import SERVICES

PASSWORDS = dict.fromkeys(ROLES, "for-measuring-only")
KEYS = f"1:{b64encode(b'k' * 32).decode()},index:{b64encode(b'i' * 32).decode()}"


@contextmanager
def fresh_database() -> Iterator[str]:
    """An administrator's URL of an empty database with all services' tables; it goes at the end."""
    with _server() as server:
        name = f"softstart_bench_{uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name)
                )
            )
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        try:
            provision(url, PASSWORDS)
            for service in SERVICES:
                upgrade(service, role_url(url, service, PASSWORDS))
            close_ledgers(url)
            yield url
        finally:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


def environment(url: str) -> dict[str, str]:
    """What the scheduler's processes are started with, on that database."""
    return {
        "DATABASE_URL": role_url(url, "scheduler", PASSWORDS),
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "SECRET_KEY": "a-secret-for-measuring-that-is-long-enough",
        "SERVICE_KEY": "a-service-key-for-measuring-that-is-long",
        "ENCRYPTION_KEYS": KEYS,
    }


@contextmanager
def _server() -> Iterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="softstart-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "data", Path(folder) / "postgres.log")
        server.start()
        try:
            yield server.url()
        finally:
            server.stop()


def fill(database: Database, practice: Workload) -> list[int]:
    """Write a workload down as the practice's hours and appointments; returns the schedules' ids.

    The private call takes 20 minutes on a quarter-hour's grid, ten minutes of quiet around it.
    """
    people, policy = practice.clinicians, practice.policy(20)
    with database.begin() as session:
        schedules.ensure_types(session)
        kind = schedules.appointment_type(session, schedules.PRIVATE_CALL)
        assert kind is not None
        kind.step, kind.notice, kind.horizon = policy.step, policy.notice, policy.horizon
        kind.buffer_before, kind.buffer_after = policy.before, policy.after
        numbers = [_clinician(session, n, one.hours) for n, one in enumerate(people)]
    rows = [
        {"s": number, "a": instant(start), "b": instant(end), "kind": kind.id, "quiet": _QUIET}
        for number, one in zip(numbers, people, strict=True)
        for start, end in _one_at_a_time(one.appointments)
    ]
    with database.begin() as session:  # each clinician's row has one version by now, not fifteen
        session.execute(_APPOINTMENT, rows)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
        one.execute(text("ANALYZE"))
    return numbers


def let_in(database: Database, count: int) -> list[str]:
    """So many people who may choose a time for a private call; returns their tokens."""
    tokens = [new_token() for _ in range(count)]
    for token in tokens:
        with database.begin() as session:
            invitations.accept(
                session,
                token=token,
                permission=Permission(
                    permission_id=uuid4(),
                    person_id=uuid4(),
                    contact_version=1,
                    contact=_CONTACT,
                    appointment_type=schedules.PRIVATE_CALL,
                    timezone=ZONE,
                ),
            )
    return tokens


_CONTACT = {
    "name": "Rowan Teller",
    "pronouns": None,
    "email": "rowan@example.org",
    "phone": "+19145550177",
    "channels": {"email": True, "sms": False, "call": True, "voicemail": False},
    "call_as": "first_name",
    "contact_notes_present": False,
}


def _one_at_a_time(appointments: Iterable[Interval]) -> Iterator[Interval]:
    """Without those that begin before the last one is over: our tables refuse them."""
    last = 0
    for one in appointments:
        if one.start >= last:
            yield one
            last = one.end


_QUIET = timedelta(minutes=10)
_APPOINTMENT = text(
    "INSERT INTO appointment (id, schedule_id, appointment_type_id, during, buffer_before,"
    " buffer_after, status, uid) VALUES (gen_random_uuid(), :s, :kind, tstzrange(:a, :b),"
    " :quiet, :quiet, 'booked', gen_random_uuid())"
)


def _clinician(session: Session, n: int, hours: Hours) -> int:
    who = Practitioner(
        name=f"Clinician {n:04}", states=["NY"], schedule=Schedule(timezone=hours.zone.key)
    )
    session.add(who)
    session.flush()
    number = who.schedule.id
    weekly = [(one.weekday, *one.wall) for one in hours.weekly]
    rows = [
        {"schedule_id": number, "weekday": day, "starts": starts, "ends": ends}
        for day, starts, ends, _ in weekly
    ]
    session.execute(insert(Availability), rows)
    for day, ranges in hours.overrides.items():
        schedules.override_day(session, number, day=day, ranges=ranges)
    return number
