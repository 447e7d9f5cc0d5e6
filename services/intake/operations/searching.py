"""Finding a person by name, address or number, among those whom a role may see anyway.

There is no index of names: what is sealed is opened, compared, and forgotten (decision 40).
"""

import re
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from services.intake.operations import audit, inquiries
from services.intake.operations.contacts import ContactCard
from services.intake.operations.inquiries import Inquiry
from services.intake.operations.readers import Reader

MOST_FOUND: Final = 20
SHORTEST: Final = 2
FEWEST_DIGITS: Final = 7
"""So many digits make a number; fewer would be a way to try numbers out."""

FOUND: Final = "find"
"""The act in the audit: whose name came up. What was typed is kept nowhere."""


def find(session: Session, *, reader: Reader, sought: str) -> list[Inquiry]:
    """Whoever is called like that or has that address or number, at most MOST_FOUND.

    A name is found by the beginning of each of its parts, an address or a number only as a whole.
    Searched is what the lists of inquiries show this role, open and closed, and each person who is
    shown is recorded before it is (S25).
    """
    if len(sought.strip()) < SHORTEST:
        return []
    seen = [
        one
        for closed in (False, True)
        for one in inquiries.queue(session, reader=reader, closed=closed)
    ]
    found = [one for one in seen if one.card and matches(one.card, sought)][:MOST_FOUND]
    noted: set[UUID] = set()
    for one in found:
        if one.response.id not in noted:
            noted.add(one.response.id)
            audit.note(
                session, reader=reader, act=FOUND, response_id=one.response.id, part="contact"
            )
    return found


def matches(card: ContactCard, sought: str) -> bool:
    """Whether that is how this person is called, or where they are reached."""
    wanted = sought.casefold().split()
    if "@" in sought:
        return bool(card.email) and wanted == [(card.email or "").casefold()]
    digits = re.sub(r"\D", "", sought)
    if len(digits) >= FEWEST_DIGITS and not re.search(r"[^\W\d_]", sought):
        own = re.sub(r"\D", "", card.phone or "")
        return bool(own) and digits in {own, own.removeprefix("1")}
    parts = re.split(r"[\s\-]+", card.name.casefold())
    return bool(wanted) and all(any(part.startswith(one) for part in parts) for one in wanted)
