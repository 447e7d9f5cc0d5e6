"""How a person may be reached, as they told intake, and the words in which we keep to it.

The plan stands beside the name wherever staff could call or write (L33), and on the person's own
pages, so that they can see that we heard them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.saying import Say, english
from shared.vocabulary import Channel


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A name, and the ways that the person called safe. An address without a "yes" is None."""

    name: str
    pronouns: str | None = None
    email: str | None = None
    phone: str | None = None
    may_email: bool = False
    may_text: bool = False
    may_call: bool = False
    may_leave_voice: bool = False
    call_as: str | None = None
    has_notes: bool = False

    @classmethod
    def from_wire(cls, copy: Mapping[str, Any]) -> Self:
        """Read intake's `contacts` document. Raises KeyError when it is something else."""
        channels = copy["channels"]
        return cls(
            name=copy["name"],
            pronouns=copy.get("pronouns"),
            email=copy.get("email"),
            phone=copy.get("phone"),
            may_email=bool(channels.get("email")),
            may_text=bool(channels.get("sms")),
            may_call=bool(channels.get("call")),
            may_leave_voice=bool(channels.get("voicemail")),
            call_as=copy.get("call_as"),
            has_notes=bool(copy.get("contact_notes_present")),
        )

    @property
    def can_be_called(self) -> bool:
        """Whether there is a number, and a yes to calls."""
        return self.may_call and bool(self.phone)

    def can_be_written_to(self, channels: Collection[Channel]) -> bool:
        """Whether we send by one of these to where they said yes to."""
        return (Channel.EMAIL in channels and self.may_email and bool(self.email)) or (
            Channel.SMS in channels and self.may_text and bool(self.phone)
        )

    @property
    def shown_phone(self) -> str:
        """The number as people write it here, or nothing."""
        return shown_phone(self.phone) if self.phone else ""


def shown_phone(number: str) -> str:
    """A number as people write it here: +19145550177 is 914-555-0177; others stay as they are."""
    if number.startswith("+1") and len(number) == 12:
        return f"{number[2:5]}-{number[5:8]}-{number[8:]}"
    return number


def ways_to_talk(video_room: str | None) -> list[tuple[str, str]]:
    """(value, label) of how an appointment can take place with someone."""
    ways = [("phone", "By phone")]
    if video_room:
        ways.append(("video", "By video"))
    return ways


_CALLER = {
    "practice": ("Say the practice name.", "practice name"),
    "first_name": ("First name only.", "first name only"),
    "hang_up": ("If someone else answers, say it is a wrong number.", "nobody else"),
}


def staff_plan(contact: Contact) -> tuple[str, str]:
    """(icon, sentences) for staff, the most important first."""
    if not contact.can_be_called:
        return _without_calls(contact)
    said = ["Call is fine."]
    if contact.call_as in _CALLER:
        said.append(_CALLER[contact.call_as][0])
    nots = [
        word
        for word, allowed in (
            ("voice message", contact.may_leave_voice),
            ("texts", contact.may_text),
            ("email", contact.may_email),
        )
        if not allowed
    ]
    if nots:
        said.append("No " + ", no ".join(nots) + ".")
    quiet = not contact.may_leave_voice or contact.call_as == "hang_up"
    return ("quiet" if quiet else "phone", " ".join(said) + _notes(contact))


def _without_calls(contact: Contact) -> tuple[str, str]:
    ways = [
        word
        for word, allowed in (("Email", contact.may_email), ("text", contact.may_text))
        if allowed
    ]
    if not ways:
        return ("lock", "Do not call, write or text. They will call us." + _notes(contact))
    only = " or ".join(ways)
    only = only[0].upper() + only[1:] + " only."
    return ("mail" if contact.may_email else "msg", f"{only} Do not call." + _notes(contact))


def _notes(contact: Contact) -> str:
    return " They left a note on this: read it first." if contact.has_notes else ""


def own_plan(contact: Contact, say: Say = english) -> str:
    """The same in a line for the person: "Call 914-555-0177, first name only, no voice message"."""
    if contact.can_be_called and contact.phone:
        parts = [say("Call %(number)s", number=shown_phone(contact.phone))]
        if contact.call_as == "first_name":
            parts.append(say("first name only"))
        if not contact.may_leave_voice:
            parts.append(say("no voice message"))
        return ", ".join(parts)
    if contact.may_email and contact.email:
        return say("Email to %(address)s, no calls", address=contact.email)
    if contact.may_text and contact.phone:
        return say("Text to %(phone)s, no calls", phone=shown_phone(contact.phone))
    return say("You call us. We will not call or write.")


def will_not(contact: Contact, say: Say = english) -> str | None:
    """What we promise not to do, as one sentence, or None when nothing is ruled out."""
    nots = [
        say(word)
        for word, allowed in (
            ("leave a voice message", contact.may_leave_voice or not contact.can_be_called),
            ("call", contact.can_be_called),
            ("text", contact.may_text),
            ("email", contact.may_email),
        )
        if not allowed
    ]
    if not nots:
        return None
    if len(nots) == 2:
        return say("We will not %(one)s, and we will not %(two)s.", one=nots[0], two=nots[1])
    if len(nots) > 2:
        return say("We will not %(most)s or %(last)s.", most=", ".join(nots[:-1]), last=nots[-1])
    return say("We will not %(one)s.", one=nots[0])
