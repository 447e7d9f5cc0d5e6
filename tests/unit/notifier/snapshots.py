"""Every message as it is sent, one readable file each: kind x language x channel.

`python -m tests.unit.notifier.snapshots` writes them anew (`make snapshots`): what has changed is
then read in the diff, by somebody.
"""

from pathlib import Path
from typing import Final

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.sms import segments
from services.notifier.domain.words import Slot, slots
from services.notifier.operations.rendering import render
from services.notifier.operations.samples import sample
from services.notifier.operations.shipped import shipped
from shared.settings import Practice
from shared.vocabulary import Channel

FOLDER: Final = Path(__file__).parents[2] / "snapshots" / "messages"
PUBLIC_URL: Final = "https://harborlane.example"
PRACTICE: Final = Practice(
    name="Harbor Lane",
    neutral_sender="Harbor Lane",
    phone="914-555-0132",
    timezone="America/New_York",
    licensed_states=("NY",),
    quick_exit_url="https://www.weather.gov/",
    sender_address="notes@harborlane.example",
)


def message_of(slot: Slot) -> OutgoingMessage:
    """The made-up message of a slot, in the words that Softstart brings."""
    occasion = sample(slot, public_url=PUBLIC_URL, sender_address=PRACTICE.sender_address)
    return render(occasion, PRACTICE, shipped(slot))


def path_of(slot: Slot) -> Path:
    """Where its picture stands."""
    return FOLDER / slot.locale / f"{slot.kind}.{slot.channel}.txt"


def written(message: OutgoingMessage) -> str:
    """Everything of it that leaves, in one file."""
    if message.channel is Channel.SMS:
        encoding, parts, left = segments(message.text)
        return f"{message.text}\n\n-- {encoding}, segments: {parts}, left: {left}\n"
    calendar = message.calendar.replace("\r\n", "\n")
    return "\n".join(
        (
            f"Subject: {message.subject}",
            "",
            message.text,
            "-- HTML",
            f"{message.html}\n",
            *(("-- Calendar", calendar) if calendar else ()),
        )
    )


def main() -> None:
    """Write all of them anew."""
    for slot in slots():
        path_of(slot).parent.mkdir(parents=True, exist_ok=True)
        path_of(slot).write_text(written(message_of(slot)), "utf-8")


if __name__ == "__main__":
    main()
