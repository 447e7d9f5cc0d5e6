"""What staff see of messages: the log, each message's way, and its words for those who may read."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.notifier.domain.message import ASKED_FOR, LINK_NOTES, kind_of, title_of
from services.notifier.operations import calls, choosing, incoming, message_log, resend_guard
from services.notifier.operations.message_log import PAGE, Counts, Line, Opened, Show
from services.notifier.providers.mime import CALENDAR_FILE
from services.notifier.settings import Settings
from services.notifier.web import again
from services.notifier.web.words import (
    Step,
    channel_words,
    chip,
    clock,
    moment,
    trail,
    voicemail_script,
    without_choices,
    without_links,
    words_used,
)
from shared.clock import utcnow
from shared.db import database_now
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

MAY_READ: Final = frozenset({Role.OWNER, Role.CLINICIAN})
"""Who may read what was said and where it went; the front desk sees how it ended (L01)."""

pages = Blueprint("staff", __name__, url_prefix="/staff")
guard_staff(pages)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the log as the page draws it."""

    id: UUID
    at: str
    icon: str
    channel: str
    name: str
    title: str
    shape: str
    label: str
    tried: bool
    steps: list[dict[str, Any]]
    facts: list[tuple[str, str]]


@pages.get("/messages")
def messages() -> ResponseReturnValue:
    """The log, filtered by the pills on top."""
    show = Show(wanted) if (wanted := request.args.get("show", "all")) in set(Show) else Show.ALL
    if show is Show.FAILED:
        return redirect(url_for("failed.overview"), HTTPStatus.SEE_OTHER)
    page = _page_number(request.args.get("page", "1"))
    place, now = _practice_zone(), utcnow()
    began = datetime.combine(now.astimezone(place).date(), time(0), tzinfo=place)
    with database().begin() as session:
        found, more = message_log.lines(session, show=show, offset=(page - 1) * PAGE)
        counts = message_log.counts(session, day_began=began, day_ends=began + timedelta(days=1))
        replies = incoming.unread_count(session)
        to_call = calls.count(session)
        refusing = choosing.refusing(session, settings().carriers, now=database_now(session))
        held_back = resend_guard.count(session)
    return render_template(
        "notifier/messages.html",
        rows=[_row(line, place, now) for line in found],
        summary=_summary(counts, kept=settings().delivery == "mailbox"),
        pills=_pills(show, counts),
        replies=replies,
        to_call=to_call,
        held_back=held_back,
        missing=settings().without_agreement,
        waits=settings().waits,
        refusing=[name.capitalize() for name in refusing],
        show=show,
        newer=_page_link(show, page - 1) if page > 1 else None,
        older=_page_link(show, page + 1) if more else None,
        may_read=_may_read(),
    )


@pages.get("/messages/<uuid:notification_id>")
def message(notification_id: UUID) -> ResponseReturnValue:
    """One message: its way, and for those who may read them its words, address and answers."""
    place, now = _practice_zone(), utcnow()
    may_read = _may_read()
    with database().begin() as session:
        opened = _opened(session, notification_id)
        once_more = again.about(session, opened.line.notification, may_read=may_read)
    if may_read:
        _note_reading(notification_id)
    return render_template(
        "notifier/message.html",
        row=_row(opened.line, place, now, with_answers=may_read),
        said=opened.message if may_read else None,
        said_text=_said(opened) if may_read else "",
        contact=opened.contact if may_read else None,
        script=_voicemail_script(opened) if may_read else "",
        may_read=may_read,
        again=once_more,
        longest_reason=again.LONGEST_REASON,
        calendar_file=CALENDAR_FILE,
    )


@pages.get("/messages/<uuid:notification_id>/appointment.ics")
def calendar_entry(notification_id: UUID) -> ResponseReturnValue:
    """The calendar entry as it was attached."""
    if not _may_read():
        raise NotForYourRole("What was said is for clinicians.")
    with database().begin() as session:
        opened = _opened(session, notification_id)
    if opened.message is None or not opened.message.calendar:
        raise NotFound("This message came without a calendar entry.")
    _note_reading(notification_id)
    return Response(
        opened.message.calendar,
        HTTPStatus.OK,
        {"Content-Disposition": f"attachment; filename={CALENDAR_FILE}"},
        content_type="text/calendar; charset=utf-8",
    )


def _said(opened: Opened) -> str:
    """The words as staff read them. A link to somebody's own pages is a key, and not for staff."""
    if opened.message is None:
        return ""
    text = opened.message.text
    asked_for = kind_of(opened.line.notification.purpose) in ASKED_FOR
    return without_links(text) if asked_for else without_choices(text)


def _voicemail_script(opened: Opened) -> str:
    """What staff say to a machine: a name and a number, where a voice message is safe (L21)."""
    contact = opened.contact
    if contact is None or not contact.shown_phone or not contact.voicemail_permitted:
        return ""
    ours: Settings = settings()
    return voicemail_script(current_staff().name, ours.practice.phone)


def _opened(session: Session, notification_id: UUID) -> Opened:
    opened = message_log.opened(session, notification_id=notification_id)
    if opened is None:
        raise NotFound("There is no such message.")
    return opened


def _note_reading(notification_id: UUID) -> None:
    logger.info(
        "message read",
        notification_id=str(notification_id),
        account_id=str(current_staff().account_id),
    )


def _may_read() -> bool:
    return current_staff().role in MAY_READ


def _practice_zone() -> ZoneInfo:
    ours: Settings = settings()
    return zone(ours.practice.timezone)


def _page_number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 4 else 1


def _page_link(show: Show, page: int) -> str:
    return url_for("staff.messages", show=show.value, page=page or None)


def _summary(counts: Counts, *, kept: bool) -> str:
    done = "kept here" if kept else "sent"
    failed = counts.failed_today or "none"
    return (
        f"Today: {counts.sent_today} {done}, {counts.waiting_today} waiting, "
        f"{failed} did not go out."
    )


def _pills(show: Show, counts: Counts) -> list[dict[str, Any]]:
    labels = {
        Show.ALL: "All",
        Show.FAILED: f"Did not go out, {counts.failed}",
        Show.WAITING: f"Waiting, {counts.waiting}",
        Show.WITHDRAWN: "Withdrawn",
    }
    pages = {Show.FAILED: url_for("failed.overview")}
    return [
        {
            "label": label,
            "href": pages.get(each) or url_for("staff.messages", show=each.value),
            "on": each is show,
        }
        for each, label in labels.items()
    ]


def _row(line: Line, place: ZoneInfo, now: datetime, *, with_answers: bool = False) -> Row:
    icon, channel = channel_words(line)
    state = chip(line)
    steps = [_step(step, place, with_answers=with_answers) for step in trail(line)]
    return Row(
        id=line.notification.id,
        at=_short(line.at, place, now),
        icon=icon,
        channel=channel,
        name=line.name or "Someone whose data was erased",
        title=title_of(line.notification.purpose),
        shape=state.shape,
        label=state.label,
        tried=bool(line.tries),
        steps=steps,
        facts=_facts(line, place),
    )


def _facts(line: Line, place: ZoneInfo) -> list[tuple[str, str]]:
    row = line.notification
    if kind_of(row.purpose) in LINK_NOTES:
        # How long it is of use, and in which words, would tell which of them it was.
        return [("Due", moment(row.due_at, place))]
    facts = [("Due", moment(row.due_at, place)), ("Of use until", moment(row.not_after, place))]
    if line.tries:
        facts.append(("Words", words_used(line.tries[-1].attempt.wording)))
    return facts


def _step(step: Step, place: ZoneInfo, *, with_answers: bool) -> dict[str, Any]:
    return {
        "shape": step.shape,
        "title": step.title,
        "at": moment(step.at, place, seconds=True),
        "text": step.text,
        # The provider's own words begin with its code.
        "code": "" if with_answers and step.said else step.code,
        "said": step.said if with_answers else "",
    }


def _short(at: datetime, place: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(place)
    if local.date() == now.astimezone(place).date():
        return clock(local)
    return f"{local:%b} {local.day}"
