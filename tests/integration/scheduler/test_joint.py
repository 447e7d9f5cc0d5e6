"""Two people, one appointment: one chooses, the other says yes; by pages, against a real intake."""

from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from services.scheduler import jobs
from services.scheduler.models import AppointmentHistory
from services.scheduler.operations import participants
from shared.db import database_now
from shared.tokens import service_token
from tests.integration.scheduler.two import NAMES, Two, day_in, two_people
from tests.integration.scheduler.world import SERVICE_KEY, a_clinician, slot_values, words

ROWAN, ASHLIN = NAMES


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana")
    return two_people(app, intake, scheduler_db, settings)


def history(two: Two) -> list[tuple[str, str, str]]:
    with two.database.begin() as session:
        rows = session.scalars(select(AppointmentHistory).order_by(AppointmentHistory.id))
        return [(row.act, row.actor.split(":")[0], row.status_after) for row in rows]


# ---------------------------------------------------------------- yes


def test_n6_a_time_that_one_chooses_waits_for_the_others_yes_and_is_booked_then(two):
    asked = two.first.ask()

    assert asked.status_code == 303
    assert "Your time is not confirmed yet" in words(two.first.open(asked.location))
    (row,) = two.rows()
    assert (row.status, row.hold_until) == ("pending", None)
    assert row.ends_at - row.starts_at == timedelta(minutes=80)
    assert (row.buffer_before, row.buffer_after) == (timedelta(minutes=10), timedelta(minutes=10))
    assert two.told() == [("requested", {ASHLIN})]

    question = two.second.open(two.own(two.second))
    assert question.location == f"{two.own(two.second)}/answer"
    assert "Does this time work for you?" in words(two.second.open(question.location))
    said = two.accept(two.second, how="video", location="NY")

    assert said.status_code == 303
    for one in (two.first, two.second):
        assert "Your time is booked" in words(one.open(two.own(one)))
    assert two.told()[1:] == [("booked", {ROWAN, ASHLIN})]
    assert two.told("intake") == [("booked", {ROWAN, ASHLIN})]
    assert history(two) == [("request", "client", "pending"), ("confirm", "client", "booked")]
    with two.database.begin() as session:
        (row,) = two.rows()
        where = participants.locations(session, participants.of(session, row.id))
    assert set(where.values()) == {"NY"}


def test_each_has_a_way_to_talk_of_their_own(two):
    two.first.ask()
    two.accept(two.second, how="video")

    assert (two.participant(two.first).how, two.participant(two.second).how) == ("phone", "video")


def test_p20_looking_changes_nothing_and_a_yes_sent_twice_is_said_once(two):
    two.first.ask()
    own = two.own(two.second)
    for path in (own, f"{own}/answer", f"{own}/change"):
        two.second.open(path)
        two.second.browser.client.head(path)
    for path in ("accept", "decline"):
        assert two.second.open(f"{own}/{path}").status_code == 405
    assert two.statuses() == ["pending"]
    page = two.second.open(f"{own}/answer")

    answers = [two.second.send(f"{own}/accept", page, how="phone", location="NY") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [event for event, _ in two.told()] == ["requested", "booked"]


def test_the_one_who_chose_cannot_say_yes_for_the_other(two):
    two.first.ask()
    own = two.own(two.first)

    answer = two.first.send(
        f"{own}/accept", two.first.open(f"{own}/change"), how="phone", location="NY"
    )

    assert answer.status_code == 303
    assert two.statuses() == ["pending"]


@pytest.mark.parametrize("missing", ["location", "how"])
def test_l43_the_second_is_asked_where_they_will_be_as_well(two, missing):
    two.first.ask()
    form = {"location": "NY", "how": "phone"} | {missing: ""}

    refused = two.accept(two.second, **form)

    assert refused.status_code == 422
    assert two.statuses() == ["pending"]


def test_l43_one_who_is_where_nobody_is_licensed_books_nothing_for_both(two):
    two.first.ask()

    elsewhere = two.accept(two.second, location="CA")

    assert elsewhere.status_code == 409
    assert "Let us check what we can offer" in words(elsewhere)
    assert two.statuses() == ["pending"]
    assert two.told() == [("requested", {ASHLIN})]


# ---------------------------------------------------------------- no, and nothing


def test_n6_a_no_gives_the_time_back_and_both_are_told_the_same(two):
    two.first.ask()

    assert two.decline(two.second).status_code == 303

    assert two.statuses() == ["cancelled"]
    assert two.told()[1:] == [("released", {ROWAN}), ("released", {ASHLIN})]
    assert two.told("intake") == []
    assert "Your time is cancelled" in words(two.first.open(two.own(two.first)))
    assert two.first.ask().status_code == 303, "the time is free, and they may choose again"


def test_n6_without_a_yes_the_time_is_free_again_by_the_databases_clock_alone(two):
    two.first.ask()
    own = two.own(two.first), two.own(two.second)
    two.let_run_out()

    assert "Your time is cancelled" in words(two.first.open(own[0]))
    assert "Your time is cancelled" in words(two.second.open(own[1]))
    assert two.statuses() == ["pending"], "nobody has looked after it yet"
    late = two.second.send(
        f"{own[1]}/accept", two.second.open(f"/t/{two.second.token}"), how="phone", location="NY"
    )
    assert late.status_code == 409

    again = two.second.ask()

    assert again.status_code == 303
    assert two.statuses() == ["cancelled", "pending"]
    assert two.told()[1:] == [
        ("released", {ROWAN}),
        ("released", {ASHLIN}),
        ("requested", {ROWAN}),
    ]


def test_a_job_gives_back_what_nobody_confirmed(two):
    two.first.ask()
    jobs.release_unconfirmed(two.database)
    assert two.statuses() == ["pending"]
    two.let_run_out()

    for _ in range(2):
        jobs.release_unconfirmed(two.database)

    assert two.statuses() == ["cancelled"]
    assert history(two)[1:] == [("lapse", "system", "cancelled")]
    assert two.told()[1:] == [("released", {ROWAN}), ("released", {ASHLIN})]


def test_the_answer_is_wanted_in_two_days_and_a_day_before_the_start_at_the_latest(two):
    two.first.ask(weeks=2)

    (row,) = two.rows()
    with two.database.begin() as session:
        left = (row.reply_by or row.starts_at) - database_now(session)
    assert timedelta(hours=47, minutes=50) < left <= timedelta(hours=48)
    assert row.starts_at - (row.reply_by or row.starts_at) >= timedelta(hours=24)


def test_the_end_looks_the_same_to_the_one_who_chose_whatever_it_was(two):
    """No, no answer, or their own hand: the same page and the same events."""

    def ended(end: Any) -> tuple[str, list[Any]]:
        before = len(two.told())
        two.first.ask(number=2)
        end()
        page = words(two.first.open(two.own(two.first)))
        return page, two.told()[before:]

    def lapse() -> None:
        two.let_run_out()
        jobs.release_unconfirmed(two.database)

    ends = [ended(lambda: two.decline(two.second)), ended(lapse)]
    ends.append(ended(lambda: two.cancel(two.first)))

    assert ends[0] == ends[1] == ends[2]


# ---------------------------------------------------------------- changing it


@pytest.mark.parametrize("who", ["first", "second"])
def test_n7_either_may_cancel_and_both_have_no_time_then(two, who):
    two.first.ask()
    two.accept(two.second)

    gone = two.cancel(getattr(two, who))

    assert gone.status_code == 303
    assert two.statuses() == ["cancelled"]
    assert two.told()[2:] == [("cancelled", {ROWAN, ASHLIN})]
    for one in (two.first, two.second):
        assert "Your time is cancelled" in words(one.open(two.own(one)))


def test_n7_one_alone_moves_nothing_and_is_told_to_ask(two):
    two.first.ask()
    two.accept(two.second)
    own = two.own(two.first)
    before = two.rows()[0].starts_at

    assert "has to work for both of you" in words(two.first.open(f"{own}/change"))
    assert f"{own}/propose" in two.first.open(f"{own}/times").get_data(as_text=True)
    token = two.first.open(f"{own}/change")
    start = f"{before + timedelta(days=7):%Y-%m-%dT%H:%MZ}/{two.rows()[0].id}"
    refused = two.first.send(f"{own}/move", token, start=start, location="NY")

    assert refused.status_code == 409
    assert "A new time has to work for both of you" in words(refused)
    assert two.rows()[0].starts_at == before


def test_p17_there_is_no_calendar_entry_before_both_have_said_yes_and_no_cancel_while_it_stands(
    two,
):
    two.first.ask()
    for one in (two.first, two.second):
        assert one.open(f"{two.own(one)}/appointment.ics").status_code == 404
    two.accept(two.second)

    entries = [one.open(f"{two.own(one)}/appointment.ics") for one in (two.first, two.second)]

    methods = [Calendar.from_ical(entry.data)["method"] for entry in entries]
    assert methods == ["PUBLISH", "PUBLISH"]
    two.cancel(two.first)
    entry = two.second.open(f"{two.own(two.second)}/appointment.ics")
    assert Calendar.from_ical(entry.data)["method"] == "CANCEL"


# ---------------------------------------------------------------- who may


def test_l12_a_permission_that_was_withdrawn_books_nothing_and_gives_no_reason(two, intake):
    value = two.first.hold()
    check = two.first.open(f"/t/{two.first.token}/check")
    intake.withdraws(two.first.token)

    refused = two.first.send(
        f"/t/{two.first.token}/book", check, start=value, how="phone", location="NY"
    )

    assert refused.status_code == 409
    assert "can not be booked here just now" in words(refused)
    assert "914-555-0132" in refused.get_data(as_text=True)
    assert two.statuses() == ["proposed"]
    assert two.told() == []


def test_l12_nor_does_a_yes_book_it_then(two, intake):
    two.first.ask()
    intake.withdraws(two.first.token)

    refused = two.accept(two.second)

    assert refused.status_code == 409
    assert two.statuses() == ["pending"]


def test_who_has_been_asked_is_led_to_the_question_by_their_own_link_too(two):
    two.first.ask()

    led = two.second.open(f"/t/{two.second.token}")

    assert (led.status_code, led.location) == (303, two.own(two.second))


def test_both_may_hold_and_the_first_to_ask_has_it(two):
    slow = two.second.hold(number=4)
    assert two.first.ask().status_code == 303
    check = two.second.open(f"/t/{two.second.token}/check")

    late = two.second.send(
        f"/t/{two.second.token}/book", check, start=slow, how="phone", location="NY"
    )

    assert late.status_code == 303
    assert two.second.open(late.location).location == two.own(two.second)
    assert sorted(two.statuses()) == ["pending", "proposed"]


def test_a_time_for_two_takes_up_the_clinicians_time_for_everyone(two, intake):
    two.first.ask()
    (row,) = two.rows()
    other = intake.permits()

    page = two.first.browser.open(f"/t/{other}?day={day_in(1)}")

    starts = [value.split("/")[0] for value in slot_values(page)]
    assert f"{row.starts_at:%Y-%m-%dT%H:%MZ}" not in starts
    assert f"{row.starts_at + timedelta(minutes=60):%Y-%m-%dT%H:%MZ}" not in starts
    assert f"{row.starts_at + timedelta(minutes=90):%Y-%m-%dT%H:%MZ}" in starts


# ---------------------------------------------------------------- what the notifier asks


def communications(two: Two) -> list[str]:
    with two.database.begin() as session:
        rows = participants.of(session, two.rows()[-1].id)
        return [str(row.communication_id) for row in rows if row.communication_id]


def asked_about(app: Any, number: str) -> Any:
    pass_ = service_token(SERVICE_KEY, issuer="notifier", audience="scheduler")
    return app.test_client().get(
        f"/internal/communications/{number}", headers={"Authorization": f"Bearer {pass_}"}
    )


def test_the_notifier_learns_a_neutral_purpose_and_the_persons_own_link(two, app):
    two.first.ask()
    (number,) = communications(two)

    told = asked_about(app, number).get_json()

    assert told["purpose"] == "update"
    assert told["person_id"] == str(two.second.person_id)
    assert told["link"].endswith(two.own(two.second))
    two.accept(two.second)
    assert asked_about(app, number).status_code == 404, "they have answered"


def test_what_asked_them_is_void_once_the_time_is_free_and_both_hear_that_instead(two, app):
    two.first.ask()
    (asked,) = communications(two)
    two.let_run_out()
    assert asked_about(app, asked).status_code == 404
    jobs.release_unconfirmed(two.database)

    told = [asked_about(app, number).get_json() for number in communications(two)]

    assert asked_about(app, asked).status_code == 404
    assert {one["person_id"] for one in told} == {
        str(two.first.person_id),
        str(two.second.person_id),
    }
    assert {one["purpose"] for one in told} == {"update"}
