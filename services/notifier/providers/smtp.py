"""Hands an e-mail to an SMTP server, step by step, so that it is always known how far it came.

Up to the final dot nothing has been taken and a try costs nothing (RFC 5321, 4.1.1.4). So the
last step is written down before that dot leaves, and the answer to it is waited for as long as
the RFC asks (4.5.3.2.6): hanging up early is what doubles messages (RFC 1047).
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import Security, SmtpServer
from services.notifier.domain.verdict import (
    Answer,
    Phase,
    permanent,
    smtp_reply,
    smtp_silence,
    temporary,
)
from services.notifier.providers import Trace
from services.notifier.providers.mime import NotAnAddress, build
from shared.clock import utcnow

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
FINAL_DOT_SECONDS = 600
GOODBYE_SECONDS = 2


class _Replied(Exception):
    """The server answered a step with something else than the expected."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(f"{code}")
        self.code = code
        self.text = text.decode("utf-8", "replace")


class SmtpProvider:
    """One SMTP submission server."""

    name = "smtp"

    def __init__(self, server: SmtpServer, *, sender_name: str, sender_address: str) -> None:
        self._server = server
        self._sender_name = sender_name
        self._sender_address = sender_address

    def send(
        self,
        message: OutgoingMessage,
        *,
        attempt_id: UUID,  # noqa: ARG002 - the Protocol's: an SMTP server has no use for it
        handing_over: Callable[[], None],
    ) -> Answer:
        """Hand one message over; the answer names the step that failed."""
        try:
            content = build(
                message,
                sender_name=self._sender_name,
                sender_address=self._sender_address,
                date=utcnow(),
            )
        except NotAnAddress as error:
            return Answer(verdict=permanent("no-such-address"), text=str(error))
        dialogue = _Dialogue(self._server)
        try:
            return dialogue.hand_over(self._sender_address, message.to, content, handing_over)
        except _Replied as reply:
            verdict = smtp_reply(reply.code, reply.text, dialogue.phase)
            return Answer(verdict=verdict, code=reply.code, text=f"{reply.code} {reply.text}")
        except ssl.SSLError as error:
            return _untrusted(self._server, error, dialogue.phase)
        except (smtplib.SMTPException, OSError) as error:
            return _silent(error, dialogue.phase)
        finally:
            dialogue.close()

    def find(self, message: OutgoingMessage, *, since: datetime) -> Trace:  # noqa: ARG002
        """SMTP has no question for this."""
        return Trace.NOBODY_KNOWS


def _untrusted(server: SmtpServer, error: ssl.SSLError, phase: Phase) -> Answer:
    if phase is not Phase.SECURING and phase is not Phase.CONNECTING:
        return _silent(error, phase)
    why = getattr(error, "verify_message", "") or error.reason or "the TLS handshake failed"
    return Answer(
        verdict=temporary("our-settings"),
        text=f"The certificate of {server.host} was not accepted: {why}. "
        "Set SMTP_CA_FILE if the server's authority is a private one.",
    )


def _silent(error: Exception, phase: Phase) -> Answer:
    return Answer(
        verdict=smtp_silence(phase),
        text=f"{type(error).__name__} at the step {phase}: {error}",
    )


class _Dialogue:
    """One connection, one message; `phase` says how far it has come."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._answered = False
        self.phase = Phase.CONNECTING

    def hand_over(
        self, sender: str, recipient: str, content: bytes, handing_over: Callable[[], None]
    ) -> Answer:
        smtp = self._open(sender.rpartition("@")[2])
        with self._step(Phase.SENDER):
            _expect(smtp.mail(sender, _mail_options(smtp, content)), 250)
        with self._step(Phase.RECIPIENT):
            _expect(smtp.rcpt(recipient), 250, 251)
        with self._step(Phase.CONTENT):
            _expect(smtp.docmd("DATA"), 354)
            smtp.send(_dot_stuffed(content))
        handing_over()
        with self._step(Phase.HANDING_OVER):
            assert smtp.sock is not None
            smtp.sock.settimeout(FINAL_DOT_SECONDS)
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
        self._answered = True
        reply = text.decode("utf-8", "replace")
        return Answer(
            verdict=smtp_reply(code, reply, Phase.HANDING_OVER), code=code, text=f"{code} {reply}"
        )

    def close(self) -> None:
        """Say goodbye if the server waits for a command; what was taken stays taken either way."""
        if self._smtp is None or self._smtp.sock is None:
            return
        if self.phase in {Phase.CONTENT, Phase.HANDING_OVER} and not self._answered:
            # In the middle of the content a QUIT would be one more line of it.
            self._smtp.close()
            return
        try:
            self._smtp.sock.settimeout(GOODBYE_SECONDS)
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()

    def _open(self, own_name: str) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file)
        with self._step(Phase.CONNECTING):
            if server.security is Security.TLS:
                self._smtp = smtplib.SMTP_SSL(
                    server.host, server.port, own_name, timeout=CONNECT_SECONDS, context=context
                )
            else:
                self._smtp = smtplib.SMTP(
                    server.host, server.port, own_name, timeout=CONNECT_SECONDS
                )
        smtp = self._smtp
        assert smtp.sock is not None
        smtp.sock.settimeout(COMMAND_SECONDS)
        with self._step(Phase.GREETING):
            _expect(smtp.ehlo(), 250)
        if server.security is Security.STARTTLS:
            self._secure(smtp, context)
        if server.username is not None:
            self._sign_in(smtp, server.username, server.password or "")
        return smtp

    def _secure(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        with self._step(Phase.SECURING):
            if not smtp.has_extn("starttls"):
                raise _Replied(502, b"The server offers no STARTTLS, and nothing is sent without.")
            _expect(smtp.starttls(context=context), 220)
            _expect(smtp.ehlo(), 250)

    def _sign_in(self, smtp: smtplib.SMTP, username: str, password: str) -> None:
        with self._step(Phase.SIGNING_IN):
            try:
                smtp.login(username, password)
            except smtplib.SMTPAuthenticationError as error:
                raise _Replied(error.smtp_code, _bytes(error.smtp_error)) from None
            except smtplib.SMTPNotSupportedError:
                raise _Replied(504, b"The server offers no way to sign in that we know.") from None

    @contextmanager
    def _step(self, phase: Phase) -> Iterator[None]:
        self.phase = phase
        try:
            yield
        except smtplib.SMTPResponseException as error:
            raise _Replied(error.smtp_code, _bytes(error.smtp_error)) from None
        except socket.gaierror as error:
            raise OSError(f"{self._server.host} has no address: {error.strerror}") from error


def _mail_options(smtp: smtplib.SMTP, content: bytes) -> list[str]:
    return [f"SIZE={len(content)}"] if smtp.has_extn("size") else []


def _expect(reply: tuple[int, bytes], *wanted: int) -> None:
    code, text = reply
    if code not in wanted:
        raise _Replied(code, text)


_LINE_DOT = re.compile(rb"(?m)^\.")


def _dot_stuffed(content: bytes) -> bytes:
    """Double each leading dot (RFC 5321, 4.5.2); the content ends with its own line end."""
    lines = content if content.endswith(b"\r\n") else content + b"\r\n"
    return _LINE_DOT.sub(b"..", lines)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
