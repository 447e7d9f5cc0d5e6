"""The gateway's file, read by a real nginx: which headers reach the services, whoever asks."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from services.serving import NOWHERE
from tests.journeys.suite import ROOT, free_port


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self) -> None:
        """The line and the headers, as JSON would be too much."""
        said = f"{self.command} {self.path}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("no nginx here; `apt-get install nginx-light` brings it")
    folder, port = tmp_path_factory.mktemp("gateway"), free_port()
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    text = (ROOT / "deploy" / "gateway.conf").read_text()
    text = re.sub(r"//(intake|scheduler|notifier):8000", f"//127.0.0.1:{behind.server_port}", text)
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
    # Whoever asks stands on no private network here: nothing they say of themselves counts.
    text = re.sub(r"\s+set_real_ip_from 127[^;]+;", "", text)
    (folder / "nginx.conf").write_text(re.sub(r"\s/tmp/", f" {folder}/", text))
    with (folder / "out").open("wb") as out:
        command = [program, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        process = subprocess.Popen(command, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    _await(f"{url}/healthz")
    yield url
    process.terminate()
    process.wait(10)
    behind.shutdown()
    behind.server_close()


def _await(url: str) -> None:
    for _ in range(100):
        try:
            requests.get(url, timeout=1)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{url} does not answer")


PRETENDED = {
    "X-Forwarded-For": "198.51.100.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
}


@pytest.mark.parametrize("prefix", ["/begin", "/schedule", "/notify"])
def test_the_gateway_alone_says_who_asks_and_by_which_prefix(gateway: str, prefix: str) -> None:
    said = requests.get(f"{gateway}{prefix}/a?b=1", headers=PRETENDED, timeout=5).text

    assert said.startswith("GET /a?b=1")
    assert f"X-Forwarded-Prefix: {prefix}\n" in said.replace("\r", "")
    assert "X-Forwarded-For: 127.0.0.1" in said
    assert f"Host: {gateway.removeprefix('http://')}" in said
    assert "198.51.100.9" not in said
    assert "evil" not in said


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_nowhere_is_answered_by_the_clients_service(gateway: str, method: str) -> None:
    said = requests.request(method, f"{gateway}/wp-admin?x=1", data="a=1", timeout=5).text

    assert said.startswith(f"GET {NOWHERE}\n")
    assert "X-Forwarded-Prefix: /begin" in said
