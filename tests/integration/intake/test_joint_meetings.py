"""A time for two: the policy that each of them signs, the release, and the permission."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from services.intake.couple_models import JointPermission, JointRelease, PolicySignature
from services.intake.models import QuestionnaireResponse
from services.intake.operations import calls, couples, joint, policies, practice
from shared.contracts.intake import JointPermissionEnded
from shared.crypto import SealBroken, SubjectErased, destroy_key, unseal
from shared.messaging.tables import Outbox
from shared.tokens import token_sha256
from tests.integration.intake.browsing import Browser, form_in
from tests.integration.intake.people import COUPLE
from tests.integration.intake.two import B_AFRAID, DANA, LINKS, B, First, Two, later, sign

READY = "You can now choose a time to meet together."
REASON = "Both spoke freely, and both want it."


@pytest.fixture
def a(two: Two) -> First:
    """Two whose private calls are done."""
    first = two.first()
    two.invited(first.invites(), B)
    two.called(first.second())
    return first


def released(two: Two, a: First) -> None:
    assert two.staff(a.response_id, "joint", reason=REASON).status_code == 303


def tokens(two: Two, a: First) -> dict[UUID, str]:
    """Each one's token for a time together, by response."""
    with two.database.begin() as session:
        return {
            row.response_id: LINKS.joint_token(row.id)
            for row in session.scalars(select(JointPermission))
        }


def asked(two: Two, token: str, headers: dict[str, str]) -> Any:
    return two.app.test_client().post(
        "/internal/booking-permissions",
        json={"token_sha256": token_sha256(token).hex()},
        headers=headers,
    )


def pages(two: Two, a: First) -> list[str]:
    return [
        Browser(two.app).open(f"/p/{two.token_of(person(two, one))}").text
        for one in (a.response_id, a.second())
    ]


def person(two: Two, response_id: UUID) -> UUID:
    with two.database.begin() as session:
        return session.get_one(QuestionnaireResponse, response_id).person_id


# ---------------------------------------------------------------- the policy


def test_n5_nobody_signs_before_a_clinician_has_asked_and_asking_changes_nothing_else(
    two: Two,
) -> None:
    a = two.first()
    browser = a.browser()
    assert browser.open(f"{a.page}/paper").status_code == 404

    two.staff(a.response_id, "paper")

    page = browser.open(f"{a.page}/paper").text
    assert "This does not reach back." in page
    assert "stays in your own record" in page


def test_l12_the_very_words_are_signed_with_version_and_hash_in_a_ledger_that_only_grows(
    two: Two, database_url: str
) -> None:
    a = two.first()

    sign(two, a.response_id, name="Ada Brandt")

    with two.database.begin() as session:
        row = session.scalars(select(PolicySignature)).one()
        text = policies.current(session)
        assert (row.policy, row.text_version, row.text_sha256) == (
            "no_secrets",
            text.version,
            text.sha256,
        )
        evidence = unseal(
            session,
            subject_id=a.person_id,
            place=f"policy_signature.evidence_sealed:{row.id}",
            sealed=row.evidence_sealed,
        )
    assert evidence["name"] == "Ada Brandt"
    assert a.page.removeprefix("/p/") not in evidence["page"]
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM intake.policy_signature")


def test_signing_twice_is_signing_once_and_without_a_tick_it_is_not_signing(two: Two) -> None:
    a = two.first()
    two.staff(a.response_id, "paper")
    browser = a.browser()
    browser.open(f"{a.page}/paper")
    values = form_in(browser.page).values
    assert browser.send({"name": "Ada"}).status_code == 422
    assert 'value="Ada"' in browser.page.text

    for _ in range(2):
        data = {**values, "name": "Ada", "agree": "yes"}
        assert browser.client.post(f"{a.page}/paper", data=data).status_code == 303

    with two.database.begin() as session:
        assert len(session.scalars(select(PolicySignature)).all()) == 1


def test_words_that_have_changed_meanwhile_are_not_signed(two: Two) -> None:
    a = two.first()
    two.staff(a.response_id, "paper")
    browser = a.browser()
    browser.open(f"{a.page}/paper")
    _other_policy(two)

    browser.send({"name": "Ada", "agree": True})

    assert "The words have changed" in browser.page.text
    with two.database.begin() as session:
        assert session.scalars(select(PolicySignature)).all() == []


# ---------------------------------------------------------------- the release


@pytest.mark.parametrize("lacks", ["a's call", "b's call", "nothing blocks"])
def test_a_release_needs_both_calls_and_a_table_that_does_not_block(two: Two, lacks: str) -> None:
    a = two.first()
    two.invited(a.invites(), B_AFRAID if lacks == "nothing blocks" else B)
    two.called(a.second())
    if lacks != "nothing blocks":
        with two.database.begin() as session:
            side = a.response_id if lacks == "a's call" else a.second()
            response = session.get_one(QuestionnaireResponse, side)
            calls.unmark(session, response=response, reader=DANA)

    assert two.staff(a.response_id, "joint", reason=REASON).status_code == 409


def test_a_release_needs_a_reason(two: Two, a: First) -> None:
    assert two.staff(a.response_id, "joint", reason="").status_code == 422


def test_the_reason_is_sealed_and_either_person_s_erasure_takes_it_away(
    two: Two, a: First, database_url: str
) -> None:
    released(two, a)
    with two.database.begin() as session:
        row = session.scalars(select(JointRelease)).one()
        assert joint.reason_of(session, row) == REASON
        assert row.role == "clinician"

    with two.database.begin() as session:
        destroy_key(session, person(two, a.second()))
    with two.database.begin() as session, pytest.raises((SubjectErased, SealBroken)):
        joint.reason_of(session, session.merge(row))


def test_l12_joint_booking_is_refused_without_both_signatures_of_the_current_version(
    two: Two, a: First, service_headers: dict[str, str]
) -> None:
    released(two, a)
    answers = []
    for step in ("nobody", "a", "b", "other policy", "a again", "b again"):
        if step in ("a", "a again"):
            sign(two, a.response_id)
        elif step in ("b", "b again"):
            sign(two, a.second())
        elif step == "other policy":
            _other_policy(two)
        two.days(later(0))
        found = [
            asked(two, token, service_headers).status_code for token in tokens(two, a).values()
        ]
        answers.append((step, found, [READY in page for page in pages(two, a)]))

    refused, granted = ([404, 404], [False, False]), ([200, 200], [True, True])
    assert answers == [
        ("nobody", *refused),
        ("a", *refused),
        ("b", *granted),
        ("other policy", *refused),
        ("a again", *refused),
        ("b again", *granted),
    ]


def test_both_signatures_without_a_release_are_no_permission(two: Two, a: First) -> None:
    sign(two, a.response_id)
    sign(two, a.second())
    two.days(later(1))

    assert READY not in "".join(pages(two, a))


def test_each_has_a_permission_of_their_own_that_names_the_other_to_the_scheduler_alone(
    two: Two, a: First, service_headers: dict[str, str]
) -> None:
    _ready(two, a)
    own = tokens(two, a)

    found = {one: asked(two, token, service_headers).json for one, token in own.items()}

    mine, theirs = found[a.response_id], found[a.second()]
    assert mine["appointment_type"] == "couple-session"
    assert mine["permission_id"] != theirs["permission_id"]
    assert mine["person_id"] == str(a.person_id) == theirs["joint"]["partner_id"]
    assert mine["joint"]["couple_id"] == theirs["joint"]["couple_id"]
    assert own[a.response_id] in pages(two, a)[0]
    assert own[a.second()] not in pages(two, a)[0]


def test_both_are_told_at_one_moment_and_then_there_is_no_note_on_the_day(
    two: Two, a: First
) -> None:
    sign(two, a.response_id)
    released(two, a)
    two.days(later(1))
    before = [len(two.messages(person(two, one))) for one in (a.response_id, a.second())]
    sign(two, a.second())

    two.days(later(2))
    after = [len(two.messages(person(two, one))) for one in (a.response_id, a.second())]
    for day in (3, 15):
        two.days(later(day))
    at_last = [len(two.messages(person(two, one))) for one in (a.response_id, a.second())]

    assert after == [before[0] + 1, before[1] + 2]  # B was also asked to sign
    assert at_last == after
    assert all(READY in page for page in pages(two, a))


@pytest.mark.parametrize("act", ["joint/withdraw", "part"])
def test_a_release_that_is_withdrawn_permits_nothing_from_that_moment(
    two: Two, a: First, service_headers: dict[str, str], act: str
) -> None:
    _ready(two, a)
    own = tokens(two, a)

    assert two.staff(a.second(), act).status_code == 303

    assert {asked(two, token, service_headers).status_code for token in own.values()} == {404}
    assert READY not in "".join(pages(two, a))


@pytest.mark.parametrize("act", ["joint/withdraw", "part"])
def test_n7_the_scheduler_hears_once_by_which_permissions_nobody_meets_any_more(
    two: Two, a: First, act: str
) -> None:
    released(two, a)
    with two.database.begin() as session:
        permissions = {str(one) for one in session.scalars(select(JointPermission.id))}

    for _ in range(2):
        two.staff(a.second(), act)

    ((told, couple_id),) = ended(two)
    assert told == permissions
    with two.database.begin() as session:
        assert str(session.scalars(select(JointRelease.couple_id)).one()) == couple_id


@pytest.mark.parametrize("act", ["joint/withdraw", "part"])
def test_where_nothing_was_released_nothing_ends(two: Two, a: First, act: str) -> None:
    two.staff(a.response_id, act)

    assert ended(two) == []


def test_a_release_and_parting_at_once_leave_no_release_without_its_end(two: Two, a: First) -> None:
    """Whoever is first has the couple's lock: parting sees the release that was made before it."""
    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(two.staff, a.response_id, "joint", reason=REASON),
            pool.submit(_parts, two, a),
        ]
        answers = [one.result() for one in done]

    with two.database.begin() as session:
        made = session.scalars(select(JointRelease)).all()
    assert answers[0].status_code == (303 if made else 409)
    assert len(ended(two)) == len(made)


def _parts(two: Two, a: First) -> None:
    with two.database.begin() as session:
        couple = couples.of_response(session, response_id=a.response_id)
        assert couple is not None
        couples.end(session, couple=couple, reader=DANA, now=later(0))


def ended(two: Two) -> list[tuple[set[str], str]]:
    """Of which permissions, and of which couple, it was said that they ended."""
    with two.database.begin() as session:
        rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()
    return [
        (set(row.envelope["data"]["permission_ids"]), row.envelope["data"]["couple_id"])
        for row in rows
        if row.envelope["type"] == JointPermissionEnded.type
    ]


def test_a_new_release_writes_new_links(
    two: Two, a: First, service_headers: dict[str, str]
) -> None:
    _ready(two, a)
    old = set(tokens(two, a).values())
    two.staff(a.response_id, "joint/withdraw")

    released(two, a)
    two.days(later(1))

    now = set(tokens(two, a).values()) - old
    assert {asked(two, token, service_headers).status_code for token in old} == {404}
    assert {asked(two, token, service_headers).status_code for token in now} == {200}


def test_p17_what_one_of_the_two_holds_opens_nothing_of_the_other_s(two: Two, a: First) -> None:
    _ready(two, a)

    mine, theirs = pages(two, a)

    for other in (str(a.second()), str(person(two, a.second()))):
        assert other not in mine
    for other in (str(a.response_id), str(a.person_id)):
        assert other not in theirs
    assert two.token_of(a.person_id) not in theirs


def test_an_undisclosed_matter_leaves_the_decision_to_a_clinician(two: Two) -> None:
    a = two.first(COUPLE)
    two.invited(a.invites(), {**B, "private_matter": "yes"})
    two.called(a.second())

    pair = two.clinician.client.get(f"/api/staff/inquiries/{a.response_id}/pair").json
    assert pair is not None
    assert (pair["rule"], pair["joint_booking"]) == ("P07", "clinician_release")

    released(two, a)


def _ready(two: Two, a: First) -> None:
    released(two, a)
    sign(two, a.response_id)
    sign(two, a.second())
    two.days(later(0))


def _other_policy(two: Two) -> None:
    with two.database.begin() as session:
        other = practice.current(session).with_changes(private_information_policy="limited_secrets")
        practice.decide(session, reader=DANA, settings=other)
