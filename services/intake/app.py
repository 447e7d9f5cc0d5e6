"""Intake's composition root: the web app, the actors, the worker process."""

import dramatiq
from flask import Flask

from services.intake import jobs
from services.intake.consumers import consumer
from services.intake.providers.scheduler import Scheduler
from services.intake.settings import Settings
from services.intake.web import (
    api,
    api_pairs,
    api_staff,
    api_tasks,
    client,
    embed,
    form,
    internal,
    partner_door,
    partner_personal,
    resuming,
    screener_preview,
    staff,
    staff_audit,
    staff_couples,
    staff_due,
    staff_estimates,
    staff_find,
    staff_keeping,
    staff_records,
    staff_releases,
    staff_screener,
    staff_settings,
    staff_tasks,
)
from shared.messaging.broker import Doorbell
from shared.messaging.ticker import Ticker
from shared.peers import Peer
from shared.practice import ask
from shared.process import open_database, run_worker, settings_of_process
from shared.web import init_app, keep
from shared.web.confirming import ask_scheduler
from shared.web.openapi import JsonApi

# A page of the form may come with a megabyte of text: it is refused beside its field and given
# back, instead of being lost with the whole page.
LARGEST_FORM = 4 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """The web app. Without settings it reads the environment, as a process of its own does."""
    settings = settings or settings_of_process(Settings.from_env)
    app = Flask(__name__, static_folder=None)  # every file is shared.web's
    scheduler = Scheduler(settings)
    init_app(
        app,
        settings,
        open_database(settings),
        service="intake",
        confirm_session=ask_scheduler(Peer(settings, audience="scheduler", issuer="intake")),
    )
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_MEMORY_SIZE=LARGEST_FORM)
    keep(app, "scheduler", scheduler)
    for blueprint in (client.pages, form.pages, resuming.pages, staff.pages, internal.internal):
        app.register_blueprint(blueprint)
    app.register_blueprint(embed.pages)
    for partners in (partner_door, partner_personal, staff_couples):
        app.register_blueprint(partners.pages)
    for records in (staff_records, staff_releases, staff_estimates, staff_due):
        app.register_blueprint(records.pages)
    app.register_blueprint(staff_due.log)
    app.register_blueprint(staff_audit.pages)
    app.register_blueprint(staff_keeping.pages)
    app.register_blueprint(staff_settings.pages)
    app.register_blueprint(staff_screener.pages)
    app.register_blueprint(screener_preview.pages)
    app.register_blueprint(staff_tasks.pages)
    app.register_blueprint(staff_find.pages)
    programs = JsonApi(app, title="Softstart intake")
    for blueprint in (api.api, api_staff.api, api_pairs.api, api_tasks.api):
        programs.register_blueprint(blueprint)
    return app


def declare_actors(broker: dramatiq.Broker, ticker: Ticker, settings: Settings) -> None:
    """Hear events, relay our own, keep the days, and purge drafts that were left behind."""
    database = open_database(settings)
    consumer.declare(broker, Doorbell(settings.broker_url), database, ticker)
    ticker.every(3600, "intake.purge", lambda: jobs.purge_abandoned(database, settings))
    ticker.every(60, "intake.days", lambda: jobs.follow_the_calendar(database, settings))
    scheduler = Scheduler(settings)
    ticker.every(2, "intake.tasks", lambda: jobs.see_to_tasks(database, settings, scheduler))
    peer = Peer(settings, audience="scheduler", issuer="intake")
    ticker.every(10, "intake.practice", lambda: ask(database, settings, peer.get))
    ticker.every(300, "intake.anchor", lambda: jobs.anchor_audit(database, settings))
    ticker.every(30, "intake.erasures", lambda: jobs.list_erasures(database, settings))


def worker() -> dramatiq.Broker:
    """The broker of a worker process of its own: `dramatiq services.intake.app:worker`."""
    return run_worker(Settings.from_env, declare_actors)
