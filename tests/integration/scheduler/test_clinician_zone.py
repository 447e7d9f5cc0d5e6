"""By whose clock somebody's hours are: what it moves, and what it leaves where it is (P4)."""

import re

from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import words

NINE_TO_FIVE = {f"from-{day}": "09:00" for day in range(1, 8)} | {
    f"until-{day}": "17:00" for day in range(1, 8)
}


def test_p4_hours_are_wall_time_in_the_new_zone(owner):
    page = owner.open("/staff/hours")
    assert owner.send("/staff/hours", page, **NINE_TO_FIVE).status_code == 303
    page = owner.open("/staff/zone")
    assert "Eastern Time (New York)" in words(page)

    answer = owner.send("/staff/zone", page, timezone="America/Los_Angeles")

    assert answer.status_code == 303
    shown = owner.open("/staff/hours")
    assert "Pacific Time (Los Angeles)" in words(shown)
    assert 'value="09:00"' in shown.get_data(as_text=True)
    assert "Time zone: Eastern Time (New York) → Pacific Time (Los Angeles)" in words(
        owner.open("/staff/rules")
    )


def test_what_is_no_zone_is_refused_beside_its_field(owner):
    page = owner.open("/staff/zone")

    answer = owner.send("/staff/zone", page, timezone="Mars/Olympus")

    assert answer.status_code == 422
    assert "Eastern Time (New York)" in words(owner.open("/staff/zone"))


def test_a_clinician_sets_their_own_zone_only(owner, app):
    marcus = colleague(owner, app)
    people = owner.open("/staff/people").get_data(as_text=True)
    links = re.findall(r'href="[^"]*(/staff/zone\?who=[^"]+)"', people)

    assert sorted(marcus.open(link).status_code for link in links) == [200, 403]
    page = marcus.open("/staff/zone")
    sent = {marcus.send(link, page, timezone="America/Chicago").status_code for link in links}
    assert sent == {303, 403}
