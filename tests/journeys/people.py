"""Made-up people and what they answer; canaries are strings that must turn up nowhere else."""

from typing import Any

CANARY_NAME = "Zorvane"
CANARY_EMAIL = "zorvane.quillspire@example.org"
CANARY_PHONE = "+12125550147"
CANARY_TEXT = "kestrelmoss brought me here"
CANARIES = (
    CANARY_NAME,
    "quillspire",
    "2125550147",
    "212-555-0147",
    "(212) 555-0147",
    "kestrelmoss",
)

_ADULT: dict[str, Any] = {
    "private_now": "yes",
    "age_group": "18_plus",
    "session_state": "NY",
    "residence_state": "NY",
    "name_used": CANARY_NAME,
    "email": CANARY_EMAIL,
    "email_safe": "yes",
    "phone": CANARY_PHONE,
    "call_safe": "yes",
    "voicemail_safe": "no",
    "text_safe": "yes",
    "call_as": "first_name",
    "court_purpose": "no",
    "hope_text": CANARY_TEXT,
    "s_afraid": "no",
    "s_control": "no",
    "s_threat": "no",
    "s_hurt": "no",
    "s_sexual": "no",
    "s_own": "no",
    "s_order": "no",
    "s_danger": "no",
    "substance": "no",
    "h_now": "no",
    "h_recent": "no",
    "h_others": "no",
    "modality": "either",
    "c_screening": True,
    "c_not_emergency": True,
    "c_npp": "received",
    "c_email": True,
    "c_sms": True,
}

SINGLE = _ADULT | {"who_for": "self", "relationship_status": "none", "main_concern": "stress_mood"}

ALONE = _ADULT | {
    "who_for": "relationship_alone",
    "relationship_status": "one",
    "main_concern": "distance",
    "s_past_current": "no",
    "s_after": "no",
    "pur_reach": 4,
    "pur_settle": 3,
    "pur_matter": 3,
    "pur_louder": 4,
    "wd_quiet": 1,
    "wd_worse": 0,
    "wd_wrong": 1,
    "wd_space": 1,
}

COUPLE = ALONE | {
    "who_for": "couple",
    "attending": "two",
    "main_concern": "arguments",
    "commitment": "work_on_it",
    "outside": "no",
    "private_matter": "no",
    "partner_aware": "yes",
    "partner_willing": "yes",
    "partner_location": "same_state",
    "invite_pref": "talk_first",
    "c_partner_privacy": True,
}

JOURNEYS = {"self_call": SINGLE, "relational_call": ALONE, "couples_call": COUPLE}
"""The three ways to begin, by the page that they lead to."""
