"""A crisis, from the form to the member of staff who says "I have it", on the running suite."""

import re

from services.simulators.mail import Accepted
from tests.journeys.people import COUPLE, SINGLE
from tests.journeys.world import OWNER_EMAIL, Staff, World, somebody, until


def alerts(world: World) -> list[Accepted]:
    return [mail for mail in world.mails_to(OWNER_EMAIL) if "There is a task for you" in mail.text]


def sent_by(world: World, answers: dict[str, object]) -> Accepted:
    """The alert that follows when somebody sends these answers."""
    before = len(alerts(world))
    world.api.complete(somebody(answers))
    return until(lambda: alerts(world)[before:])[0]


def test_l35_an_alert_says_that_there_is_a_task_and_leads_to_i_have_it(
    embedded_world: World,
) -> None:
    world = embedded_world

    calm = sent_by(world, COUPLE)
    crisis = sent_by(world, SINGLE | {"h_now": "yes", "name_used": "Isaure"})

    assert calm.text == crisis.text, "nobody can tell one from the other"
    assert calm.mail["Subject"] == crisis.mail["Subject"]
    assert "Isaure" not in crisis.text
    (link,) = set(re.findall(r"http\S+/begin/staff/tasks", crisis.text))

    staff = Staff(world.url).sign_in()
    page = staff.page("/begin/staff/tasks")
    assert link == f"{world.url}/begin/staff/tasks"
    assert page.index("Isaure") < page.index("Routine"), "the most pressing is first"
    (take,) = re.findall(r'action="(/begin/staff/tasks/[^"]+/take\?back=tasks)"', page)[:1]
    staff.send(take, {}, shown_at="/begin/staff/tasks")

    assert "You have it. No clock runs." in staff.page("/begin/staff/tasks")
