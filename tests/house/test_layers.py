"""Who may import whom, and that importing does nothing else."""

import json
import subprocess
import sys
from pathlib import Path

from tests.house.tree import PACKAGES, ROOT, files, module_name

IMPORTS_ALL = """
import importlib, json, os, socket, sys, threading

class Refused(socket.socket):
    def connect(self, *args):
        raise AssertionError("a module opened a connection while it was imported")
    bind = connect_ex = connect

socket.socket = Refused
before = dict(os.environ)
failed = {}
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)

import dramatiq
from dramatiq import broker
print(json.dumps({
    "failed": failed,
    "threads": [thread.name for thread in threading.enumerate()][1:],
    "actors": sorted(broker.global_broker.actors) if broker.global_broker else [],
    "environment changed": dict(os.environ) != before,
}))
"""


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_importing_reads_no_setting_opens_no_socket_and_declares_no_actor() -> None:
    # `env.py` and the migrations are alembic's to load, in a context of its own.
    names = [module_name(path) for path in files(*PACKAGES) if "migrations" not in path.parts]

    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_ALL],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == {
        "failed": {},
        "threads": [],
        "actors": [],
        "environment changed": False,
    }
