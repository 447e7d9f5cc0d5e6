"""How those who carry our messages are doing, and beginning again with one that was refused."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.notifier.domain.servers import CARRIERS
from services.notifier.operations import acts, carrying
from services.notifier.operations.acts import Act
from services.notifier.operations.carrying import Carrying
from services.notifier.settings import Settings
from services.notifier.web.again import LONGEST_REASON, AgainForm, hand
from services.notifier.web.staff import MAY_READ
from services.notifier.web.words import moment
from shared.clock import utcnow
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("carriers", __name__, url_prefix="/staff/carriers")
guard_staff(pages)

NAMES: Final = {"smtp": "Your mail server", "twilio": "Twilio", "sinch": "Sinch"}


@pages.get("")
def overview() -> ResponseReturnValue:
    """Each carrier that is set up: its state, its share, and its last 24 hours."""
    ours: Settings = settings()
    place = zone(ours.practice.timezone)
    with database().begin() as session:
        found = carrying.look(session, _names(ours), usual=ours.carriers)
        reading = carrying.latest_reading(session)
        done = acts.latest(session, [Act.RESUME])
    return render_template(
        "notifier/carriers.html",
        rows=[_row(one, ours) for one in found],
        collects=ours.bounces is not None,
        reading=reading,
        read_at=moment(reading.read_at, place) if reading and reading.read_at else "",
        may_resume=current_staff().role in MAY_READ,
        longest=LONGEST_REASON,
        done=[
            (
                f"{NAMES.get(one.about, one.about)} on {moment(one.at, place)}, {one.name}",
                one.reason,
            )
            for one in done
        ],
    )


@pages.post("/<name>/resume")
def resume(name: str) -> ResponseReturnValue:
    """Use it again from now on, where its account was put right."""
    if current_staff().role not in MAY_READ:
        raise NotForYourRole("The owner or a clinician begins again with a carrier.")
    if name not in settings().carriers:
        raise NotFound("There is no such carrier.")
    try:
        form: dict[str, Any] = load(AgainForm(), request.form)
    except FormErrors as refusal:
        flash(next(iter(refusal.errors.values()))[0])
        return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)
    with database().begin() as session:
        carrying.resume(session, name=name, hand=hand(), reason=form["reason"])
    logger.info("carrier resumed", carrier=name, account_id=str(current_staff().account_id))
    flash(f"{NAMES[name]} gets texts again. What waits goes out within minutes.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _names(ours: Settings) -> list[str]:
    if ours.delivery == "mailbox":
        return []
    return [*(["smtp"] if ours.smtp else []), *ours.carriers]


def _row(one: Carrying, ours: Settings) -> dict[str, Any]:
    agreed = one.name in ours.agreements
    most = max([1, *(hour.taken + hour.refused for hour in one.hours)])
    return {
        "name": one.name,
        "title": NAMES[one.name],
        "channel": "Texts" if one.name in CARRIERS else "Email",
        "chip": _chip(one, agreed=agreed),
        "why": _why(one, agreed=agreed),
        "weight": one.weight if len(ours.carriers) > 1 else None,
        "taken": one.taken,
        "refused": one.refused,
        "usual": _seconds(one.usual),
        "slowest": _seconds(one.slowest),
        # Bars in a box of 240 by 40: x, top and height of what was taken, and of what was not.
        "bars": [
            (
                place * 10 + 1,
                round(40 - 40 * (hour.taken + hour.refused) / most, 1),
                round(40 * hour.refused / most, 1),
                round(40 - 40 * hour.taken / most, 1),
                round(40 * hour.taken / most, 1),
            )
            for place, hour in enumerate(one.hours)
        ],
        "most": most,
        "paused": one.state.open and one.name in CARRIERS,
    }


def _chip(one: Carrying, *, agreed: bool) -> tuple[str, str]:
    if not agreed:
        return "Waits for an agreement", "hold"
    if one.state.refused:
        return "Refuses us", "urgent"
    if one.state.open:
        return "In trouble", "day"
    if not one.state.lets_through(utcnow()):
        return "Asked for a pause", "wait"
    return ("Well", "ok") if one.taken or one.refused else ("Nothing sent yet", "info")


def _why(one: Carrying, *, agreed: bool) -> str:
    if not agreed:
        return "No business associate agreement is recorded, so nothing is handed to it."
    if one.state.refused:
        code = f" ({one.code})" if one.code else ""
        return (
            f"It does not accept our account or its sender{code}. One text every five minutes "
            "finds out when it is in order."
        )
    if one.state.open:
        return "Too many of its latest answers were errors. One try every half minute finds out."
    return ""


def _seconds(took: timedelta | None) -> str:
    return f"within {took.total_seconds():.1f} s" if took is not None else "not known"
