"""The notifier's composition root: the only place where its parts meet."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import dramatiq
from flask import Flask

from services.notifier.actors import Courier
from services.notifier.consumers import consumer
from services.notifier.domain.bounce import envelope_address
from services.notifier.domain.message import OutgoingMessage
from services.notifier.guard import Guard
from services.notifier.jobs import (
    PREPARE_QUEUE,
    Sweep,
    follow_up,
    forget,
    take_returned_mail,
    tell_systems,
)
from services.notifier.operations import bounces, mailbox
from services.notifier.providers import Provider
from services.notifier.providers.mailbox import MailboxProvider
from services.notifier.providers.mime import Sender
from services.notifier.providers.sinch import SinchProvider
from services.notifier.providers.smtp import SmtpProvider
from services.notifier.providers.twilio import TwilioProvider
from services.notifier.settings import Settings
from services.notifier.web import (
    again,
    api,
    blocked,
    calls,
    carriers,
    choices,
    failed,
    held,
    hooks,
    internal,
    reminders,
    replies,
    sinch_hooks,
    staff,
    trials,
    webhooks,
    wordings,
)
from shared.clock import utcnow
from shared.db import Database
from shared.messaging.broker import Doorbell, declare
from shared.messaging.ticker import Ticker
from shared.peers import Peer
from shared.practice import ask
from shared.process import open_database, run_worker, settings_of_process
from shared.vocabulary import PREFIX
from shared.web import init_app
from shared.web.confirming import ask_scheduler
from shared.web.openapi import JsonApi

QUEUES: Final = {"notifier.critical": "notifier.deliver", "notifier.reminders": "notifier.remind"}
"""Queue -> the actor that hands messages over there: news never waits behind reminders."""


TELLERS: Final = 3
"""How many other systems are told at once: one that is slow doesn't keep the others waiting."""


def create_app(settings: Settings | None = None) -> Flask:
    """The pages and doors of the notifier, below its prefix."""
    settings = settings or settings_of_process(Settings.from_env)
    app = Flask(__name__, static_folder=None)  # files come from the shared floor
    scheduler = Peer(settings, audience="scheduler", issuer="notifier")
    init_app(
        app,
        settings,
        open_database(settings),
        service="notifier",
        confirm_session=ask_scheduler(scheduler),
    )
    app.register_blueprint(staff.pages)
    app.register_blueprint(again.pages)
    app.register_blueprint(blocked.pages)
    app.register_blueprint(carriers.pages)
    app.register_blueprint(choices.pages)
    app.register_blueprint(choices.one_click)
    app.register_blueprint(replies.replies)
    app.register_blueprint(calls.calls)
    app.register_blueprint(failed.pages)
    app.register_blueprint(held.held)
    app.register_blueprint(trials.pages)
    app.register_blueprint(wordings.pages)
    app.register_blueprint(reminders.pages)
    app.extensions[reminders.SCHEDULER] = scheduler
    app.register_blueprint(hooks.hooks)
    app.register_blueprint(sinch_hooks.hooks)
    app.register_blueprint(webhooks.pages)
    app.register_blueprint(internal.internal)
    JsonApi(app, title=api.TITLE).register_blueprint(api.api)
    return app


def declare_actors(broker: dramatiq.Broker, ticker: Ticker, settings: Settings) -> None:
    """Bind everything that happens outside of requests to a broker and a ticker."""
    database = open_database(settings)
    courier = make_courier(settings, database)
    doorbell = Doorbell(settings.broker_url)
    consumer.declare(broker, doorbell, database, ticker)
    for queue, actor in QUEUES.items():
        declare(broker, queue=queue, name=actor, function=_by_id(courier.deliver))
    declare(broker, queue=PREPARE_QUEUE, name="notifier.prepare", function=_by_id(courier.prepare))
    declare(broker, queue=PREPARE_QUEUE, name="notifier.errand", function=_by_id(courier.errand))
    sweep = Sweep(
        database=database,
        ring_deliver=lambda queue, id_: doorbell.ring(
            queue=queue, actor=QUEUES[queue], args=(str(id_),)
        ),
        ring_prepare=lambda queue, id_: doorbell.ring(
            queue=queue, actor="notifier.prepare", args=(str(id_),)
        ),
        deliver=courier.deliver,
        prepare=courier.prepare,
        ring_errand=lambda queue, id_: doorbell.ring(
            queue=queue, actor="notifier.errand", args=(str(id_),)
        ),
        do_errand=courier.errand,
    )
    ticker.every(settings.sweep_seconds, "notifier.ring", sweep.ring)
    ticker.every(2, "notifier.stand_in", sweep.stand_in)
    ticker.every(1, "notifier.answer", courier.answer_texts)
    ticker.every(20, "notifier.guard", courier.guard.keep_announcing)
    ticker.every(5, "notifier.follow_up", lambda: follow_up(database, settings))
    ticker.every(600, "notifier.close_the_books", sweep.close_the_books)
    for provider in courier.providers.values():
        if isinstance(provider, SmtpProvider):
            ticker.every(15, "notifier.hang_up", provider.hang_up)
    for line in range(TELLERS):
        ticker.every(
            1,
            f"notifier.tell.{line}",
            lambda: tell_systems(database, on_loopback=settings.webhooks_on_loopback),
        )
    if settings.bounces is not None:
        mailbox_of_returns = settings.bounces
        ticker.every(
            60,
            "notifier.returned_mail",
            lambda: take_returned_mail(database, mailbox_of_returns, settings.secret_key),
        )
    scheduler = Peer(settings, audience="scheduler", issuer="notifier")
    ticker.every(10, "notifier.practice", lambda: ask(database, settings, scheduler.get))
    ticker.every(3600, "notifier.forget", lambda: forget(database, now=utcnow()))


def make_courier(settings: Settings, database: Database) -> Courier:
    """The one that does the errands, with everyone it has to ask and to hand over to."""
    return Courier(
        database=database,
        settings=settings,
        intake=Peer(settings, audience="intake", issuer="notifier"),
        scheduler=Peer(settings, audience="scheduler", issuer="notifier"),
        providers=_providers(settings, database),
        guard=Guard(database, settings.audit_folder),
    )


def worker() -> dramatiq.Broker:
    """What `dramatiq services.notifier.app:worker` runs."""
    return run_worker(Settings.from_env, declare_actors)


def _providers(settings: Settings, database: Database) -> dict[str, Provider]:
    def keep(message: OutgoingMessage, attempt_id: UUID) -> None:
        with database.begin() as session:
            mailbox.keep(session, message=message, attempt_id=attempt_id)

    providers: dict[str, Provider] = {"mailbox": MailboxProvider(keep)}
    if settings.smtp is not None:
        practice = settings.practice
        sender = Sender(name=practice.neutral_sender, address=practice.sender_address)
        providers["smtp"] = SmtpProvider(
            settings.smtp,
            sender,
            returns_to=_returns_to(settings, settings.bounces_address),
            name_now=lambda: settings.practice.neutral_sender,
        )
    if settings.twilio is not None:
        providers["twilio"] = TwilioProvider(
            settings.twilio,
            callback=lambda attempt_id: status_address(settings, "twilio", attempt_id),
        )
    if settings.sinch is not None:
        providers["sinch"] = SinchProvider(
            settings.sinch,
            callback=lambda attempt_id: status_address(settings, "sinch", attempt_id),
        )
    return providers


def _returns_to(settings: Settings, address: str | None) -> Callable[[UUID], str] | None:
    if address is None:
        return None
    return lambda attempt_id: envelope_address(
        address, attempt_id, bounces.mark(settings.secret_key, attempt_id)
    )


def status_address(settings: Settings, carrier: str, attempt_id: UUID) -> str:
    """Where a carrier reports on one try: an address of its own, signed, on our own origin."""
    mark = hooks.receipt_mark(settings.secret_key, carrier, attempt_id)
    return f"{settings.public_url}{PREFIX['notifier']}/hooks/{carrier}/status/{attempt_id}/{mark}"


def _by_id(errand: Any) -> Any:
    """An actor's arguments are JSON: an id comes as text."""

    def actor(id_: str) -> None:
        errand(UUID(id_))

    return actor
