"""What there is to set up, as the running services say it together."""

import re

from tests.journeys.world import Staff


def test_the_owner_sees_what_all_three_services_say_of_it(staff: Staff) -> None:
    page = staff.page("/schedule/staff/set-up")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))

    assert "Clients can come." in words
    assert "They go out, by email and sms." in words
    assert "Questions about self-harm" in words
    assert "This can't be told" not in words
    for address in re.findall(r'href="([^"]+)"', page.partition("<main")[2]):
        assert staff.page(address)
