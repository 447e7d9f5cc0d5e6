"""One connection to an SMTP server, and the few that rest until the next mail.

Opening one costs several times what a mail on it does: TLS and signing in are most of it. So a
connection is kept for a while, and asked by the next mail whether it still stands.
"""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.servers import Security, SmtpServer
from services.notifier.domain.verdict import Answer, Phase, smtp_reply

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
FINAL_DOT_SECONDS = 600
GOODBYE_SECONDS = 2

REST_SECONDS = 30.0
"""How long a connection may rest; a server waits five minutes or more (RFC 5321, 4.5.3.2.7)."""

MOST_MAILS = 100
"""Mails on one connection: some servers refuse after that many, and wear is good for balancing."""

_UNAVAILABLE: Final = 421


class Replied(Exception):
    """The server answered a step with something else than the expected."""

    def __init__(self, code: int, text: bytes | str) -> None:
        super().__init__(f"{code}")
        self.code = code
        self.text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text


class HadGone(Exception):
    """A connection that rested does not stand any more; nothing was said on it."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail in its envelope (RFC 5321, 2.3.1)."""

    sender: str
    recipient: str
    content: bytes


class Dialogue:
    """One connection; `phase` says how far the mail at hand has come.

    It is used by one thread at a time. What is raised: Replied, smtplib.SMTPException, OSError
    (ssl.SSLError among them), and HadGone where it had rested before.
    """

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self._server = server
        self._own_name = own_name
        self._smtp: smtplib.SMTP | None = None
        self._in_between = False
        self._mails = 0
        self._rests_since = 0.0
        self.phase = Phase.CONNECTING

    def hand_over(self, mail: Mail, handing_over: Callable[[], None]) -> Answer:
        """Hand one mail over; `handing_over` is called right before the final dot leaves."""
        smtp = self._smtp or self._open()
        self._in_between = False
        self._begin(smtp, mail)
        with self._step(Phase.RECIPIENT):
            self._expect(smtp.rcpt(mail.recipient), 250, 251)
        with self._step(Phase.CONTENT):
            self._expect(smtp.docmd("DATA"), 354)
            smtp.send(_dot_stuffed(mail.content))
        handing_over()
        with self._step(Phase.HANDING_OVER):
            assert smtp.sock is not None
            smtp.sock.settimeout(FINAL_DOT_SECONDS)
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
            smtp.sock.settimeout(COMMAND_SECONDS)
        self._in_between = True
        reply = text.decode("utf-8", "replace")
        return Answer(
            verdict=smtp_reply(code, reply, Phase.HANDING_OVER), code=code, text=f"{code} {reply}"
        )

    def rest(self) -> bool:
        """Get ready for another mail; False if this connection is not good for one."""
        smtp, self._mails = self._smtp, self._mails + 1
        if smtp is None or smtp.sock is None or not self._in_between or self._mails >= MOST_MAILS:
            return False
        self._rests_since = time.monotonic()
        return True

    @property
    def rested_too_long(self) -> bool:
        """Whether it is time to hang up."""
        return time.monotonic() - self._rests_since > REST_SECONDS

    def close(self) -> None:
        """Say goodbye if the server waits for a command; what was taken stays taken either way."""
        if self._smtp is None or self._smtp.sock is None:
            return
        if not self._in_between:
            # In the middle of the content a QUIT would be one more line of it.
            self._smtp.close()
            return
        try:
            self._smtp.sock.settimeout(GOODBYE_SECONDS)
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()

    def _begin(self, smtp: smtplib.SMTP, mail: Mail) -> None:
        options = [f"SIZE={len(mail.content)}"] if smtp.has_extn("size") else []
        try:
            with self._step(Phase.SENDER):
                code, text = smtp.mail(mail.sender, options)
                if code == _UNAVAILABLE and self._mails:
                    raise HadGone
                self._expect((code, text), 250)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if self._mails:
                raise HadGone from error
            raise

    def _open(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file)
        with self._step(Phase.CONNECTING):
            if server.security is Security.TLS:
                self._smtp = smtplib.SMTP_SSL(
                    *(server.host, server.port, self._own_name),
                    timeout=CONNECT_SECONDS,
                    context=context,
                )
            else:
                self._smtp = smtplib.SMTP(
                    server.host, server.port, self._own_name, timeout=CONNECT_SECONDS
                )
        smtp = self._smtp
        assert smtp.sock is not None
        smtp.sock.settimeout(COMMAND_SECONDS)
        # The final dot is a packet of its own: without this it waits for the server's delayed ACK.
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._step(Phase.GREETING):
            self._expect(smtp.ehlo(), 250)
        if server.security is Security.STARTTLS:
            self._secure(smtp, context)
        if server.username is not None:
            self._sign_in(smtp, server.username, server.password or "")
        return smtp

    def _secure(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        with self._step(Phase.SECURING):
            if not smtp.has_extn("starttls"):
                raise Replied(502, "The server offers no STARTTLS, and nothing is sent without.")
            self._expect(smtp.starttls(context=context), 220)
            self._expect(smtp.ehlo(), 250)

    def _sign_in(self, smtp: smtplib.SMTP, username: str, password: str) -> None:
        with self._step(Phase.SIGNING_IN):
            try:
                smtp.login(username, password)
            except smtplib.SMTPAuthenticationError as error:
                raise Replied(error.smtp_code, error.smtp_error) from None
            except smtplib.SMTPNotSupportedError:
                raise Replied(504, "The server offers no way to sign in that we know.") from None

    def _expect(self, reply: tuple[int, bytes], *wanted: int) -> None:
        code, text = reply
        if code in wanted:
            return
        if self.phase in _MAIL_UNDER_WAY:
            self._back_to_the_beginning()
        raise Replied(code, text)

    def _back_to_the_beginning(self) -> None:
        """After a refusal the connection is as good as before it, if the server agrees."""
        smtp = self._smtp
        assert smtp is not None
        with suppress(smtplib.SMTPException, OSError):
            self._in_between = smtp.rset()[0] == 250

    @contextmanager
    def _step(self, phase: Phase) -> Iterator[None]:
        self.phase = phase
        try:
            yield
        except smtplib.SMTPResponseException as error:
            raise Replied(error.smtp_code, error.smtp_error) from None
        except socket.gaierror as error:
            raise OSError(f"{self._server.host} has no address: {error.strerror}") from error


_MAIL_UNDER_WAY: Final = frozenset({Phase.SENDER, Phase.RECIPIENT, Phase.CONTENT})


class Connections:
    """The connections to one server that rest between two mails; safe between threads."""

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self._server = server
        self._own_name = own_name
        self._resting: list[Dialogue] = []
        self._lock = threading.Lock()

    def new(self) -> Dialogue:
        """One that is not open yet."""
        return Dialogue(self._server, self._own_name)

    def rested(self) -> Dialogue | None:
        """The one that was used last, if any rests."""
        self.close_idle()
        with self._lock:
            return self._resting.pop() if self._resting else None

    def give_back(self, dialogue: Dialogue) -> None:
        """Let it rest, or close it where it is not good for another mail."""
        if not dialogue.rest():
            dialogue.close()
            return
        with self._lock:
            self._resting.append(dialogue)

    def close_idle(self) -> None:
        """Hang up what has rested too long."""
        with self._lock:
            old = [dialogue for dialogue in self._resting if dialogue.rested_too_long]
            self._resting = [dialogue for dialogue in self._resting if dialogue not in old]
        for dialogue in old:
            dialogue.close()


_LINE_DOT: Final = re.compile(rb"(?m)^\.")


def _dot_stuffed(content: bytes) -> bytes:
    """Double each leading dot (RFC 5321, 4.5.2); the content ends with its own line end."""
    lines = content if content.endswith(b"\r\n") else content + b"\r\n"
    return _LINE_DOT.sub(b"..", lines)
