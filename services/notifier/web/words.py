"""How staff read states, reasons and tries: short sentences, no codes without words."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.notifier.domain.delivery import State
from services.notifier.domain.message import LINK_NOTES, kind_of, title_of
from services.notifier.domain.servers import CARRIERS
from services.notifier.domain.wording import LANGUAGES
from services.notifier.operations import preferences
from services.notifier.operations.message_log import Line, Try
from shared.vocabulary import PREFIX, Channel


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A state as one word or two, and the shape that goes with it."""

    shape: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One entry of the trail. `said` is the provider's own answer, where one may see it."""

    shape: str
    title: str
    at: datetime
    text: str = ""
    code: int | None = None
    said: str = ""


_CHIPS: Final = {
    State.SCHEDULED: Chip(shape="wait", label="Waiting"),
    State.CLAIMED: Chip(shape="wait", label="On its way"),
    State.ATTEMPTING: Chip(shape="wait", label="On its way"),
    State.UNCERTAIN: Chip(shape="day", label="No answer yet"),
    State.ACCEPTED: Chip(shape="info", label="Taken by their server"),
    State.DELIVERED: Chip(shape="ok", label="Delivered"),
    State.UNCONFIRMED: Chip(shape="info", label="Sent, not confirmed"),
    State.UNDELIVERED: Chip(shape="urgent", label="Did not arrive"),
    State.BOUNCED: Chip(shape="urgent", label="Came back"),
    State.FAILED_PERMANENT: Chip(shape="urgent", label="Did not go out"),
    State.FAILED_TECHNICAL: Chip(shape="urgent", label="Did not go out"),
    State.CANCELLED: Chip(shape="hold", label="Withdrawn"),
    State.SUPPRESSED: Chip(shape="urgent", label="Not sent"),
    State.EXPIRED: Chip(shape="urgent", label="Too late to send"),
    State.DEAD: Chip(shape="urgent", label="Did not go out"),
}

_BY_REASON: Final = {
    "restored": Chip(shape="hold", label="Held back"),
    "night": Chip(shape="wait", label="Waiting for the morning"),
    "wishes-unknown": Chip(shape="wait", label="Waiting for their wishes"),
    "no-agreement": Chip(shape="hold", label="Waiting for an agreement"),
    "carrier-away": Chip(shape="hold", label="Waiting for a carrier"),
    "not-confirmed": Chip(shape="wait", label="Waiting to be confirmed"),
    "enough-texts": Chip(shape="hold", label="Enough texts for now"),
    "enough-for-now": Chip(shape="wait", label="Waiting for its turn"),
    "no-way": Chip(shape="urgent", label="Nothing may be sent"),
    "nobody": Chip(shape="urgent", label="No address for it"),
    "turned-off": Chip(shape="hold", label="Turned off by them"),
    "not-set-up": Chip(shape="urgent", label="No way to send it"),
    "not-agreed": Chip(shape="hold", label="Not agreed to texts"),
}

_REASONS: Final = {
    "busy": "The provider was busy.",
    "carrier-away": "No carrier takes texts just now. We try one again soon.",
    "unreachable": "The provider could not be reached.",
    "cut-off": "The connection was lost before anything was taken.",
    "no-answer": "It was handed over, and the answer never came.",
    "our-settings": "Our own settings were refused: whoever looks after them should look.",
    "mailbox-full": "Their mailbox is full.",
    "no-such-address": "There is no such address.",
    "gave-up": "Their mail server could not be reached for days, and ours gave up.",
    "no-such-number": "There is no such number.",
    "cannot-get-texts": "The number cannot get texts.",
    "no-route": "The number cannot be reached from here.",
    "too-long": "It was too long for a text.",
    "phone-off": "The phone was off or out of reach.",
    "opted-out": "They asked for no more texts.",
    "blocked": "The number refuses texts from us.",
    "by-staff": "Somebody here blocked this address.",
    "filtered": "The carrier took it for unwanted mail.",
    "refused": "It was refused.",
    "unknown": "The carrier gave no reason.",
    "no-way": "Nothing may be sent to this person. Call, or wait until they write.",
    "not-permitted": "They no longer allow this way of writing to them.",
    "turned-off": "They chose not to be sent this.",
    "not-set-up": "The way they allow is not set up here. Call, or wait until they write.",
    "erased": "This person's data was erased.",
    "plan-changed": "The practice reminds at other times now.",
    "superseded": "The appointment changed, so this was no longer true.",
    "not-agreed": "Their number has not said yes to texts. We asked it, or will, once.",
    "asked-before": "This number was asked before and has not answered.",
    "no-agreement": "No agreement with the provider is recorded, so nothing is handed to it.",
    "enough-texts": "They have had as many texts as we send: one a day, three a week.",
    "enough-for-now": "As many messages as may leave at once had left. It goes out in its turn.",
    "not-wanted": "It was not needed any more.",
    "not-confirmed": "We are asking whether it is still needed.",
    "nobody": "There is no address to send this to. Set PRACTICE_STAFF_EMAIL.",
    "telling-words": "The words would have said too much. Look at the practice's settings.",
    "too-late": "Its time had passed.",
    "restored": "A backup was restored: it may have been sent already. Somebody has to decide.",
    "discarded": "Somebody decided not to send it after a backup was restored.",
    "night": "It is night where they are.",
    "wishes-unknown": "Their wishes changed, and we are asking for the new ones.",
    "no-receipt": "The provider promised to say whether it arrived, and never did.",
    "worker-died": "The program stopped each time it tried.",
    "taken": "",
}

_TRACES: Final = {
    "trace-taken": ("ok", "Found at the provider", "It had been taken after all."),
    "trace-not-taken": ("fail", "Not found at the provider", "Nothing had been taken."),
    "trace-nobody-knows": ("fail", "Nobody can say", "The server has no way to tell."),
    "trace-ask-later": ("wait", "The provider did not say", "We ask again."),
    "taken-back": (
        "ok",
        "Stopped on the way",
        "It was no longer true, so nothing was handed over.",
    ),
    "not-handed-over": ("fail", "Stopped on the way", "The program stopped here, and began anew."),
}

_RECEIPTS: Final = {
    "delivered": ("ok", "Delivered"),
    "read": ("ok", "Read"),
    "undelivered": ("fail", "Did not arrive"),
    "failed": ("fail", "Did not arrive"),
    "bounced": ("fail", "Came back"),
    "delayed": ("wait", "Their server does not take it yet"),
    "sent": ("ok", "On to the carrier"),
}

_NTH: Final = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth")

_CHANNELS: Final = {
    Channel.EMAIL.value: ("mail", "Email"),
    Channel.SMS.value: ("msg", "Text"),
    None: ("quiet", "None"),
}


def chip(line: Line) -> Chip:
    """The state of a message in a word."""
    row = line.notification
    if row.state in {State.SCHEDULED, State.SUPPRESSED} and row.reason in _BY_REASON:
        return _BY_REASON[row.reason]
    if row.state is State.SCHEDULED and line.tries:
        return Chip(shape="wait", label="Trying again")
    if row.state is State.ACCEPTED and line.provider == "mailbox":
        return Chip(shape="ok", label="Kept here")
    if row.state is State.ACCEPTED and line.provider in CARRIERS:
        return Chip(shape="info", label="Taken by the carrier")
    return _CHIPS[row.state]


def reason_text(reason: str | None) -> str:
    """A reason in a sentence; nothing for none."""
    return _REASONS.get(reason or "", "")


def channel_words(line: Line) -> tuple[str, str]:
    """The icon and the name of the channel."""
    return _CHANNELS[line.notification.channel]


def trail(line: Line) -> list[Step]:
    """What happened to a message, the newest last."""
    row = line.notification
    steps = [Step(shape="ok", title="Planned", at=row.created_at)]
    for tried in line.tries:
        steps.extend(_steps_of(tried))
    ending = _ending(line)
    return [*steps, ending] if ending else steps


def _steps_of(tried: Try) -> list[Step]:
    nth = _NTH[min(tried.attempt.number, len(_NTH)) - 1]
    steps = []
    for event in tried.events:
        said = tried.answers.get(event.id, "")
        if event.kind in _TRACES:
            shape, title, text = _TRACES[event.kind]
            steps.append(Step(shape=shape, title=title, at=event.at, text=text))
        elif event.kind == "accepted":
            steps.append(_taken(tried, event.at, event.code, said))
        elif event.kind != "handing-over":
            title = f"{nth} try " + ("unanswered" if event.kind == "uncertain" else "refused")
            text = reason_text(event.reason)
            steps.append(
                Step(shape="fail", title=title, at=event.at, text=text, code=event.code, said=said)
            )
    for receipt in tried.receipts:
        shape, title = _RECEIPTS.get(receipt.receipt, ("ok", f"Receipt: {receipt.receipt}"))
        steps.append(Step(shape=shape, title=title, at=receipt.received_at, code=receipt.code))
    return steps


def _taken(tried: Try, at: datetime, code: int | None, said: str) -> Step:
    titles = {
        "mailbox": "Kept in this mailbox",
        "smtp": "Taken by their server",
        **dict.fromkeys(CARRIERS, "Taken by the carrier"),
    }
    text = "It has not left this machine." if tried.attempt.provider == "mailbox" else ""
    title = titles.get(tried.attempt.provider, "Taken")
    return Step(shape="ok", title=title, at=at, text=text, code=code, said=said)


def _ending(line: Line) -> Step | None:
    row = line.notification
    if row.state in {State.SCHEDULED, State.UNCERTAIN}:
        title = "Next try" if line.tries else "Goes out"
        return Step(shape="wait", title=title, at=row.due_at, text=reason_text(row.reason))
    if row.state in {State.CLAIMED, State.ATTEMPTING}:
        return Step(shape="wait", title="On its way", at=row.changed_at)
    said_already = {State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.FAILED_PERMANENT}
    if row.state in said_already:
        return None
    shape = "ok" if row.state is State.CANCELLED else "fail"
    return Step(
        shape=shape, title=_CHIPS[row.state].label, at=row.changed_at, text=reason_text(row.reason)
    )


_LINK: Final = re.compile(r"https?://\S+")
_CHOICES: Final = re.compile(rf"https?://\S+{PREFIX['notifier']}{preferences.PAGE}/\S+")


def without_links(text: str) -> str:
    """A text with every link left out, and that there was one left in."""
    return _LINK.sub("(their own link)", text)


def without_choices(text: str) -> str:
    """A text without the link to its reader's own choices: whoever holds it chooses for them."""
    return _CHOICES.sub("(their own link)", text)


def words_used(reference: str) -> str:
    """Which words a try was written in: "English, version 2 (3fa9c2e)"."""
    kind, *rest = reference.split()
    if len(rest) != 4:
        return f"{kind.replace('-', ' ').capitalize()}, {' '.join(rest)}"
    locale, _channel, version, digest = rest
    return f"{LANGUAGES[locale].name}, version {version} ({digest})"


def voicemail_script(caller: str, phone: str) -> str:
    """The words for a machine. No service, no reason, and no last name to look up."""
    first_name = caller.split(maxsplit=1)[0] if caller.split() else ""
    return f"Hello, this is {first_name}. Please call me back at {phone}. Thank you."


def moment(at: datetime, place: ZoneInfo, *, seconds: bool = False) -> str:
    """A day and a time, where the practice is."""
    local = at.astimezone(place)
    return f"{local:%b} {local.day}, {clock(local, seconds=seconds)}"


def clock(local: datetime, *, seconds: bool = False) -> str:
    """A time of day."""
    half = "am" if local.hour < 12 else "pm"
    past = f"{local:%M:%S}" if seconds else f"{local:%M}"
    return f"{local.hour % 12 or 12}:{past} {half}"


def purpose_shown(purpose: str) -> str:
    """What the log says a message is for: which note with a link it was, it says to nobody.

    Else whoever may see the log could read there who was asked to join whom.
    """
    return "note" if kind_of(purpose) in LINK_NOTES else purpose


def as_document(line: Line) -> dict[str, Any]:
    """A message for a program: ids, words for states, times; no name, address or text."""
    row = line.notification
    return {
        "id": str(row.id),
        "purpose": purpose_shown(row.purpose),
        "title": title_of(row.purpose),
        "channel": row.channel,
        "state": row.state.value,
        "label": chip(line).label,
        "reason": row.reason,
        "due_at": row.due_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "tries": len(line.tries),
    }
