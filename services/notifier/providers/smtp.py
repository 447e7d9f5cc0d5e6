"""Hands an e-mail to an SMTP server, step by step, so that it is always known how far it came.

Up to the final dot nothing has been taken and a try costs nothing (RFC 5321, 4.1.1.4). So the
last step is written down before that dot leaves, and the answer to it is waited for as long as
the RFC asks (4.5.3.2.6): hanging up early is what doubles messages (RFC 1047).
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import SmtpServer
from services.notifier.domain.verdict import (
    Answer,
    Phase,
    permanent,
    smtp_reply,
    smtp_silence,
    temporary,
)
from services.notifier.providers import Trace
from services.notifier.providers.mime import NotAnAddress, Sender, build
from services.notifier.providers.smtp_dialogue import (
    Connections,
    Dialogue,
    HadGone,
    Mail,
    Replied,
)
from shared.clock import utcnow


class SmtpProvider:
    """One SMTP submission server; `returns_to` gives the envelope's sender for a try (VERP)."""

    name = "smtp"

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        *,
        returns_to: Callable[[UUID], str] | None = None,
        name_now: Callable[[], str] | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._name_now = name_now or (lambda: sender.name)
        self._returns_to = returns_to or (lambda _: sender.address)
        self._connections = Connections(server, sender.domain)

    def _sender_now(self) -> Sender:
        name = self._name_now()
        if name != self._sender.name:
            self._sender = replace(self._sender, name=name)
        return self._sender

    def send(
        self,
        message: OutgoingMessage,
        *,
        attempt_id: UUID,
        handing_over: Callable[[], None],
    ) -> Answer:
        """Hand one message over; the answer names the step that failed."""
        try:
            content = build(message, sender=self._sender_now(), date=utcnow())
        except NotAnAddress as error:
            return Answer(verdict=permanent("no-such-address"), text=str(error))
        mail = Mail(sender=self._returns_to(attempt_id), recipient=message.to, content=content)
        rested = self._connections.rested()
        if rested is not None:
            try:
                return self._try(rested, mail, handing_over)
            except HadGone:
                pass  # nothing was said on it: a fresh one takes its place
        return self._try(self._connections.new(), mail, handing_over)

    def _try(self, dialogue: Dialogue, mail: Mail, handing_over: Callable[[], None]) -> Answer:
        try:
            return dialogue.hand_over(mail, handing_over)
        except Replied as reply:
            verdict = smtp_reply(reply.code, reply.text, dialogue.phase)
            return Answer(verdict=verdict, code=reply.code, text=f"{reply.code} {reply.text}")
        except ssl.SSLError as error:
            return _untrusted(self._server, error, dialogue.phase)
        except (smtplib.SMTPException, OSError) as error:
            return _silent(error, dialogue.phase)
        finally:
            self._connections.give_back(dialogue)

    def hang_up(self) -> None:
        """Close the connections that have rested too long."""
        self._connections.close_idle()

    def find(
        self,
        message: OutgoingMessage,  # noqa: ARG002
        *,
        attempt_id: UUID,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
    ) -> Trace:
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
