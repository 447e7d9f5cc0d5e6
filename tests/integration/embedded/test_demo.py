"""`make demo`: a practice that looks lived in, made once, and no word of it leaves the machine."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.journeys.suite import Suite
from tests.journeys.world import Staff, token_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    started = Suite(tmp_path_factory.mktemp("demo") / "var", arguments=("--demo",)).start()
    yield started
    started.stop()


def let_in(demo: Suite) -> Staff:
    """Whoever follows the link that the command printed."""
    (link,) = re.findall(r"http://\S+/staff/link/\S+", "\n".join(demo.lines))
    staff = Staff(demo.url)
    page = staff.session.get(link, timeout=20)
    staff.session.post(link, data={"csrf_token": token_of(page.text)}, timeout=20)
    return staff


@pytest.mark.slow
def test_a_second_start_adds_nobody_and_lets_the_owner_in_again(demo: Suite) -> None:
    def waiting() -> str:
        page = let_in(demo).page("/begin/staff/inquiries")
        return re.findall(r"\d+ people are waiting", page)[0]

    first = waiting()
    demo.stop()
    demo.start()

    assert waiting() == first
    assert int(first.split()[0]) > 15


@pytest.mark.slow
def test_six_clinicians_in_two_places_see_people(demo: Suite) -> None:
    page = requests.get(f"{demo.url}/begin/", timeout=20).text

    for name in ("Whitlock", "Marchetti", "Ramanathan", "Oyelaran", "Feld", "Ibarra"):
        assert name in page
    assert "Beacon" in page
    assert "Montclair" in page


@pytest.mark.slow
def test_its_messages_stay_in_the_mailbox(demo: Suite) -> None:
    assert "nothing leaves this machine" in demo.lines[2]
