"""The composition root: here, and nowhere else, settings become an app, actors and a worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import dramatiq
from flask import Flask
from sqlalchemy.orm import Session

from services.scheduler import jobs
from services.scheduler.consumers import consumer
from services.scheduler.operations import own_sign_in
from services.scheduler.operations import staff as staff_operations
from services.scheduler.providers.feeds import Feeds
from services.scheduler.providers.intake import Intake
from services.scheduler.providers.openid import OpenIdProvider
from services.scheduler.providers.setting_up import Elsewhere
from services.scheduler.settings import Settings
from services.scheduler.web import (
    absences,
    agreeing,
    answers,
    api,
    api_calendar,
    api_fit,
    api_late,
    api_moving,
    api_outside,
    api_people,
    api_rules,
    api_settling,
    api_sign_in,
    api_staff,
    api_staff_booking,
    api_staff_time,
    api_stated,
    api_waiting,
    api_waitlist,
    api_where,
    appointment,
    calendar,
    client,
    clinician_zone,
    insight,
    internal,
    introduction,
    late,
    licences,
    on_behalf,
    openings,
    outside_calendars,
    practice,
    provider_door,
    rule_closures,
    rule_couples,
    rule_fit,
    rule_overview,
    rule_places,
    rule_types,
    setting_up,
    settling,
    staff,
    staff_door,
    stated,
    their_sign_in,
    waiting,
    waitlist,
    where,
    why,
    your_passkeys,
    your_sign_in,
)
from services.scheduler.web.refusals import init_refusals
from services.scheduler.web.staff_door import identity_of
from shared.clock import utcnow
from shared.db import Database
from shared.messaging.broker import Doorbell
from shared.messaging.ticker import Ticker
from shared.peers import Peer
from shared.practice import look
from shared.process import open_database, run_worker, settings_of_process
from shared.vocabulary import PREFIX
from shared.web import init_app, keep
from shared.web.identity import StaffIdentity
from shared.web.openapi import JsonApi


def create_app(settings: Settings | None = None) -> Flask:
    """The scheduler's web app: `gunicorn 'services.scheduler.app:create_app()'`."""
    settings = settings or settings_of_process(Settings.from_env)
    database = open_database(settings)
    app = Flask(__name__, static_folder=None)  # the only files are those of `shared.web`
    init_app(
        app, settings, database, service="scheduler", confirm_session=partial(_confirm, database)
    )
    keep(app, "intake", _intake(settings))
    keep(app, "provider", _provider(settings))
    for peer in ("intake", "notifier"):
        keep(app, f"{peer}_set_up", Elsewhere(Peer(settings, audience=peer, issuer="scheduler")))
    init_refusals(app)
    app.register_blueprint(client.pages)
    app.register_blueprint(answers.pages)
    app.register_blueprint(agreeing.pages)
    app.register_blueprint(late.pages)
    app.register_blueprint(where.pages)
    app.register_blueprint(waiting.pages)
    app.register_blueprint(stated.pages)
    app.register_blueprint(staff_door.pages)
    app.register_blueprint(provider_door.pages)
    app.register_blueprint(your_sign_in.pages)
    app.register_blueprint(your_passkeys.pages)
    app.register_blueprint(their_sign_in.pages)
    app.register_blueprint(staff.pages)
    app.register_blueprint(calendar.pages)
    app.register_blueprint(appointment.pages)
    app.register_blueprint(settling.pages)
    app.register_blueprint(openings.pages)
    app.register_blueprint(why.pages)
    app.register_blueprint(on_behalf.pages)
    app.register_blueprint(absences.pages)
    app.register_blueprint(waitlist.pages)
    app.register_blueprint(practice.pages)
    app.register_blueprint(licences.pages)
    app.register_blueprint(clinician_zone.pages)
    app.register_blueprint(introduction.pages)
    app.register_blueprint(setting_up.pages)
    app.register_blueprint(insight.pages)
    for rules in (rule_overview, rule_types, rule_places, rule_closures, rule_couples, rule_fit):
        app.register_blueprint(rules.pages)
    app.register_blueprint(outside_calendars.pages)
    app.register_blueprint(internal.pages)
    programs = JsonApi(app, title="Scheduler")
    programs.register_blueprint(api_late.late)
    programs.register_blueprint(api_where.where)
    programs.register_blueprint(api_waiting.waiting)
    programs.register_blueprint(api_stated.stated)
    programs.register_blueprint(api_moving.agreeing)
    programs.register_blueprint(api_settling.settling)
    for blueprint in (api.api, api_staff.door, api_staff.desk, api_staff.hours, api_people.people):
        programs.register_blueprint(blueprint)
    programs.register_blueprint(api_sign_in.sign_in)
    programs.register_blueprint(api_staff_booking.booking)
    programs.register_blueprint(api_staff_time.time)
    programs.register_blueprint(api_calendar.calendar_api)
    programs.register_blueprint(api_waitlist.desk)
    programs.register_blueprint(api_outside.calendars)
    programs.register_blueprint(api_rules.rules)
    programs.register_blueprint(api_fit.fit)
    return app


def declare_actors(broker: dramatiq.Broker, ticker: Ticker, settings: Settings) -> None:
    """Bind the scheduler's ear and its clockwork to a broker."""
    database = open_database(settings)
    intake = _intake(settings)
    consumer.declare(broker, Doorbell(settings.broker_url), database, ticker)
    ticker.every(5, "scheduler.practice", lambda: look(database, settings))
    ticker.every(30, "scheduler.holds", lambda: jobs.release_expired_holds(database))
    ticker.every(5, "scheduler.absences", lambda: jobs.settle_absences(database, settings))
    ticker.every(30, "scheduler.replies", lambda: jobs.release_unconfirmed(database))
    ticker.every(3600, "scheduler.answers", lambda: jobs.forget_answers(database))
    ticker.every(5, "scheduler.waitlist", lambda: jobs.offer_freed_times(database, settings))
    ticker.every(5, "scheduler.contacts", lambda: jobs.refresh_contacts(database, intake))
    feeds = Feeds(on_loopback=settings.calendars_on_loopback)
    ticker.every(5, "scheduler.calendars", lambda: jobs.read_calendars(database, feeds))


def worker() -> dramatiq.Broker:
    """The scheduler's worker: `dramatiq services.scheduler.app:worker`."""
    return run_worker(Settings.from_env, declare_actors)


def first_run_link(settings: Settings) -> str | None:
    """The address at which the owner makes the first account, or None when there is one."""
    with _one_transaction(settings) as session:
        return staff_operations.first_run_link(session, settings=settings, now=utcnow())


def new_owner_link(settings: Settings) -> str:
    """A link that lets the owner in once: to make the account, or to sign in with it."""
    with _one_transaction(settings) as session:
        return staff_operations.owner_link(session, settings=settings, now=utcnow())


def reset_sign_in(settings: Settings, *, address: str, reason: str) -> str | None:
    """Forget somebody's second step: a link to sign in with, or None for nobody."""
    with _one_transaction(settings) as session:
        return own_sign_in.reset_at_server(
            session, address=address, reason=reason, settings=settings, now=utcnow()
        )


def _intake(settings: Settings) -> Intake:
    return Intake(Peer(settings, audience="intake", issuer="scheduler"))


def _provider(settings: Settings) -> OpenIdProvider | None:
    asked = settings.openid
    if asked is None:
        return None
    return OpenIdProvider(
        issuer=asked.issuer,
        client_id=asked.client_id,
        client_secret=asked.client_secret,
        back_to=f"{settings.public_url}{PREFIX['scheduler']}/staff/sign-in/provider/back",
    )


@contextmanager
def _one_transaction(settings: Settings) -> Iterator[Session]:
    database = open_database(settings)
    try:
        with database.begin() as session:
            yield session
    finally:
        database.dispose()


def _confirm(database: Database, session_id: UUID) -> StaffIdentity | None:
    with database.begin() as session:
        found = staff_operations.confirm(session, session_id=session_id, now=utcnow())
        return identity_of(found) if found else None
