"""The practice's other systems, for the owner: which are told, of what, and how it went."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy.orm import Session

from services.notifier.domain.webhook import MOST_TRIES, TITLES, DeliveryState, Reply, Told, judge
from services.notifier.operations import webhook_endpoints, webhooks
from services.notifier.operations.webhook_endpoints import NoSuchEndpoint, Shown
from services.notifier.operations.webhooks import ShownDelivery
from services.notifier.settings import Settings
from services.notifier.web.words import moment
from services.notifier.webhook_models import WebhookAttempt
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("webhooks", __name__, url_prefix="/staff/systems")
guard_staff(pages, roles={Role.OWNER})

_WHOLE: Final = "Write the whole address, beginning with https://."


@contextmanager
def _transaction() -> Iterator[Session]:
    try:
        with database().begin() as session:
            yield session
    except NoSuchEndpoint:
        raise NotFound("This system is not told any more.") from None


class Address(fields.String):
    """Where a system listens: https, and on this machine only in practice runs."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        ours: Settings = settings()
        allowed = {"https", "http"} if ours.webhooks_on_loopback else {"https"}
        try:
            parts = urlsplit(text)
            whole = parts.scheme in allowed and parts.hostname and parts.port != 0
        except ValueError:
            whole = False
        if not whole or parts.username or not text.isprintable() or " " in text:
            raise ValidationError(_WHOLE)
        return text


class SystemForm(Schema):
    """One more system to tell."""

    class Meta:
        unknown = RAISE

    name = fields.String(
        required=True,
        validate=[
            validate.Length(max=60, error="Please use at most 60 characters."),
        ],
        error_messages={"required": "Write a name by which you know it, for example Records."},
    )
    address = Address(
        required=True,
        validate=validate.Length(max=2000, error="This address is too long."),
        error_messages={"required": _WHOLE},
    )
    told = fields.List(
        fields.Enum(Told, by_value=True),
        required=True,
        validate=validate.ContainsOnly(list(TITLES), error="Choose from the list."),
        error_messages={"required": "Choose at least one."},
    )


@pages.get("")
def systems() -> ResponseReturnValue:
    """All of them, how each is doing, and a form for one more."""
    return _list()


@pages.post("")
def add() -> ResponseReturnValue:
    """Tell one more; its secret is on the page that follows."""
    try:
        form = load(SystemForm(), request.form)
    except FormErrors as errors:
        return _list(errors), errors.status
    account_id = current_staff().account_id
    with _transaction() as session:
        endpoint_id = webhook_endpoints.add(session, **form, account_id=account_id)
    _note("system added", endpoint_id)
    flash("Added. Give its secret to the other system, then send a test.")
    return _to(endpoint_id)


@pages.get("/<uuid:endpoint_id>")
def system(endpoint_id: UUID) -> ResponseReturnValue:
    """One of them: its secret, and what it was told last."""
    with _transaction() as session:
        shown = webhook_endpoints.one(session, endpoint_id)
        told = webhooks.deliveries(session, endpoint_id)
    return render_template(
        "notifier/system.html", system=_line(shown), secret=shown.secret, told=map(_told, told)
    )


@pages.post("/<uuid:endpoint_id>/test")
def test(endpoint_id: UUID) -> ResponseReturnValue:
    """Tell it that this is a test."""
    with _transaction() as session:
        webhooks.tell_a_test(session, endpoint_id=endpoint_id, now=utcnow())
    flash("A test is on its way. Open this page again to see how it went.")
    return _to(endpoint_id)


@pages.post("/<uuid:endpoint_id>/secret")
def exchange(endpoint_id: UUID) -> ResponseReturnValue:
    """Sign with a new secret, and for a day with the old one as well."""
    with _transaction() as session:
        webhook_endpoints.exchange_secret(session, endpoint_id=endpoint_id)
    _note("secret exchanged", endpoint_id)
    flash("There is a new secret. For 24 hours the old one signs as well.")
    return _to(endpoint_id)


@pages.post("/<uuid:endpoint_id>/stop")
def stop(endpoint_id: UUID) -> ResponseReturnValue:
    """Tell it nothing for now."""
    with _transaction() as session:
        webhook_endpoints.stop(session, endpoint_id=endpoint_id)
    _note("system stopped", endpoint_id)
    flash("It is told nothing until you start it again.")
    return _to(endpoint_id)


@pages.post("/<uuid:endpoint_id>/start")
def start(endpoint_id: UUID) -> ResponseReturnValue:
    """Tell it again."""
    with _transaction() as session:
        webhook_endpoints.start(session, endpoint_id=endpoint_id)
    _note("system started", endpoint_id)
    flash("It is told again, beginning with what still waited.")
    return _to(endpoint_id)


@pages.post("/<uuid:endpoint_id>/remove")
def remove(endpoint_id: UUID) -> ResponseReturnValue:
    """Forget its address and its secret."""
    with _transaction() as session:
        webhook_endpoints.remove(session, endpoint_id=endpoint_id)
    _note("system removed", endpoint_id)
    flash("Removed. It is told nothing any more.")
    return redirect(url_for(".systems"), HTTPStatus.SEE_OTHER)


@pages.post("/<uuid:endpoint_id>/tellings/<uuid:delivery_id>")
def repeat(endpoint_id: UUID, delivery_id: UUID) -> ResponseReturnValue:
    """Tell the same once more, under the same id."""
    with _transaction() as session:
        webhooks.repeat(session, endpoint_id=endpoint_id, delivery_id=delivery_id)
    flash("It is told once more.")
    return _to(endpoint_id)


def _list(errors: FormErrors | None = None) -> str:
    with _transaction() as session:
        found = webhook_endpoints.all_of_them(session)
    given = errors.given if errors else None
    return render_template(
        "notifier/systems.html",
        systems=[_line(one) for one in found],
        choices=[(told.value, title) for told, title in TITLES.items()],
        chosen=given.getlist("told") if given else [told.value for told in TITLES],
        errors=errors.errors if errors else {},
        given=given or {},
    )


def _line(shown: Shown) -> dict[str, Any]:
    row = shown.endpoint
    return {
        "id": row.id,
        "name": row.name,
        "host": row.host,
        "address": shown.address,
        "chip": _chip(shown),
        "stopped": row.disabled_at is not None,
        "told": [TITLES[Told(one)] for one in row.told],
        "old_secret_until": _at(row.old_secret_until)
        if row.old_secret_until and row.old_secret_until > utcnow()
        else "",
        "gone": row.disabled_because == webhooks.GONE,
    }


def _chip(shown: Shown) -> tuple[str, str]:
    if shown.endpoint.disabled_because == webhooks.GONE:
        return "It wants no more", "urgent"
    if shown.endpoint.disabled_at is not None:
        return "Stopped", "hold"
    if shown.given_up:
        return f"{shown.given_up} not told", "urgent"
    return (f"{shown.waiting} waiting", "wait") if shown.waiting else ("Told", "ok")


_ENDS: Final = {
    DeliveryState.WAITING: ("Waiting", "wait"),
    DeliveryState.TOLD: ("Told", "ok"),
    DeliveryState.GIVEN_UP: ("Not told", "urgent"),
}


def _told(one: ShownDelivery) -> dict[str, Any]:
    row = one.delivery
    state = DeliveryState(row.state)
    return {
        "id": row.id,
        "title": TITLES.get(Told(row.type), "A test"),
        "at": _at(row.created_at, seconds=False),
        "chip": _ENDS[state],
        "ended": state is not DeliveryState.WAITING,
        "next": f"The next try is at {_at(row.due_at)}, try {row.tries + 1} of {MOST_TRIES}."
        if state is DeliveryState.WAITING and row.tries
        else "",
        "steps": [
            _step(each, words) for each, words in zip(one.attempts, one.answers, strict=True)
        ],
    }


def _step(attempt: WebhookAttempt, words: str) -> dict[str, Any]:
    if attempt.ended_at is None:
        shape, title = "wait", "On its way"
    elif attempt.status is None:
        shape, title = "fail", "No answer"
    else:
        taken = judge(attempt.status) is Reply.TAKEN
        shape, title = ("ok" if taken else "fail"), f"It answered {attempt.status}"
    return {"shape": shape, "title": title, "at": _at(attempt.began_at), "said": words}


def _at(at: datetime, *, seconds: bool = True) -> str:
    ours: Settings = settings()
    return moment(at, zone(ours.practice.timezone), seconds=seconds)


def _to(endpoint_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".system", endpoint_id=endpoint_id), HTTPStatus.SEE_OTHER)


def _note(what: str, endpoint_id: UUID) -> None:
    logger.info(what, endpoint_id=str(endpoint_id), account_id=str(current_staff().account_id))
