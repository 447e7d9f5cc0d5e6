"""Is the process up, and can it do its work? No versions, no names (ASVS 13.4.5)."""

import structlog
from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.web.audiences import guard_public
from shared.web.context import database

log = structlog.get_logger(__name__)


def health() -> Blueprint:
    """`/healthz`: the process answers. `/readyz`: so does its database (503 if not)."""
    blueprint = Blueprint("health", __name__)
    guard_public(blueprint)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def ready() -> Response:
        try:
            with database().begin() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            log.warning("health.not_ready", kind=type(error).__qualname__)
            return Response("database\n", status=503, mimetype="text/plain")
        return Response("ok\n", mimetype="text/plain")

    return blueprint
