"""Start `compose.yaml` for real, walk one booking through its gateway, and take it all away again.

`make compose-check`. Needs Docker with compose v2, or podman behind DOCKER_HOST. Uses a project,
a port and secrets of its own, so it neither meets nor disturbs a suite that runs already.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import requests

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from services.home import Secrets  # noqa: E402 - the path has to come first
from tests.journeys.by_api import Caller  # noqa: E402
from tests.journeys.people import COUPLE  # noqa: E402
from tests.journeys.suite import free_port  # noqa: E402
from tests.journeys.world import Staff, somebody, until  # noqa: E402

PROJECT = "softstart-check"


class Composed:
    """The project that compose.yaml describes, on a port and with secrets of its own."""

    def __init__(self, docker: str) -> None:
        self._docker = docker
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # In the environment they go before a `.env` that lies here for the real one.
        self._env = {
            **os.environ,
            **Secrets.fresh().as_environment(),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DELIVERY": "mailbox",
            "BOOKING_NOTICE_HOURS": "0",
            "CHANGE_NOTICE_HOURS": "0",
            # Older engines build as well: nothing in the Dockerfile asks for BuildKit.
            "DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "0"),
        }

    def compose(self, *words: str) -> str:
        """Run a `docker compose` command; what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [self._docker, "compose", "--project-name", PROJECT, "--ansi", "never", *words],
            cwd=HERE,
            env=self._env,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return done.stdout

    def running(self) -> list[str]:
        """The names of the services that run now."""
        listed = [json.loads(line) for line in self.compose("ps", "--format", "json").splitlines()]
        return sorted(one["Service"] for one in listed if one["State"] == "running")

    def link(self) -> str:
        """The owner's link, as compose.yaml says one gets it."""
        said = self.compose("run", "--rm", "--no-deps", "scheduler", "softstart", "staff", "link")
        return next(word for word in said.split() if word.startswith("http"))


def walk(composed: Composed) -> None:
    """The owner's first day, one booking, its confirmation; and what must be true of the whole."""
    services = composed.running()
    print("running:", ", ".join(services))
    for service in services:
        assert composed.compose("exec", "-T", service, "id", "-u").strip() != "0", service
    print("ok: none of them runs as root")

    staff = Staff(composed.url).become_owner(composed.link())
    print("ok: the owner came in by the one-time link and set hours")

    appointment = Caller(composed.url).booked(somebody(COUPLE))
    print("ok: booked for", appointment["start"])

    until(lambda: [one for one in staff.messages() if one["purpose"] == "confirmation"], 60)
    print("ok: the confirmation lies in the mailbox")

    token = appointment["manage_url"].rpartition("/")[2]
    logged = composed.compose("logs", "--no-color")
    assert token not in logged, "a log line holds the token of an appointment"
    print("ok: no log line holds the token")


def main() -> int:
    """Check, and clean up whatever came of it: 0, or 1 with the reason on stderr."""
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "info"], capture_output=True, check=False).returncode
    ):
        print("compose-check: no container engine answers `docker info` here.", file=sys.stderr)
        return 2
    composed = Composed(docker)
    try:
        composed.compose("up", "--build", "--detach", "--wait", "--wait-timeout", "240")
        walk(composed)
    except (subprocess.CalledProcessError, requests.RequestException, AssertionError) as reason:
        print(f"compose-check failed: {reason}", file=sys.stderr)
        print(composed.compose("logs", "--no-color", "--tail", "60"), file=sys.stderr)
        return 1
    finally:
        composed.compose("down", "--volumes", "--remove-orphans")
    print("compose-check: all is well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
