"""N7: whether two people have to agree to move their time is the owner's to say, and is kept."""

from services.scheduler.operations import closures
from services.scheduler.operations.couple_rules import facts
from shared.vocabulary import Role
from tests.integration.scheduler.rules import changes, form_of, press
from tests.integration.scheduler.staff_programs import a_colleague, named_fields
from tests.integration.scheduler.world import words

PAGE = "/staff/rules/couples"
API = "/api/staff/couples"


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


def test_n7_a_program_reads_the_rule_and_sets_it_for_the_owner_alone(
    app, owner, scheduler_db, settings
):
    program = owner.client
    seen = program.get(API).get_json()
    assert seen["move_needs_both"] is True

    said = program.put(API, json=seen | {"move_needs_both": False})

    assert said.status_code == 200
    assert said.get_json() == program.get(API).get_json()
    assert not stands(scheduler_db)
    assert changes(scheduler_db) == [
        ("couples", {"move_needs_both": True}, {"move_needs_both": False})
    ]
    assert program.put(API, json=seen).status_code == 409, "an older version"
    now = said.get_json()
    for wrong in ({"move_needs_both": "perhaps"}, {"move_needs_both": None}):
        assert named_fields(program.put(API, json=now | wrong)) == ["move_needs_both"]
    unsaid = program.put(API, json={"version": now["version"]})
    assert named_fields(unsaid) == ["move_needs_both"]
    colleague = a_colleague(app, scheduler_db, settings, Role.CLINICIAN)
    assert colleague.get(API).get_json() == now
    assert colleague.put(API, json=now | {"move_needs_both": True}).status_code == 403
    assert not stands(scheduler_db)
