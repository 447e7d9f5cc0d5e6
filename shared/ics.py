"""Calendar entries that say "Appointment" and nothing else (RFC 5545, RFC 5546; P16, P19)."""

from datetime import datetime
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText, vUri

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]


def invitation(
    *,
    method: Method,
    uid: str,
    sequence: int,
    start: datetime,
    end: datetime,
    stamp: datetime,
    organizer_name: str,
    organizer_address: str,
    attendee: str | None = None,
    summary: str = "Appointment",
    url: str | None = None,
) -> bytes:
    """An iCalendar object with one event, CRLF lines, times in UTC.

    `uid` stays the same for the appointment's life and `sequence` rises with each change, so that
    a calendar moves its entry instead of adding another. CLASS:PRIVATE keeps it from people with
    whom a calendar is shared. UTC times need no VTIMEZONE, and the person's own calendar shows
    them in the person's own zone.
    """
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", stamp)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", summary)
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if url:
        event.add("url", vUri(url))
    organizer = vCalAddress(f"mailto:{organizer_address}")
    organizer.params["cn"] = vText(organizer_name)
    event["organizer"] = organizer
    if attendee:
        event.add("attendee", _attendee(attendee), encode=False)
    calendar = Calendar()
    calendar.add("prodid", "-//Softstart//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(event)
    document: bytes = calendar.to_ical()
    return document


def _attendee(address: str) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["cutype"] = vText("INDIVIDUAL")
    attendee.params["role"] = vText("REQ-PARTICIPANT")
    attendee.params["partstat"] = vText("ACCEPTED")
    attendee.params["rsvp"] = vText("FALSE")
    return attendee
