"""The owner's page of the audit: who did what, filtered, as a file, and whether it is whole."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, validate
from sqlalchemy.orm import Session

from services.intake.audit_models import AuditEntry
from services.intake.domain.audit_chain import AnchorForged, ChainBroken
from services.intake.operations import audit, audit_chain
from services.intake.operations.audit import PAGE, Asked
from services.intake.providers.audit_folder import ANCHORS, AuditFolder
from services.intake.web import audit_words, staff_words
from services.intake.web.staff import reader
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.spreadsheet import csv_file
from shared.zones import zone

pages = Blueprint(
    "staff_audit", __name__, url_prefix="/staff/audit", template_folder="../templates"
)
guard_staff(pages, roles={Role.OWNER})

MOST_LINES: Final = 50_000
COLUMNS: Final = ("seq", "at", "account_name", "role", "act", "part", "reason", "person_id")
MORE: Final = ("response_id", "request_id")


class AskedForm(Schema):
    """Which entries to show. Days are the practice's own."""

    class Meta:
        unknown = EXCLUDE

    person = fields.UUID(
        load_default=None,
        error_messages={"invalid_uuid": "Paste the whole id, as it stands in the list."},
    )
    account = fields.String(load_default="", validate=validate.Length(max=100))
    act = fields.String(load_default="", validate=validate.Length(max=40))
    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None)
    before = fields.Integer(load_default=None)


@pages.get("")
def entries() -> ResponseReturnValue:
    """The entries, newest first."""
    return _show()


@pages.post("/verify")
def verify() -> ResponseReturnValue:
    """Walk the whole chain now."""
    who = reader()
    folder = settings().audit_folder
    with database().begin() as session:
        try:
            lines = AuditFolder(folder).lines(ANCHORS) if folder else []
            whole = audit_chain.verify(session, anchors=lines)
            verdict: dict[str, Any] = {"whole": whole}
        except (ChainBroken, AnchorForged) as broken:
            verdict = {"broken": str(broken)}
        audit.note(
            session, reader=who, act="verify", reason="whole" if "whole" in verdict else "broken"
        )
    return _show(verdict)


@pages.get("/entries.csv")
def as_file() -> ResponseReturnValue:
    """What is asked for, as a file for a spreadsheet. That somebody took it is an entry, too."""
    asked, _ = _asked(load(AskedForm(), request.args))
    with database().begin() as session:
        rows = [[getattr(row, name) for name in (*COLUMNS, *MORE)] for row in _all(session, asked)]
        audit.note(session, reader=reader(), act="export", part="audit")
    return csv_file("entries.csv", [(*COLUMNS, *MORE), *rows])


def _show(verdict: dict[str, Any] | None = None) -> ResponseReturnValue:
    errors: dict[str, list[str]] = {}
    try:
        given = load(AskedForm(), request.args)
    except FormErrors as refusal:
        given, errors = AskedForm().load({}), refusal.errors
    asked, before = _asked(given)
    with database().begin() as session:
        found = audit.entries(session, asked=asked, before=before) if not errors else []
        known = audit.acts(session)
    query: dict[str, Any] = {
        name: value
        for name in ("person", "account", "act", "since", "until")
        if (value := request.args.get(name))
    }
    page = render_template(
        "intake/audit.html",
        rows=found[:PAGE],
        older=url_for(".entries", **query, before=found[PAGE - 1].seq)
        if len(found) > PAGE
        else None,
        newest=url_for(".entries", **query) if before else None,
        file=url_for(".as_file", **query),
        query=query,
        errors=errors,
        acts=[(code, audit_words.act(code)) for code in known],
        audit_words=audit_words,
        words=staff_words,
        verdict=verdict or {},
        here_zone=zone(settings().practice.timezone),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK


def _asked(given: dict[str, Any]) -> tuple[Asked, int | None]:
    here = zone(settings().practice.timezone)
    since, until = given["since"], given["until"]
    asked = Asked(
        person_id=given["person"],
        account=given["account"],
        act=given["act"],
        since=datetime.combine(since, time(0), tzinfo=here) if since else None,
        until=datetime.combine(until, time(0), tzinfo=here) + timedelta(days=1) if until else None,
    )
    return asked, given["before"]


def _all(session: Session, asked: Asked) -> Iterator[AuditEntry]:
    before, left = None, MOST_LINES
    while left > 0:
        rows = audit.entries(session, asked=asked, before=before)
        yield from rows[:PAGE]
        if len(rows) <= PAGE:
            return
        before, left = rows[PAGE - 1].seq, left - PAGE
