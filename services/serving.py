"""The web server of the one-process suite: three apps under their prefixes on one port."""

import errno
import logging
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import structlog
from cheroot import wsgi
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from shared.vocabulary import PREFIX, Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = structlog.get_logger(__name__)

HOST: Final = "127.0.0.1"
# A page may ask another service for something, which another of these threads answers.
THREADS: Final = 24
NOWHERE: Final = "/not-here"
"""An address of intake's at which nothing is, nor ever will be; the gateway's file names it too."""


class PortUnavailable(RuntimeError):
    """The port can't be listened on; the message is one sentence for whoever starts the suite."""


class _Server(wsgi.Server):
    """Cheroot, with its complaints in our log instead of on the terminal."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        logger.log(level, "web server", said=msg, exc_info=traceback)


class WebServer:
    """Takes the port at once and says 503 on it, until `start` gives it something to serve."""

    def __init__(self, port: int) -> None:
        """Listen on `port`, or on any free one for 0. Raises PortUnavailable."""
        self._server = _Server(
            (HOST, port), _starting, numthreads=THREADS, server_name="softstart", shutdown_timeout=3
        )
        self._server.request_queue_size = 128
        try:
            self._server.prepare()
        except OSError as error:
            if f"[Errno {errno.EADDRINUSE}]" in str(error):
                said = f"Port {port} is in use; stop what uses it, or choose another with PORT."
            else:
                said = f"Port {port} can't be listened on; choose another with PORT ({error})."
            raise PortUnavailable(said) from error
        threading.Thread(target=self._server.serve, name="web", daemon=True).start()

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._server.bind_addr[1])

    def start(self, apps: Mapping[Service, "WSGIApplication"], *, trust_proxy: bool) -> None:
        """Answer with these apps. `trust_proxy`: a proxy of ours stands before us."""
        mounted = mount(apps)
        self._server.wsgi_app = mounted if trust_proxy else unforwarded(mounted)

    def stop(self) -> None:
        """Let the answers under way finish, for a few seconds, and give the port back."""
        self._server.stop()


def mount(apps: Mapping[Service, "WSGIApplication"]) -> "WSGIApplication":
    """Each app under its prefix, as the gateway of `compose.yaml` does; `/` leads to the first."""
    return DispatcherMiddleware(
        _Front(apps["intake"]), {PREFIX[name]: app for name, app in apps.items()}
    )


def unforwarded(app: "WSGIApplication") -> "WSGIApplication":
    """Without a proxy before us nobody else may say who asks, and from where (ASVS 4.1.3)."""

    def without(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        for name in [key for key in environ if key.startswith("HTTP_X_FORWARDED_")]:
            del environ[name]
        return app(environ, start_response)

    return without


class _Front:
    """What is at no service's address: `/` leads to the practice's page, all else is not there.

    The page that says so is intake's own: whoever mistypes an address gets the support lines too.
    """

    def __init__(self, intake: "WSGIApplication") -> None:
        self._intake = intake

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "/") in ("", "/"):
            return redirect(PREFIX["intake"] + "/", 303)(environ, start_response)
        # One address for them all, and always a GET: nothing that was sent is read.
        nowhere = {
            **environ,
            "SCRIPT_NAME": PREFIX["intake"],
            "PATH_INFO": NOWHERE,
            "QUERY_STRING": "",
            "REQUEST_METHOD": "HEAD" if environ["REQUEST_METHOD"] == "HEAD" else "GET",
            "CONTENT_LENGTH": "0",
        }
        return self._intake(nowhere, start_response)


@Request.application
def _starting(request: Request) -> Response:  # noqa: ARG001
    return Response("Starting.\n", 503, {"Retry-After": "1"})
