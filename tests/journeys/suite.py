"""The product as its users have it: the command, started as a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from pwd import struct_passwd

import requests

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 90
STOP_SECONDS = 10


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Suite:
    """`softstart up` on a home of its own. Only what a person could do is done to it."""

    def __init__(
        self,
        home: Path,
        env: Mapping[str, str] | None = None,
        *,
        account: struct_passwd | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.home = home
        self._account = account
        self._arguments = arguments
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self._env = dict(env or {})
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "Suite":
        """Start it and wait for its three lines and a healthy answer."""
        self.lines = []
        # What the surrounding shell has set must not decide what a newcomer sees.
        clean = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", "TMPDIR") if k in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services", "up", *self._arguments],
            cwd=ROOT,
            user=self._account and self._account.pw_uid,
            group=self._account and self._account.pw_gid,
            extra_groups=[] if self._account else None,
            env={
                **clean,
                "SOFTSTART_HOME": str(self.home),
                "PORT": str(self.port),
                "BOOKING_NOTICE_HOURS": "0",
                **self._env,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        self._await_health()
        return self

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))

    def _await_health(self) -> None:
        assert self._process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self._process.poll() is None, "\n".join(self.lines)
            try:
                ready = all(
                    requests.get(f"{self.url}{prefix}/readyz", timeout=2).ok
                    for prefix in ("/begin", "/schedule", "/notify")
                )
                if ready and len(self.lines) >= 3:
                    return
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(0.1)
        raise AssertionError("the suite did not come up:\n" + "\n".join(self.lines))

    @property
    def first_run_link(self) -> str:
        """The one-time link for staff, from what the command printed."""
        links = re.findall(r"http://\S+", "\n".join(self.lines))
        return next(link for link in links if "/staff/first-run/" in link)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Ctrl-C; returns the exit status. Fails when it takes longer than promised."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """`kill -9`: no process gets to say goodbye."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """Everything that the suite has logged."""
        return "\n".join(
            path.read_text(errors="replace")
            for path in (self.home / "log").glob("*")
            if path.is_file()
        ) + "\n".join(self.lines)
