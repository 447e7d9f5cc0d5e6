"""N7: whether two people have to agree to move their time is the owner's to say, and is kept."""

from services.scheduler.operations import closures
from services.scheduler.operations.couple_rules import facts
from tests.integration.scheduler.rules import changes, form_of, press
from tests.integration.scheduler.world import words

PAGE = "/staff/rules/couples"


def stands(database):
    with database.begin() as session:
        return facts(closures.rules(session))["move_needs_both"]


def test_n7_both_have_to_agree_until_the_owner_lets_either_move_it(owner, scheduler_db):
    assert stands(scheduler_db)
    assert "Both have to agree" in words(owner.open("/staff/rules"))

    assert press(owner, PAGE, move_needs_both=[]).status_code == 303

    assert not stands(scheduler_db)
    assert changes(scheduler_db) == [
        ("couples", {"move_needs_both": True}, {"move_needs_both": False})
    ]
    overview = words(owner.open("/staff/rules"))
    assert "To move Either may" in overview
    assert "Both agree to move a time for two" in overview
    assert press(owner, PAGE, move_needs_both="true").status_code == 303
    assert stands(scheduler_db)


def test_nothing_is_written_over_what_somebody_else_changed(owner, scheduler_db):
    old = form_of(owner.open(PAGE), PAGE)
    press(owner, PAGE, move_needs_both=[])

    late = owner.client.post(PAGE, data=old)

    assert late.status_code == 409
    assert "Somebody changed this since you opened it" in words(late)
    assert not stands(scheduler_db)


def test_what_is_no_answer_is_refused_and_changes_nothing(owner, scheduler_db):
    assert press(owner, PAGE, move_needs_both="perhaps").status_code == 422
    assert stands(scheduler_db)
