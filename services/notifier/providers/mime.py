"""An e-mail as bytes: text, simple HTML, and the calendar entry where one belongs.

RFC 5322 and 2046; the calendar part as RFC 6047 wants it; Auto-Submitted (RFC 3834) keeps
answering machines from talking to us.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notifier.domain.message import OutgoingMessage

CALENDAR_FILE = "appointment.ics"


class NotAnAddress(ValueError):
    """An address that can't stand in a header: it has no @, or holds a line break."""


def build(
    message: OutgoingMessage, *, sender_name: str, sender_address: str, date: datetime
) -> bytes:
    """Compose the message. Raises NotAnAddress.

    The recipient's name is left out: a header is read over shoulders, too.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender_address, sender_name)
    mail["To"] = _address(message.to)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = f"<{message.message_id}@{sender_address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if message.calendar_method:
        mail.add_attachment(
            message.calendar.encode(),
            maintype="text",
            subtype="calendar",
            filename=CALENDAR_FILE,
            params={"method": message.calendar_method, "charset": "utf-8", "name": CALENDAR_FILE},
            cte="base64",
        )
    return mail.as_bytes()


def _address(addr_spec: str, display_name: str = "") -> Address:
    try:
        address = Address(display_name, addr_spec=addr_spec)
    except (ValueError, IndexError) as error:
        raise NotAnAddress("The address can't be written to.") from error
    if not (addr_spec.isascii() and address.username and address.domain):
        # Other scripts before the @ need SMTPUTF8 all the way (RFC 6531): few servers have it.
        raise NotAnAddress("The address can't be written to.")
    return address
