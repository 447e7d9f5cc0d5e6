"""What the audit's codes are called on a page."""

from typing import Final

from services.intake.web.record_words import RECORD_WORDS

ACTS: Final = {
    "read": "Opened",
    "find": "Found by search",
    "export": "Exported",
    "purge": "Destroyed by its rule",
    "erase": "Erased",
    "legal-hold": "Legal hold",
    "lift-hold": "Lifted the hold",
    "write-note": "Wrote a private note",
    "task-taken": "Took the task",
    "task-acknowledged": "Said “I have it”",
    "task-handed-over": "Handed the task over",
    "task-escalated": "Passed the task on",
    "task-done": "Ended the task",
    "task-reopened": "Opened the task again",
    "task-call-done": "Marked the private call as done",
    "task-call-not-done": "Took it back that the call was done",
    "task-text-read": "Read what they wrote in their own words",
    "task-glass": "Broke the glass",
    "verify": "Checked the audit",
    "open-invitation": "Let them invite",
    "ask-to-sign": "Asked them to sign the policy",
    "replace-page": "Replaced the link to their page",
    "release-joint": "Released a joint meeting",
    "withdraw-joint": "Withdrew the release",
    "part-couple": "They go on separately",
    "change-address": "Changed an address or a number",
    "authorize-release": "Noted an authorization",
    "revoke-release": "Took an authorization back",
    **{f"record-{act}": f"Request: {words.lower()}" for act, words in RECORD_WORDS["acts"].items()},
    **{
        f"breach-{kind}": f"Breach: {words.lower()}"
        for kind, words in RECORD_WORDS["breach"].items()
    },
}
ROLES: Final = {
    "owner": "owner",
    "clinician": "clinician",
    "front_desk": "front desk",
    "software": "by itself",
}


def act(code: str) -> str:
    """In words; one that has no words of its own says what it is."""
    return ACTS.get(code) or code.replace("-", " ").capitalize()
