"""What staff read about records, in words."""

from collections.abc import Mapping
from typing import Any, Final

RECORD_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "kinds": {
        "access": "A copy of their record",
        "amendment": "A change in their record",
        "release": "Their record for somebody else",
    },
    "states": {"open": ("Open", "wait"), "done": ("Done", "ok"), "denied": ("Denied", "hold")},
    "acts": {
        "received": "Request noted",
        "reviewed": "Texts read, may go out",
        "held-back": "A text is held back",
        "exported": "Copy made",
        "delivered": "Copy given to the person",
        "denied": "Denied",
        "upheld": "Denial reviewed: it stands",
        "reversed": "Denial reviewed: give the copy",
        "accepted": "Change accepted",
        "disagreed": "The person disagrees",
        "released": "Record went out",
        "withdrawn": "The person does not want it any more",
    },
    "scopes": {
        "own": "This person's own record",
        "joint": "The joint record",
        "part2": "Part 2 documents, to give out",
        "part2-proceedings": "Part 2 documents, for use in proceedings",
        "court-order": "A court's order (Part 2)",
    },
    "uses": {"release": "Care, insurance or another purpose", "proceedings": "A court case"},
    "occasions": {
        "booked": "Booked a session",
        "asked": "Asked what it costs",
        "changed": "What is planned has changed",
    },
    "ways": {"email": "By email", "pick-up": "Picked up", "in-person": "In person"},
    "breach": {
        "found": "Found",
        "learned": "Learned more",
        "people-told": "Told the people it concerns",
        "authority-told": "Told the authority",
        "media-told": "Told the press",
        "closed": "Closed",
    },
}
