"""What the audit's codes are called on a page."""

from typing import Final

ACTS: Final = {
    "read": "Opened",
    "export": "Exported",
    "purge": "Destroyed by its rule",
    "erase": "Erased",
    "legal-hold": "Legal hold",
    "lift-hold": "Lifted the hold",
    "break-glass": "Broke the glass",
    "verify": "Checked the audit",
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


def cell(value: object) -> str:
    """A cell of a CSV file that a spreadsheet does not take for a formula (ASVS 1.2.10)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text
