"""What staff read about a decision, in words."""

from typing import Any, Final

TRACKS: Final = {
    "crisis": "Crisis",
    "staff-review": "Staff review",
    "couples": "Couples",
    "couples-after-individual-screens": "Couples, after meeting each person alone",
    "individual": "Individual",
    "individual-relational": "Relationship work alone",
}
PRIORITIES: Final = {
    "urgent": ("urgent", "Urgent"),
    "same_day": ("day", "Same day"),
    "routine": ("", "Routine"),
}
_CALL: Final = "a private call, at a time they choose."
SEES: Final = {
    "support_now": "is a page that says how to reach a person now. No time can be chosen on it.",
    "under18": "is a page that says we see adults, with our number and the support lines.",
    "location_check": "is that one of us will check the place and get back to them.",
    "we_will_call": "is that a person will read this and get back to them in two business days.",
    "self_call": f"is the same page as anyone who came for themselves: {_CALL}",
    "relational_call": f"is the same page as anyone who comes about a relationship, alone: {_CALL}",
    "couples_call": f"is the same page as anyone who asked for a joint meeting: {_CALL}",
    "invited_call": f"is the same page as anyone who was invited, whatever they answered: {_CALL}",
}
INVITATION: Final = {
    "offer": ("ok", "May be offered", "After the private call. Nothing is sent now."),
    "hold": ("hold", "On hold", "Nothing is sent to a partner. No clock runs."),
    "none": ("", "None", "Nobody else is part of this."),
}
PATTERNS: Final = {
    "pursuer-leaning": "Tends to reach out when there is distance",
    "withdrawer-leaning": "Tends to step back when things feel like too much",
    "mixed": "Sometimes reaches out, sometimes steps back",
    "none": "No clear lean, or not answered",
}
SUGGESTIONS: Final = {
    "discernment": "Discernment counseling",
    "parting_support": "Support for parting well",
    "individual_and_ipv_referral": "Individual support first, and a referral if they want one",
    "own_harm_program_referral": "A program for people who have hurt a partner",
    "substance_assessment": "An assessment of alcohol or drug use first",
    "individual_support_alongside": "Individual support alongside",
}
APPOINTMENTS: Final = {
    "proposed": ("Held", "hold"),
    "pending": ("Waiting", "wait"),
    "booked": ("Booked", "ok"),
    "arrived": ("Here", "ok"),
    "fulfilled": ("Done", ""),
    "cancelled": ("Cancelled", ""),
    "noshow": ("Did not come", "wait"),
}
WAYS: Final = {
    "email": "Email",
    "sms": "Texts",
    "call": "Calls",
    "voicemail": "Voice messages",
}
HOW: Final = {"phone": "By phone", "video": "By video", "in-person": "In person"}
FOLDED: Final = ("start", "you", "pattern")
"""Pages whose answers the inquiry page folds away: long, or said elsewhere on it."""
PARTS: Final = {
    "start": "Privacy while answering",
    "you": "About reaching them",
    "reason": "In their own words",
    "invited": "About meeting together",
    "between_you": "Private questions",
    "wellbeing": "How they are doing",
    "record": "The page of the record",
    "texts": "What they wrote, read before a copy",
    "notes": "Private notes",
    "hold": "Why the hold was lifted",
    "export": "A copy of the whole record",
}


def trail(decision: dict[str, Any]) -> list[str]:
    """The way through the table: runs of rules that did not match, and the one that did."""
    missed = [rule for rule, matched in decision["trail"] if not matched]
    steps = []
    if missed:
        run = missed[0] if len(missed) == 1 else f"{missed[0]} to {missed[-1]}"
        steps.append(f"{run}: no match")
    steps.append(f"{decision['rule']}: {decision['reason']}")
    return steps


def suggestions(decision: dict[str, Any]) -> list[str]:
    """What to think about. The hold on the pattern has a line of its own."""
    return [SUGGESTIONS[name] for name in decision["suggestions"] if name in SUGGESTIONS]
