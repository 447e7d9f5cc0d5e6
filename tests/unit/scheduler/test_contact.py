"""The words in which we keep to somebody's contact plan."""

from typing import Any

import pytest

from services.scheduler.domain.contact import Contact, own_plan, shown_phone, staff_plan, will_not


def someone(**changes: Any) -> Contact:
    given: dict[str, Any] = {
        "name": "Rowan Teller",
        "email": "rowan@example.org",
        "phone": "+19145550177",
        "may_call": True,
        "may_email": True,
        "may_text": True,
        "may_leave_voice": True,
    }
    return Contact(**(given | changes))


def test_what_intake_sends_is_read():
    contact = Contact.from_wire(
        {
            "name": "Rowan Teller",
            "email": None,
            "phone": "+19145550177",
            "channels": {"call": True, "voicemail": False},
            "call_as": "practice",
            "contact_notes_present": True,
        }
    )

    assert contact.can_be_called
    assert (contact.may_text, contact.may_email, contact.has_notes) == (False, False, True)


@pytest.mark.parametrize("document", [{}, {"name": "Rowan"}, {"channels": {}}])
def test_what_is_no_contact_is_not_read(document):
    with pytest.raises(KeyError):
        Contact.from_wire(document)


@pytest.mark.parametrize(
    ("changes", "icon", "plan"),
    [
        ({}, "phone", "Call is fine."),
        ({"call_as": "practice"}, "phone", "Call is fine. Say the practice name."),
        (
            {"call_as": "first_name", "may_leave_voice": False, "may_text": False},
            "quiet",
            "Call is fine. First name only. No voice message, no texts.",
        ),
        (
            {"call_as": "hang_up"},
            "quiet",
            "Call is fine. If someone else answers, say it is a wrong number.",
        ),
        ({"may_call": False}, "mail", "Email or text only. Do not call."),
        ({"may_call": False, "may_email": False}, "msg", "Text only. Do not call."),
        ({"phone": None, "may_text": False}, "mail", "Email only. Do not call."),
        (
            {"may_call": False, "may_email": False, "may_text": False},
            "lock",
            "Do not call, write or text. They will call us.",
        ),
        (
            {"has_notes": True},
            "phone",
            "Call is fine. They left a note on this: read it first.",
        ),
    ],
)
def test_the_staff_read_the_plan_beside_the_name(changes, icon, plan):
    assert staff_plan(someone(**changes)) == (icon, plan)


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({}, "Call 914-555-0177"),
        (
            {"call_as": "first_name", "may_leave_voice": False},
            "Call 914-555-0177, first name only, no voice message",
        ),
        ({"may_call": False}, "Email to rowan@example.org, no calls"),
        ({"may_call": False, "may_email": False}, "Text to 914-555-0177, no calls"),
        (
            {"may_call": False, "may_email": False, "may_text": False},
            "You call us. We will not call or write.",
        ),
    ],
)
def test_the_person_reads_the_same_plan(changes, plan):
    assert own_plan(someone(**changes)) == plan


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, None),
        ({"may_text": False}, "We will not text."),
        (
            {"may_leave_voice": False, "may_text": False},
            "We will not leave a voice message, and we will not text.",
        ),
        (
            {"may_leave_voice": False, "may_text": False, "may_email": False},
            "We will not leave a voice message, text or email.",
        ),
        (
            {"may_call": False, "may_text": False, "may_email": False},
            "We will not call, text or email.",
        ),
    ],
)
def test_what_we_will_not_do_is_promised_in_one_sentence(changes, sentence):
    assert will_not(someone(**changes)) == sentence


def test_a_number_of_this_country_is_shown_as_people_write_it():
    assert shown_phone("+19145550177") == "914-555-0177"
    assert shown_phone("+442071838750") == "+442071838750"
