"""What did not go out lately, each with its reason, and sending several once more at one stroke."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from services.notifier.domain.message import title_of
from services.notifier.operations import message_log, resending
from services.notifier.operations.message_log import PAGE, Line
from services.notifier.settings import Settings
from services.notifier.web.again import LONGEST_REASON, SENTENCES, hand
from services.notifier.web.several import REASON, chosen_of, load_chosen
from services.notifier.web.words import channel_words, chip, moment, reason_text
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors
from shared.web.problems import NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("failed", __name__, url_prefix="/staff/failed")
guard_staff(pages)


class AgainForm(Schema):
    """Why they are sent once more."""

    reason = REASON


@pages.get("")
def overview() -> ResponseReturnValue:
    """The latest first; each with why it failed, and what stands against sending it again."""
    return _page({}, [], "")


@pages.post("")
def send_again() -> ResponseReturnValue:
    """Plan those that were chosen once more; what can't be sent again stays where it is."""
    try:
        form, chosen = load_chosen(AgainForm(), request.form)
    except FormErrors as refusal:
        return _page(refusal.errors, chosen_of(request.form), request.form.get("reason", ""))
    try:
        with database().begin() as session:
            done = resending.resend_each(
                session, chosen=chosen, hand=hand(), reason=form["reason"], settings=settings()
            )
    except NoResultFound as unknown:
        raise NotFound("There is no such message.") from unknown
    logger.info(
        "messages sent once more",
        new_ids=[str(new) for new in done.planned],
        refused=len(done.refused),
        account_id=str(current_staff().account_id),
    )
    count = len(done.planned)
    said = f"{count} message{'' if count == 1 else 's'} planned once more."
    for why in sorted(set(done.refused)):
        said += f" Not sent: {SENTENCES[why]}"
    flash(said)
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _page(
    errors: dict[str, list[str]], chosen: Collection[UUID], reason: str
) -> ResponseReturnValue:
    asked = request.args.get("page", "1")
    page = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) <= 4 else 1
    with database().begin() as session:
        reasons = message_log.why_failed(session)
        only = request.args.get("why")
        only = only if only in {name for name, _ in reasons} else None
        found, more = message_log.failed(session, reason=only, offset=(page - 1) * PAGE)
        rows = [_row(session, line, chosen) for line in found]
    html = render_template(
        "notifier/failed.html",
        rows=rows,
        total=sum(number for _, number in reasons),
        reasons=[(name, f"{_why(name)} ({number})") for name, number in reasons],
        only=only,
        errors=errors,
        reason=reason,
        longest=LONGEST_REASON,
        newer=url_for(".overview", why=only, page=page - 1) if page > 1 else None,
        older=url_for(".overview", why=only, page=page + 1) if more else None,
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _why(reason: str | None) -> str:
    return reason_text(reason) or "No reason is known."


def _row(session: Session, line: Line, chosen: Collection[UUID]) -> dict[str, Any]:
    ours: Settings = settings()
    row = line.notification
    icon, channel = channel_words(line)
    state = chip(line)
    against = resending.refusal(session, row, settings=ours)
    return {
        "id": row.id,
        "name": line.name or "Someone whose data was erased",
        "title": title_of(row.purpose),
        "icon": icon,
        "channel": channel,
        "at": moment(line.at, zone(ours.practice.timezone)),
        "shape": state.shape,
        "label": state.label,
        "why": _why(row.reason),
        "against": SENTENCES[against] if against else "",
        "chosen": row.id in chosen,
    }
