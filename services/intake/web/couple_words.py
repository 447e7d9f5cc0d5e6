"""What staff read about an invitation and about two people, in words."""

from typing import Final

HOW: Final = {
    "share_link": "They pass on a link themselves",
    "practice_email": "We send one email",
}
HINDRANCES: Final = {
    "none": "Nobody else is part of this request, so nobody can be invited.",
    "hold": "It is on hold. Lift the hold first, with your reason.",
    "call": "The private call comes first. Mark it as done, then you can let them invite.",
}
STATUSES: Final = {
    "not_invited": "Not invited",
    "invited": "Invited, has not begun",
    "started": "Has begun a form",
    "submitted": "Has sent a form",
    "expired": "Did not send a form in time",
}
BOOKING: Final = {
    "blocked": ("hold", "No joint meeting"),
    "clinician_release": ("wait", "After a release"),
    "after_private_calls": ("ok", "After both calls"),
}
PATTERNS: Final = {
    "pursue-withdraw": "One reaches out, one steps back",
    "pursue-pursue": "Both reach out",
    "withdraw-withdraw": "Both step back",
    "mixed": "Mixed",
    "not-clear": "Not clear yet",
    "held": "On hold. Do not speak of a shared pattern.",
}
RULES: Final = {
    "P01": "Nobody was invited.",
    "P02": "One of them is in crisis.",
    "P03": "One of them needs a clinician's review first.",
    "P04": "The time is over, and the second person has not joined.",
    "P05": "The second person does not want to meet together. Do not tell the first.",
    "P06": "The second person has not sent a form yet.",
    "P07": "A clinician meets each of them alone and signs off first.",
    "P08": "It looks suitable on both people's answers.",
    "unmatched": "The table has no row for this: a person plans it.",
}
