"""`init_app`: everything that all three services' web floors have in common, in the right order."""

from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.db import Database
from shared.settings import CommonSettings
from shared.vocabulary import Service
from shared.web.context import EXTENSION, ConfirmSession, Floor
from shared.web.csrf import init_csrf
from shared.web.headers import init_headers
from shared.web.health import health
from shared.web.inputs import init_inputs
from shared.web.language import init_language
from shared.web.problems import init_problems
from shared.web.requests_log import init_requests_log
from shared.web.ui import init_ui

ONE_MEBIBYTE: Final = 1024 * 1024


def init_app(
    app: Flask,
    settings: CommonSettings,
    database: Database,
    *,
    service: Service,
    confirm_session: ConfirmSession,
) -> None:
    """Lay the floor: call it once, before the app's own blueprints are registered.

    `confirm_session` says who a staff session still belongs to; it is asked once a minute.
    """
    app.extensions[EXTENSION] = Floor(
        service=service, settings=settings, database=database, confirm_session=confirm_session
    )
    app.config.update(
        # Flask's own signed cookie carries only the one-line notes of `flash`.
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=f"__Host-{service}-note" if settings.secure else f"{service}-note",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        MAX_CONTENT_LENGTH=ONE_MEBIBYTE,
        MAX_FORM_MEMORY_SIZE=ONE_MEBIBYTE,
    )
    # One gateway stands before us and says the prefix, the scheme and who asked. Not the host: no
    # link is built from it, and nobody should get to choose it (ASVS 4.1.3).
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0, x_prefix=1)  # type: ignore[method-assign]

    init_requests_log(app)
    init_headers(app)
    init_problems(app)
    init_inputs(app)
    init_csrf(app)
    init_language(app)
    init_ui(app)
    app.register_blueprint(health())
