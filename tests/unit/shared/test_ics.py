"""Calendar entries (P16, P19)."""

from datetime import UTC, datetime

from icalendar import Calendar

from shared.ics import Method, invitation

AT = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)


def entry(method: Method = "REQUEST", sequence: int = 0) -> bytes:
    return invitation(
        method=method,
        uid="a1@harborlane.example",
        sequence=sequence,
        start=AT,
        end=AT.replace(minute=50),
        stamp=AT,
        organizer_name="Harbor Lane",
        organizer_address="notes@harborlane.example",
        attendee="rowan@example.org",
        url="http://127.0.0.1:8000/schedule/m/x",
    )


def test_p19_an_entry_says_appointment_and_nothing_else() -> None:
    (event,) = Calendar.from_ical(entry()).walk("VEVENT")

    assert event["SUMMARY"] == "Appointment"
    assert event["CLASS"] == "PRIVATE"
    assert "DESCRIPTION" not in event
    assert "LOCATION" not in event


def test_p16_the_uid_stays_the_sequence_rises_and_the_method_fits() -> None:
    first, moved = (Calendar.from_ical(entry(sequence=n)).walk("VEVENT")[0] for n in (0, 1))
    gone = Calendar.from_ical(entry("CANCEL", 2))

    assert first["UID"] == moved["UID"]
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)
    assert gone["METHOD"] == "CANCEL"
    assert gone.walk("VEVENT")[0]["STATUS"] == "CANCELLED"


def test_lines_end_as_rfc_5545_asks_and_are_folded() -> None:
    lines = entry().split(b"\r\n")

    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75


def test_who_is_invited_has_no_name_and_has_accepted_already() -> None:
    """Of rule-21 all but the answer: whoever chose the time need not be asked whether they come."""
    (event,) = Calendar.from_ical(entry()).walk("VEVENT")

    assert event["ATTENDEE"] == "mailto:rowan@example.org"
    assert dict(event["ATTENDEE"].params) == {
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
