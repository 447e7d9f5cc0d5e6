"""The web server of the one-process suite: prefixes, the port, and who may say who asks."""

from collections.abc import Callable, Iterator

import pytest
import requests
from werkzeug.wrappers import Request, Response

from services.serving import PortUnavailable, WebServer
from shared.vocabulary import Service


@Request.application
def telling(request: Request) -> Response:
    """An app that says how it was reached, and by whom as far as headers tell."""
    forwarded = sorted(name for name, _ in request.headers if name.startswith("X-Forwarded"))
    return Response(f"{request.root_path} {request.path} {forwarded}")


APPS: dict[Service, Callable[..., object]] = {
    "intake": telling,
    "scheduler": telling,
    "notifier": telling,
}


@pytest.fixture
def address() -> Iterator[str]:
    server = WebServer(0)
    server.start(APPS, trust_proxy=False)
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.mark.parametrize("prefix", ["/begin", "/schedule", "/notify"])
def test_each_service_answers_under_its_own_prefix(address: str, prefix: str) -> None:
    assert requests.get(f"{address}{prefix}/a/page", timeout=5).text.startswith(f"{prefix} /a/page")


def test_the_bare_address_leads_to_the_clients_page(address: str) -> None:
    answer = requests.get(address, timeout=5, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/begin/")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_of_nobody_is_answered_by_the_clients_service(address: str, method: str) -> None:
    answer = requests.request(method, f"{address}/wp-admin?x=1", data="a=1", timeout=5)

    assert answer.text.startswith("/begin /not-here")


def test_nobody_may_pretend_to_be_a_proxy(address: str) -> None:
    pretended = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Prefix": "/evil"}

    assert requests.get(f"{address}/begin/", timeout=5, headers=pretended).text == "/begin / []"


def test_a_proxy_of_ours_is_heard() -> None:
    server = WebServer(0)
    server.start(APPS, trust_proxy=True)

    answer = requests.get(
        f"http://127.0.0.1:{server.port}/begin/",
        timeout=5,
        headers={"X-Forwarded-For": "198.51.100.7"},
    )

    server.stop()
    assert answer.text == "/begin / ['X-Forwarded-For']"


def test_until_there_is_something_to_serve_it_says_so() -> None:
    server = WebServer(0)

    answer = requests.get(f"http://127.0.0.1:{server.port}/begin/", timeout=5)

    server.stop()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_the_server_tells_no_version(address: str) -> None:
    assert requests.get(address, timeout=5).headers["Server"] == "softstart"


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    first = WebServer(0)

    with pytest.raises(PortUnavailable, match=f"Port {first.port} is in use") as refusal:
        WebServer(first.port)

    first.stop()
    assert "\n" not in str(refusal.value)
