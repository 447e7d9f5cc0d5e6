"""A real IMAP server for tests: Dovecot, with one mailbox of its own under a folder, over TLS."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from services.simulators.mail import Certificate

PROGRAM = shutil.which("dovecot", path=os.defpath + ":/usr/sbin:/usr/local/sbin")
USER, PASSWORD = "bounces", "open-sesame"
PATIENCE = 20.0

CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{folder}/mail
default_internal_user = {owner}
default_internal_group = {group}
default_login_user = {owner}
first_valid_uid = 0
first_valid_gid = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
"""


@dataclass(frozen=True)
class MailStore:
    """The server: its port, and the folder in which its mails are files (a maildir)."""

    port: int
    folder: Path

    def deliver(self, content: bytes) -> None:
        """Put a mail in, as a mail server would."""
        arrived = self.folder / "new" / f"{uuid4().hex}.localhost"
        arrived.write_bytes(content)
        arrived.chmod(0o644)

    @property
    def flags(self) -> list[str]:
        """The flags of each mail by name: S for seen, F for flagged."""
        kept = [*self.folder.glob("cur/*"), *self.folder.glob("new/*")]
        return sorted(each.name.partition(":2,")[2] for each in kept)


@contextmanager
def mail_store(certificate: Certificate) -> Iterator[MailStore]:
    """Run Dovecot while the context lasts; it refuses to run as root, so then it is nobody's."""
    assert PROGRAM is not None
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    owner = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    # Of its own, outside of the run's folder, into which nobody else may look.
    with TemporaryDirectory(prefix="softstart-imap-") as name:
        folder = Path(name)
        configuration = folder / "dovecot.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                certificate=shutil.copy(certificate.path, folder / "own.pem"),
                key=shutil.copy(certificate.key, folder / "own.key"),
                port=port,
                password=PASSWORD,
                owner=owner.pw_name,
                group=grp.getgrgid(owner.pw_gid).gr_name,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
            )
        )
        for box in ("new", "cur", "tmp"):
            (folder / "mail" / box).mkdir(parents=True)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        server = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(configuration)],
            user=owner.pw_uid,
            group=owner.pw_gid,
            extra_groups=[] if os.getuid() == 0 else None,
        )
        try:
            _wait_for(port, folder / "log")
            yield MailStore(port, folder / "mail")
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log.exists() else "Dovecot said nothing.")
