"""A real SMTP server: STARTTLS with a certificate of its own, bad days by script, a log.

It speaks the protocol over a socket in a thread of its own, and keeps what it has accepted: that
log, and nothing in our tables, is what a test counts. With no script, and with `plays_recipients`,
an address's own meaning decides.
"""

# aiosmtpd calls its hooks by name and position.
# ruff: noqa: ARG002, N802

import asyncio
import ipaddress
import logging
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.simulators.recipients import Mailbox, mailbox_of
from shared.clock import utcnow

HOST = "localhost"
SLOW_SECONDS: Final = 9
GREY: Final = timedelta(minutes=1)
"""How long a mailbox that wants to see a stranger twice refuses. Real ones take five minutes."""

_REFUSED: Final = {
    Mailbox.GONE: "550 5.1.1 nobody of that name here",
    Mailbox.FULL: "452 4.2.2 mailbox full",
    Mailbox.FILTERED: "554 5.7.1 these words are not taken",
}
_AFTER_THE_DOT: Final = {Mailbox.HANGS: "hang", Mailbox.DROPS: "take and drop"}


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for localhost; `path` holds it, `key` its key."""

    path: Path
    key: Path


def make_certificate(folder: Path, *, name: str = HOST) -> Certificate:
    """Write a certificate that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    paths.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@dataclass(frozen=True)
class Accepted:
    """A message that the server took responsibility for, and how it came."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    signed_in: bool

    @property
    def mail(self) -> EmailMessage:
        """The message, parsed."""
        parsed = message_from_bytes(self.content, policy=SMTP_POLICY)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """The plain text part."""
        body = self.mail.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    @property
    def calendar(self) -> EmailMessage | None:
        """The calendar part, if there is one."""
        parts = [part for part in self.mail.walk() if part.get_content_type() == "text/calendar"]
        assert len(parts) <= 1
        return parts[0] if parts else None


# The server's own log is another machine's: ours must not be found to hold its lines.
logging.getLogger("mail.log").propagate = False


class _AnyPort(Controller):
    """aiosmtpd greets itself after the start, and has to know by then which port it was given."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """The party itself. `refuse` scripts the next answers of a step: mail, rcpt, data or dot."""

    def __init__(
        self,
        certificate: Certificate | None = None,
        *,
        password: str | None = None,
        port: int = 0,
        plays_recipients: bool = False,
    ) -> None:
        self.accepted: list[Accepted] = []
        self.heard: Callable[[Accepted], None] = lambda _: None
        self.plays_recipients = plays_recipients
        self.tries: int = 0
        self.connections: int = 0
        self.goodbyes: int = 0
        self.password = password
        self._script: dict[str, deque[str]] = defaultdict(deque)
        self._first_seen: dict[str, datetime] = {}
        self._stopped = threading.Event()
        context = None
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.path, certificate.key)
        self._controller = _AnyPort(
            self,
            hostname="127.0.0.1",
            port=port,
            tls_context=context,
            require_starttls=context is not None,
            authenticator=self._sign_in if password else None,
            auth_required=bool(password),
            auth_require_tls=context is not None,
        )

    # ------------------------------------------------------------ for who starts it

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._controller.port
        return port

    def refuse(self, step: str, *replies: str) -> None:
        """Answer the next commands of `step` so; `hang` never answers, `drop` hangs up.

        At the step `dot`, `take and drop` accepts the message and hangs up without a word.
        """
        self._script[step].extend(replies)

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Hang up on everyone and stop listening."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._controller.stop()

    # ------------------------------------------------------------ what aiosmtpd calls

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        # Said once more after STARTTLS, on the same connection.
        self.connections += session.ssl is None
        session.host_name = hostname
        return responses

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.goodbyes += 1
        return "221 2.0.0 bye"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        reply = self._next("mail")
        if reply:
            return await self._bad_day(reply, server, session, envelope)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 fine"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._next("rcpt") or self._refusal(address)
        if reply:
            return await self._bad_day(reply, server, session, envelope)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self._next("dot") or await self._meant(envelope)
        if reply:
            return await self._bad_day(reply, server, session, envelope)
        self._accept(session, envelope)
        return "250 2.0.0 taken"

    # ------------------------------------------------------------ inside

    def _refusal(self, address: str) -> str | None:
        """What the recipient's own meaning refuses, if it decides."""
        mailbox = mailbox_of(address) if self.plays_recipients else Mailbox.ARRIVES
        if mailbox is not Mailbox.GREYLISTED:
            return _REFUSED.get(mailbox)
        seen = self._first_seen.setdefault(address, utcnow())
        return "451 4.7.1 come again in a minute" if utcnow() - seen < GREY else None

    async def _meant(self, envelope: Envelope) -> str | None:
        """What becomes of a whole message by the meaning of who gets it."""
        if not self.plays_recipients:
            return None
        meanings = {mailbox_of(one) for one in envelope.rcpt_tos}
        if Mailbox.SLOW in meanings:
            await asyncio.sleep(SLOW_SECONDS)
        return next((_AFTER_THE_DOT[one] for one in meanings if one in _AFTER_THE_DOT), None)

    def _accept(self, session: Session, envelope: Envelope) -> None:
        content = envelope.original_content
        assert isinstance(content, bytes)
        accepted = Accepted(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=content,
            encrypted=session.ssl is not None,
            signed_in=bool(session.authenticated),
        )
        self.accepted.append(accepted)
        self.heard(accepted)

    def _next(self, step: str) -> str | None:
        """What the script has for a step."""
        return self._script[step].popleft() if self._script[step] else None

    async def _bad_day(self, reply: str, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer with the words, or do what no words say: see `refuse`."""
        if reply == "hang":
            while not self._stopped.is_set():
                await asyncio.sleep(0.05)
        if reply == "take and drop":
            self._accept(session, envelope)
        if reply in {"hang", "drop", "take and drop"}:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "421 4.3.2 gone"
        return reply

    def _sign_in(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        data: object,
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        assert self.password is not None
        return AuthResult(success=data.password == self.password.encode(), handled=False)


@contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    """It listens while the context lasts."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


def mail_server(
    certificate: Certificate | None, *, password: str | None = None
) -> AbstractContextManager[MailServer]:
    """One on any port that is free; without a certificate it offers no STARTTLS."""
    return serving(MailServer(certificate, password=password))
