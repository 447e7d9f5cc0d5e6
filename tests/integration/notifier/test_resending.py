"""Staff send a message once more, with a reason; whatever holds for a message holds for it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from services.notifier.act_models import StaffAct
from services.notifier.models import Notification
from services.notifier.operations import acts, resend_guard, resending, suppressions
from services.notifier.operations.acts import Act, Hand
from services.notifier.operations.resending import NotResent, WhyNot
from services.simulators.mail import MailServer
from shared.clock import utcnow
from shared.contracts.intake import PersonErased
from shared.vocabulary import Channel, Role
from tests.integration.notifier.test_pages import page, sign_in  # noqa: F401 - a fixture
from tests.integration.notifier.world import Someone, World, where_it_is_night

SignIn = Callable[[World, Role], FlaskClient]
PRIYA = Hand(account_id=uuid4(), name="Priya Raman", role="owner")
WHY = "The address had a letter too many."


def failed(world: World, purpose: str = "confirmation", *, state="bounced", **who) -> Notification:
    """A booked time whose message came back."""
    world.book(Someone(channels=("email",), **who))
    world.pass_on()
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.purpose == purpose)
            .values(state=state, reason="refused", changed_at=utcnow())
        )
    (row,) = world.rows(purpose=purpose)
    return row


def resend(world: World, row: Notification) -> Notification:
    with world.database.begin() as session:
        new = resending.resend(
            session, notification_id=row.id, hand=PRIYA, reason=WHY, settings=world.settings
        )
        return session.get_one(Notification, new)


def refused(world: World, row: Notification) -> WhyNot | None:
    with world.database.begin() as session:
        found = session.get_one(Notification, row.id)
        return resending.refusal(session, found, settings=world.settings)


def press(client: FlaskClient, row: Notification, why: str = WHY) -> str:
    path = f"/staff/messages/{row.id}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, path))
    assert token, "no form on the page"
    answer = client.post(
        f"{path}/again", data={"csrf_token": token[1], "reason": why}, follow_redirects=True
    )
    assert answer.status_code == 200
    return answer.text


def test_p15_a_message_that_came_back_is_sent_again_to_the_corrected_address_as_a_new_row(
    smtp_world: World, mail: MailServer
):
    world = smtp_world
    row = failed(world)
    person = world.rows()[0].person_id
    contact = world.neighbours.answers[f"/intake/internal/contacts/{person}"]
    corrected = Someone(id=person, channels=("email",), version=1, timezone=contact["timezone"])
    world.change(corrected, email="rowan.ellery@example.org")
    world.pass_on()

    new = resend(world, row)
    world.pass_on()

    again = next(one for one in world.rows(purpose="confirmation") if one.id == new.id)
    assert again.resend_of == row.id
    assert again.state == "accepted"
    assert mail.accepted[-1].recipients == ("rowan.ellery@example.org",)
    (old,) = world.rows(id=row.id)
    assert old.state == "bounced"


def test_who_resent_it_and_why_is_kept_and_can_not_be_changed(world: World):
    row = failed(world)
    resend(world, row)

    with world.database.begin() as session:
        (done,) = acts.latest(session, [Act.RESEND], about=str(row.id))
        kept = session.scalars(select(StaffAct)).one()
    assert (done.name, done.reason) == ("Priya Raman", WHY)
    assert WHY.encode() not in kept.reason_sealed
    for change in ("UPDATE staff_act SET account_name = 'X'", "DELETE FROM staff_act"):
        with pytest.raises(DBAPIError, match="append-only"), world.database.begin() as session:
            session.execute(text(change))


def test_two_who_press_at_once_plan_one(world: World):
    row = failed(world)

    def one(_: int) -> str:
        try:
            resend(world, row)
        except NotResent as refusal:
            return refusal.why.value
        return "planned"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(one, range(4)))

    assert said == ["planned", *["sent-again"] * 3]
    assert len(world.rows(resend_of=row.id)) == 1


def test_p13_what_is_not_true_any_more_is_not_sent_again(world: World):
    row = failed(world)
    booking_id = row.appointment_id
    with world.database.begin() as session:
        session.execute(
            text("UPDATE appointment_projection SET sequence = 1 WHERE appointment_id = :id"),
            {"id": booking_id},
        )

    assert refused(world, row) is WhyNot.UNTRUE


def test_l19_who_allows_it_no_more_is_not_written_to_again(world: World):
    row = failed(world)
    person = Someone(id=row.person_id, channels=("email",))
    world.change(person, channels=("call",))
    world.pass_on()

    assert refused(world, row) is WhyNot.NOT_PERMITTED


def test_l23_a_blocked_address_is_not_written_to_again_and_the_page_says_so(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    row = failed(world)
    with world.database.begin() as session:
        suppressions.suppress(
            session, channel=Channel.EMAIL, address="rowan@example.org", reason="no-such-address"
        )
    client = sign_in(world, Role.CLINICIAN)

    assert refused(world, row) is WhyNot.SUPPRESSED
    shown = page(client, f"/staff/messages/{row.id}")
    assert "Their address is blocked: Blocked addresses says why." in shown
    assert re.search(r"<button[^>]* disabled[^>]*>Send again", shown)


def test_an_erased_person_is_not_written_to_again_and_the_reason_goes_with_them_f30(world: World):
    row = failed(world)
    other = resend(world, row)
    world.hear(PersonErased(person_id=row.person_id))

    assert refused(world, other) is not None
    with world.database.begin() as session:
        (done,) = acts.latest(session, [Act.RESEND])
    assert done.reason is None


def test_what_comes_at_night_waits_for_the_morning(world: World):
    row = failed(world, timezone=where_it_is_night())
    with world.database.begin() as session:
        session.execute(update(Notification).values(announced_at=utcnow() - timedelta(hours=2)))
        session.execute(text("UPDATE appointment_projection SET asked_at = clock_timestamp()"))

    new = resend(world, row)
    world.pass_on()

    (again,) = world.rows(id=new.id)
    assert (again.state, again.reason) == ("scheduled", "night")


def test_f29_while_a_restored_backup_is_not_decided_about_nothing_of_before_is_sent_again(
    world: World,
):
    row = failed(world)
    world.make_due("reminder-48h")
    with world.database.begin() as session:
        resend_guard.hold_all(session)

    assert refused(world, row) is WhyNot.RESTORED


def test_a_resend_that_fails_can_be_sent_again_in_its_turn_and_the_first_can_not(world: World):
    row = failed(world)
    second = resend(world, row)
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.id == second.id)
            .values(state="bounced", reason="refused")
        )

    third = resend(world, second)

    assert third.resend_of == second.id
    assert refused(world, row) is WhyNot.SENT_AGAIN


def test_the_page_sends_again_with_a_reason_and_not_without(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    row = failed(world)
    desk, clinician = sign_in(world, Role.FRONT_DESK), sign_in(world, Role.CLINICIAN)

    assert "Write why" in press(desk, row, why=" ")
    assert world.rows(resend_of=row.id) == []
    assert "Planned once more" in press(desk, row)

    assert len(world.rows(resend_of=row.id)) == 1
    assert WHY in page(clinician, f"/staff/messages/{row.id}")
    seen = page(desk, f"/staff/messages/{row.id}")
    assert WHY not in seen
    assert "It was sent once more already." in seen


def test_a_message_nobody_knows_is_not_found(world: World, sign_in: SignIn):  # noqa: F811
    row = failed(world)
    client = sign_in(world, Role.OWNER)
    token = re.search(
        r'name="csrf_token" value="([^"]+)"', page(client, f"/staff/messages/{row.id}")
    )
    assert token

    answer = client.post(
        f"/staff/messages/{uuid4()}/again", data={"csrf_token": token[1], "reason": WHY}
    )

    assert answer.status_code == 404


def test_several_that_did_not_go_out_are_sent_again_at_one_stroke_and_the_rest_says_why_not(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    names = ("Ash Moreau", "Robin Lark", "Kit Sloane")
    bookings = [world.book(Someone(channels=("email",), name=name)) for name in names]
    world.pass_on()
    world.cancel(bookings[2])
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.purpose == "confirmation")
            .values(state="bounced", reason="refused", changed_at=utcnow())
        )
    first, second, _ = (
        world.rows(purpose="confirmation", appointment_id=one.id)[0] for one in bookings
    )
    client = sign_in(world, Role.FRONT_DESK)
    listed = page(client, "/staff/failed")
    token = re.search(r'name="csrf_token" value="([^"]+)"', listed)
    assert token
    assert "It is no longer true" in listed
    assert set(re.findall(r'name="listed" value="([^"]+)"', listed)) == {
        str(first.id),
        str(second.id),
    }

    sent = {"csrf_token": token[1], "listed": [str(first.id), str(second.id)], "all": "yes"}
    without = client.post("/staff/failed", data=sent)
    assert without.status_code == 422
    assert "Write why" in without.text
    done = client.post("/staff/failed", data=sent | {"reason": WHY}, follow_redirects=True)

    assert "2 messages planned once more." in done.text
    assert len(world.rows(resend_of=first.id)) == len(world.rows(resend_of=second.id)) == 1
    assert "Ash Moreau" not in done.text
    assert "Kit Sloane" in done.text
    again = client.post("/staff/failed", data=sent | {"reason": WHY}, follow_redirects=True)
    assert "0 messages planned once more. Not sent: It was sent once more already." in again.text


def test_what_did_not_go_out_is_sorted_by_why_and_nothing_unreadable_is_an_error_of_ours(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    row = failed(world, name="Ash Moreau")
    client = sign_in(world, Role.OWNER)
    listed = page(client, "/staff/failed")
    assert "It was refused." in listed
    assert "Ash Moreau" in page(client, "/staff/failed?why=refused")
    assert "Ash Moreau" in page(client, "/staff/failed?why=nonsense&page=-3")
    token = re.search(r'name="csrf_token" value="([^"]+)"', listed)
    assert token
    for chosen in ("nonsense", ""):
        data = {"csrf_token": token[1], "chosen": chosen, "reason": WHY}
        assert client.post("/staff/failed", data=data).status_code == 422
    unknown = {"csrf_token": token[1], "chosen": str(uuid4()), "reason": WHY}
    assert client.post("/staff/failed", data=unknown).status_code == 404
    assert world.rows(resend_of=row.id) == []


def test_l45_two_of_one_name_are_no_two_landmarks_of_one_name(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    for _ in range(2):
        world.book(Someone(channels=("email",)))
    world.pass_on()
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.purpose == "confirmation")
            .values(state="bounced", reason="refused")
        )

    shown = page(sign_in(world, Role.OWNER), "/staff/failed")

    assert shown.count(">Rowan Ellery</h2>") == 2
    regions = re.findall(r'<section[^>]* aria-labelledby="([^"]+)"', shown)
    assert [one for one in regions if re.search(rf'id="{one}">Rowan Ellery<', shown)] == []
