"""One line per request: id, rule of the address (the address itself holds tokens), status, time."""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from shared.web.context import service_name

log = structlog.get_logger(__name__)

HEADER: Final = "X-Request-ID"
_PLAIN: Final = re.compile(r"[0-9A-Za-z-]{8,64}")


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _PLAIN.fullmatch(given) else uuid4().hex
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    if request.endpoint != "ui.static":
        log.info(
            "request",
            service=service_name(),
            method=request.method,
            rule=str(request.url_rule) if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 1),
        )
    return response


def init_requests_log(app: Flask) -> None:
    """Number and log every request. First in, last out: call it before the other guards."""
    app.before_request(_begin)
    app.after_request(_end)
