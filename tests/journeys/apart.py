"""The product as separate processes, started with the very commands that compose.yaml names."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from shared.provision import role_url
from shared.vocabulary import SERVICES
from tests.conftest import KEYS, PASSWORDS
from tests.journeys.suite import ROOT, free_port

WORKERS = tuple(f"{service}-worker" for service in SERVICES)
BIN = Path(sys.executable).parent


class Apart:
    """compose.yaml without containers: its commands and its environment, on local addresses."""

    def __init__(
        self, folder: Path, database_url: str, broker_url: str, env: dict[str, str]
    ) -> None:
        self.folder = folder
        self._admin_url = database_url
        self._broker_url = broker_url
        self._extra = env
        self._compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
        self._ports = {name: free_port() for name in (*SERVICES, "gateway")}
        self.url = f"http://127.0.0.1:{self._ports['gateway']}"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.first_run_link = ""

    def start(self) -> "Apart":
        """Everything, in the order that compose.yaml asks for."""
        assert self._process("migrate").wait(60) == 0, self.log()
        for name in (*SERVICES, *WORKERS, "gateway"):
            self.run(name)
        for service in SERVICES:
            self._await(f"http://127.0.0.1:{self._ports[service]}/readyz")
        self._await(f"{self.url}/begin/readyz")
        self.first_run_link = self._staff_link()
        return self

    def run(self, name: str) -> None:
        """Start one process (again)."""
        self._running[name] = self._process(name)
        if name in SERVICES:
            self._await(f"http://127.0.0.1:{self._ports[name]}/readyz")

    def kill(self, name: str) -> None:
        """`kill -9` for the process and all that it started."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End everything that still runs."""
        for process in self._running.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log(self) -> str:
        """Everything that all of them have said."""
        return "\n".join(p.read_text(errors="replace") for p in self.folder.glob("*.log"))

    def environment(self, name: str) -> dict[str, str]:
        """The environment that compose.yaml gives to `name`, with our addresses."""
        values = {
            "PUBLIC_URL": self.url,
            "SECRET_KEY": "a-secret-for-tests-that-is-long-enough",
            "SERVICE_KEY": "a-service-key-for-tests-that-is-long",
            "DELIVERY": "live",
            **{f"{service.upper()}_KEYS": KEYS for service in SERVICES},
            **{f"{role.upper()}_PASSWORD": password for role, password in PASSWORDS.items()},
        }
        given = self._compose[name].get("environment", {})
        # A name without a value is handed through from the environment, as compose does.
        env = {k: _filled(v, values) for k, v in given.items() if v is not None}
        env |= {
            k: v
            for k, v in self._extra.items()
            if k in given or k.startswith(("SMTP_", "TWILIO_", "BOOKING_", "CHANGE_"))
        }
        if "BROKER_URL" in env:
            env["BROKER_URL"] = self._broker_url
        if name == "migrate":
            env["DATABASE_URL"] = self._admin_url
        elif "DATABASE_URL" in env:
            env["DATABASE_URL"] = role_url(
                self._admin_url, name.split("-", maxsplit=1)[0], PASSWORDS
            )
        for service in SERVICES:
            if f"{service.upper()}_URL" in env:
                env[f"{service.upper()}_URL"] = f"http://127.0.0.1:{self._ports[service]}"
        # What stands in the audit's folder tells of one database alone.
        here = {"ALIVE_FILE": self.folder / f"{name}.alive", "AUDIT_FOLDER": self.folder}
        env |= {k: str(path) for k, path in here.items() if k in env}
        if "GUNICORN_CMD_ARGS" in env:
            env["GUNICORN_CMD_ARGS"] = env["GUNICORN_CMD_ARGS"].replace(
                "0.0.0.0:8000", f"127.0.0.1:{self._ports[name]}"
            )
        return env

    def _process(self, name: str) -> "subprocess.Popen[bytes]":
        command = self._gateway() if name == "gateway" else self._compose[name]["command"]
        program = shutil.which(command[0], path=f"{BIN}:{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip(f"no {command[0]} here; `apt-get install nginx-light` brings it")
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [program, *command[1:]],
                cwd=ROOT,
                env={"PATH": f"{BIN}:{os.environ['PATH']}", **self.environment(name)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _gateway(self) -> list[str]:
        """Nginx with the file that the image has, on local addresses and a folder of its own."""
        text = (ROOT / "deploy" / "gateway.conf").read_text()
        for service in SERVICES:
            text = text.replace(f"//{service}:8000", f"//127.0.0.1:{self._ports[service]}")
        text = text.replace("listen 8080", f"listen 127.0.0.1:{self._ports['gateway']}")
        text = re.sub(r"\s/tmp/", f" {self.folder}/", text)
        (self.folder / "gateway.conf").write_text(text)
        return ["nginx", "-c", str(self.folder / "gateway.conf"), "-g", "daemon off;"]

    def _staff_link(self) -> str:
        done = subprocess.run(
            [str(BIN / "python"), "-m", "services", "staff", "link"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.environment("scheduler")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def _await(self, url: str) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if requests.get(url, timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{url} does not answer:\n{self.log()[-6000:]}")


def _filled(value: Any, values: dict[str, str]) -> str:
    """Substitute as compose does, inner ones first: ${NAME:?message}, :-default and :+instead."""
    text, before = str(value), None
    while text != before:
        before = text
        text = re.sub(
            r"\$\{(\w+)(?::?\+([^{}]*))\}", lambda f: f[2] if values.get(f[1]) else "", text
        )
        text = re.sub(
            r"\$\{(\w+)(?::?[?-]([^{}]*))?\}",
            lambda found: values.get(found[1], found[2] or ""),
            text,
        )
    return text
