"""Reading an e-mail address and a phone number as people type them.

What is stored is what will be used: the address in the form that goes on an envelope, the number in
E.164. A refusal says what to do, in words that stand beside the field.
"""

import re
import unicodedata
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from services.intake.domain.errors import AnswerRefused

HOME_REGION: Final = "US"

_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOP: Final = re.compile(r"[a-z]{1,63}|xn--[a-z0-9-]{1,58}[a-z0-9]")
# RFC 6761 and RFC 3172: names that no mail can be sent to. `.test` and `.example` stay usable: no
# message reaches anybody there, which is what made-up people need.
_NOWHERE: Final = frozenset(("arpa", "localhost", "local", "invalid", "onion", "internal"))

_UNFINISHED: Final = (
    "Add the part after the @ sign, for example rowan@example.org. Or leave it blank."
)
_NO_AT: Final = (
    "Add the @ sign and what comes after it, as in rowan@example.org. Or leave it blank."
)
_ONE_ONLY: Final = "Give one address only. You can tell us about another on the call."
_ODD: Final = (
    "We could not write to this address. Look for blanks or signs that do not belong. "
    "Or leave it blank."
)

_DIALLED: Final = frozenset(
    (
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    )
)
_NO_NUMBER: Final = (
    "This phone number looks unfinished. In the US it has ten digits, for example 914-555-0177. "
    "Or leave it blank."
)
_NOT_OURS: Final = (
    "We cannot call this kind of number. Give a regular phone number, or leave it blank."
)
_EXTENSION: Final = "Give the number without an extension, or leave it blank."


def read_email(text: str) -> str:
    """The address, its domain in ASCII and lower case. Raises AnswerRefused.

    A dot-atom before the @ and a host name after it (RFC 5321, 4.1.2); quoted names and bracketed
    numbers are refused: nobody is reached by them, and header injections hide in them.
    """
    address = text.strip(" ")
    local, at, domain = address.rpartition("@")
    if not at:
        raise AnswerRefused(_NO_AT)
    if "." not in domain.strip("."):
        raise AnswerRefused(_UNFINISHED)
    if "," in address or ";" in address or address.count("@") > 1:
        raise AnswerRefused(_ONE_ONLY)
    host = _host(domain)
    if len(local) > 64 or not _LOCAL.fullmatch(local) or len(local) + 1 + len(host) > 254:
        raise AnswerRefused(_ODD)
    return f"{local}@{host}"


def _host(domain: str) -> str:
    # Invisible signs would be dropped in silence, and the letter would go to another house.
    if any(unicodedata.category(sign) == "Cf" for sign in domain):
        raise AnswerRefused(_ODD)
    try:
        host = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise AnswerRefused(_ODD) from None
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) and _honest(label) for label in labels):
        raise AnswerRefused(_ODD)
    if not _TOP.fullmatch(labels[-1]) or labels[-1] in _NOWHERE or len(host) > 253:
        raise AnswerRefused(_ODD)
    return host


def _honest(label: str) -> bool:
    """Two dashes in third place are reserved for names in other scripts (RFC 5891, 4.2.3.1)."""
    return label[2:4] != "--" or label.startswith("xn--")


def read_phone(text: str) -> str:
    """The number in E.164, read as a US one unless it names a country. Raises AnswerRefused."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        raise AnswerRefused(_NO_NUMBER) from None
    if number.extension:
        raise AnswerRefused(_EXTENSION)
    # Region 001 is no country: satellite phones, counted as mobile, at a fortune a call.
    if phonenumbers.region_code_for_country_code(number.country_code or 0) == "001":
        raise AnswerRefused(_NOT_OURS)
    if not phonenumbers.is_valid_number(number):
        raise AnswerRefused(_NO_NUMBER)
    if phonenumbers.number_type(number) not in _DIALLED:
        raise AnswerRefused(_NOT_OURS)
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def spoken_phone(e164: str) -> str:
    """The number as one would write it down: 914-555-0177, or with its country."""
    number = phonenumbers.parse(e164, None)
    if number.country_code == 1:
        digits = str(number.national_number)
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))
