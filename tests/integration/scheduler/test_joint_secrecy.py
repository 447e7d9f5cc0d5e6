"""P17, P18: what one of two people sees holds nothing of the other, whatever happens."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from services.scheduler.models import Participant
from shared.tokens import service_token
from tests.integration.scheduler.two import NAMES, Two, day_in, two_people
from tests.integration.scheduler.world import (
    SERVICE_KEY,
    a_clinician,
    a_contact,
    slot_values,
    words,
)

CANARIES = {
    NAMES[0]: ["Rowan", "Teller", "rowan@canary.example", "0121", "Pacific/Auckland", "Auckland"],
    NAMES[1]: ["Ashlin", "Moreau", "ashlin@canary.example", "0122", "Asia/Kolkata", "Kolkata"],
}

RANDOM = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|[\w-]{43}"
    r"|\.\d{6}\b|\b\d{8}T\d{6}Z|Content-Length: \d+"
)
"""Ids, also of requests, links, split seconds, a calendar's instants and sizes, in which four
digits happen to stand now and then."""


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    """Two who differ in everything that a person can differ in."""
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana").states = ["NY", "VT"]
    two = two_people(app, intake, scheduler_db, settings)
    for one, zone in ((two.first, "Pacific/Auckland"), (two.second, "Asia/Kolkata")):
        number = "0121" if one is two.first else "0122"
        contact = a_contact(
            name=one.name,
            email=f"{one.name.split()[0].lower()}@canary.example",
            phone=f"+1914555{number}",
        )
        intake.contacts[one.person_id] = contact | {"version": 1}
        for permission in intake.permissions.values():
            if permission["person_id"] == str(one.person_id):
                permission.update(contact=contact, timezone=zone)
    return two


def look_around(two: Two) -> None:
    """Both open everything that their links open, pages, files and programs' documents."""
    for one in (two.first, two.second):
        own = two.own(one)
        for path in (
            "",
            "/answer",
            "/change",
            "/times",
            "/zone",
            "/check",
            "/when",
            "/new-time",
            "/appointment.ics",
        ):
            one.open(own + path)
        for path in ("", f"?day={day_in(1)}", f"?day={day_in(2)}", "/when"):
            one.open(f"/t/{one.token}{path}")
        bearer = {"Authorization": f"Bearer {own.removeprefix('/m/')}"}
        for path in (
            "/api/appointment",
            "/api/slots",
            "/api/stated-times",
            "/api/appointment/proposal",
        ):
            one.seen.append(one.browser.client.get(path, headers=bearer))
        pass_ = service_token(SERVICE_KEY, issuer="notifier", audience="scheduler")
        row = two.participant(one)
        about_them = f"/internal/appointments/{row.appointment_id}/for/{one.person_id}"
        one.seen.append(
            one.browser.client.get(about_them, headers={"Authorization": f"Bearer {pass_}"})
        )


def asked(two: Two) -> None:
    two.first.ask(location="NY")


def answered(two: Two) -> None:
    asked(two)
    look_around(two)
    # A way to talk and a zone of their own, so that one would show on the other's page.
    two.accept(two.second, how="video", location="VT")
    with two.database.begin() as session:
        session.execute(
            update(Participant)
            .where(Participant.person_id == two.second.person_id)
            .values(timezone="Asia/Kolkata")
        )


def declined(two: Two) -> None:
    asked(two)
    two.decline(two.second)


def lapsed(two: Two) -> None:
    asked(two)
    two.let_run_out()


def cancelled(two: Two) -> None:
    answered(two)
    two.cancel(two.second)


def said(two: Two) -> None:
    """Each says when they can, in the zone of their own that the canaries look for."""
    two.first.says("morning", "evening", days=[1, 2, 3, 4, 5])
    two.second.says("morning", "afternoon")
    two.sleep()
    two.first.says("morning", "afternoon", "evening")
    two.second.says("afternoon", "evening")
    asked(two)


def proposed(two: Two) -> None:
    """The second asks for another time, the first opens the question, and says no to it."""
    answered(two)
    own, others = two.own(two.first), two.own(two.second)
    page = two.second.open(f"{others}/times?day={day_in(2)}")
    start = slot_values(page)[4]
    two.second.send(f"{others}/propose", page, start=start, location="VT")
    assert "another time" in words(two.second.open(others))
    look_around(two)
    two.first.send(f"{own}/new-time/decline", two.first.open(f"{own}/new-time"))


def agreed(two: Two) -> None:
    """It is taken back and asked once more, and the first says yes."""
    proposed(two)
    own, others = two.own(two.first), two.own(two.second)
    two.second.send(f"{others}/propose/withdraw", two.second.open(others))
    page = two.second.open(f"{others}/times?day={day_in(2)}")
    two.second.send(f"{others}/propose", page, start=slot_values(page)[4], location="VT")
    question = two.first.open(f"{own}/new-time")
    moved = two.first.send(f"{own}/new-time/accept", question, location="NY")
    assert moved.status_code == 303


STORIES = [said, asked, answered, declined, lapsed, cancelled, proposed, agreed]


@pytest.mark.parametrize("story", STORIES)
def test_p18_nothing_of_the_other_is_in_anything_that_one_of_them_sees(
    two: Two, story: Callable[[Two], None]
) -> None:
    story(two)
    look_around(two)

    for one, other in ((two.first, two.second), (two.second, two.first)):
        seen = "\n".join(answer.get_data(as_text=True) + str(answer.headers) for answer in one.seen)
        # The list of all zones is everyone's.
        seen = re.sub(r"<option.*?</option>", "", seen)
        secrets = [*CANARIES[other.name], str(other.person_id), other.token]
        secrets.append(two.own(other).removeprefix("/m/"))
        assert len(one.seen) > 10
        assert [canary for canary in secrets if canary in RANDOM.sub(" ", seen)] == []
        # Whole ids and links are looked for as they stand; four digits of a number happen in them.
        assert [whole for whole in secrets if len(whole) > 4 and whole in seen] == []
        assert [own for own in CANARIES[one.name][:1] if own in seen] == [], "nor their own name"


def test_p18_how_and_where_the_one_will_talk_is_not_shown_to_the_other(two: Two) -> None:
    answered(two)
    two.first.seen.clear()
    two.second.seen.clear()

    for one in (two.first, two.second):
        one.open(two.own(one))
        one.open(f"{two.own(one)}/change")

    first = "\n".join(page.get_data(as_text=True) for page in two.first.seen)
    second = "\n".join(page.get_data(as_text=True) for page in two.second.seen)
    assert "video" not in first
    assert "Vermont" not in first
    assert "by video" in second
    assert "New York" not in second.replace("(New York)", "")


def test_p18_the_test_finds_what_it_looks_for(two: Two) -> None:
    asked(two)
    two.first.open(two.own(two.second) + "/answer")

    seen = two.first.seen[-1].get_data(as_text=True)

    assert "0122" in seen, "the second's own page says how they are reached"


@pytest.mark.parametrize("story", STORIES)
def test_p17_a_link_of_one_is_never_a_link_of_the_other(
    two: Two, story: Callable[[Two], None]
) -> None:
    story(two)

    assert two.own(two.first) != two.own(two.second)
    assert two.participant(two.first).token_sha256 != two.participant(two.second).token_sha256
