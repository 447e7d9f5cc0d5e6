"""L43: where each clinician holds a license, as the owner or the clinician says."""

from sqlalchemy import select

from services.scheduler.models import Practitioner
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import words


def states(database):
    with database.begin() as session:
        return {one.name: one.states for one in session.scalars(select(Practitioner))}


def test_l43_the_owner_says_where_each_clinician_holds_a_license(owner, app, scheduler_db):
    colleague(owner, app)
    people = owner.open("/staff/people").get_data(as_text=True)
    links = [part.split('"')[0] for part in people.split('href="')[1:] if "licenses?who=" in part]
    address = next(
        one for link in links if "Marcus" in words(owner.open(one := link[link.index("/staff") :]))
    )
    page = owner.open(address)

    answer = owner.send(address, page, states=["PA", "CA", "CA"])

    assert answer.status_code == 303
    assert states(scheduler_db)["Marcus Oyelaran"] == ["CA", "PA"]
    assert "California, Pennsylvania" in words(owner.open("/staff/people"))


def test_l43_what_is_no_state_is_refused_beside_the_list_and_nothing_changes(owner, scheduler_db):
    before = states(scheduler_db)
    page = owner.open("/staff/licenses")

    answer = owner.send("/staff/licenses", page, states=["Texas"])

    assert answer.status_code == 422
    assert "Choose states from the list." in words(answer)
    assert states(scheduler_db) == before


def test_a_clinician_changes_their_own_only(owner, app, scheduler_db):
    marcus = colleague(owner, app)
    people = owner.open("/staff/people").get_data(as_text=True)
    every = [part.split('"')[0] for part in people.split('href="')[1:] if "licenses?who=" in part]
    own = states(scheduler_db)

    refused = [marcus.open(link[link.index("/staff") :]).status_code for link in every]

    assert sorted(refused) == [200, 403]
    page = marcus.open("/staff/licenses")
    assert marcus.send("/staff/licenses", page).status_code == 303
    assert states(scheduler_db) == own | {"Marcus Oyelaran": []}
