"""Two partners: what neither learns of the other, on which day, and what a clinician sees."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from services.intake.audit_models import AuditEntry
from services.intake.couple_models import Couple, Invitation
from services.intake.domain.pair import PairDecision
from services.intake.models import QuestionnaireResponse
from services.intake.operations import couples, practice, retention
from shared.clock import utcnow
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import COUPLE
from tests.integration.intake.two import B_AFRAID, DANA, LINKS, B, First, Two, later, sign

SignIn = Callable[..., Browser]


SENT: dict[str, dict[str, Any]] = {
    "all clear": B,
    "declined": {**B, "joint_willing": "no"},
    "held": {**B, "private_matter": "yes"},
    "screened out": B_AFRAID,
    "elsewhere": {**B, "session_state": "TX"},
    "crisis": {**B, "h_now": "yes"},
}
REASONS = ("no answer", "opened", "started", *SENT, "under 13", "erased", "parted")


def happens(two: Two, token: str, a: First, reason: str) -> None:
    """What becomes of the invitation."""
    match reason:
        case "opened":
            Browser(two.app).open(f"/i/{token}")
        case "started":
            two.invited(token).send(B)
        case "under 13":
            two.invited(token).send({**B, "age_group": "under_13"})
        case "erased":
            two.invited(token, B)
            with two.database.begin() as session:
                b = session.get_one(QuestionnaireResponse, a.second())
                retention.destroy(session, person_id=b.person_id)
        case "parted":
            two.invited(token, B_AFRAID)
            assert two.staff(a.response_id, "part").status_code == 303
        case sent if sent in SENT:
            two.invited(token, SENT[sent])


# ---------------------------------------------------------------- the same words on the same day


@pytest.mark.parametrize(
    ("how", "reasons"),
    [("share_link", REASONS), ("practice_email", ("no answer", "declined", "crisis"))],
)
def test_l11_all_that_the_first_person_sees_is_equal_for_every_reason_and_on_every_day(
    two: Two, how: str, reasons: tuple[str, ...]
) -> None:
    seen: dict[str, list[Any]] = {}
    start = utcnow()
    for reason in reasons:
        a = two.first(name=reason)
        happens(two, a.invites(how), a, reason)
        stages = []
        for day in (0.5, 5.5, 13.9, 14.5, 16):
            two.days(start + timedelta(days=day))
            stages.append(a.surfaces())
        seen[reason] = stages

    first = seen["no answer"]
    assert {reason for reason, stages in seen.items() if stages != first} == set()
    before, after = first[2], first[3]
    assert "A joint meeting has not been set up yet" not in before[0][2]
    assert "A joint meeting has not been set up yet" in after[0][2]
    assert len(after[-1]) == len(before[-1]) + 1
    assert first[4] == after


def test_l11_the_note_goes_out_at_the_same_moment_whatever_the_reason(two: Two) -> None:
    one, other = two.first(name="one"), two.first(name="other")
    one.invites()
    two.invited(other.invites(), B_AFRAID)
    with two.database.begin() as session:
        moment = utcnow().replace(microsecond=0)
        for invitation in session.scalars(select(Invitation)):
            invitation.sent_at, invitation.expires_at = moment, moment + timedelta(days=14)

    two.days(moment + timedelta(days=14) - timedelta(seconds=1))
    before = [len(two.messages(person.person_id)) for person in (one, other)]
    two.days(moment + timedelta(days=14))
    after = [len(two.messages(person.person_id)) for person in (one, other)]

    assert (before, after) == ([1, 1], [2, 2])


def test_there_is_no_note_for_somebody_who_took_the_invitation_back(two: Two) -> None:
    a = two.first()
    a.invites()
    browser = a.browser()
    browser.open(f"{a.page}/link")
    browser.send({})

    two.days(later(15))

    assert len(two.messages(a.person_id)) == 1
    assert "A joint meeting" not in browser.open(a.page).text


def test_one_reminder_at_most_goes_to_the_addressee_while_nothing_was_sent(two: Two) -> None:
    silent, begun, done = (two.first(name=name) for name in ("silent", "begun", "done"))
    mailed = {}
    for one in (silent, begun, done):
        known = set(two.addressees())
        token = one.invites("practice_email")
        (mailed[one.response_id],) = set(two.addressees()) - known
        if one is begun:
            happens(two, token, one, "started")
        elif one is done:
            two.invited(token, B)

    for day in (4.9, 5.1, 5.5, 6.5, 10):
        two.days(later(day))

    sent = {a.response_id: len(two.messages(mailed[a.response_id])) for a in (silent, begun, done)}
    assert sent == {silent.response_id: 2, begun.response_id: 2, done.response_id: 0}


def test_a_link_that_was_passed_on_is_never_followed_by_a_message(two: Two) -> None:
    a = two.first()
    a.invites("share_link")

    for day in (5.5, 10):
        two.days(later(day))

    assert len(two.messages(a.person_id)) == 1
    assert two.addressees() == []


def test_day_zero_turns_the_reminder_off(two: Two) -> None:
    with two.database.begin() as session:
        off = practice.current(session).with_changes(invite_reminder_day=0)
        practice.decide(session, reader=DANA, settings=off)
    two.first().invites("practice_email")
    (addressee,) = two.addressees()

    for day in (0.1, 5.5):
        two.days(later(day))

    assert len(two.messages(addressee)) == 1


# ---------------------------------------------------------------- two records


def test_l08_whatever_opens_a_s_page_is_answered_by_404_for_anything_of_b_s(two: Two) -> None:
    a = two.first()
    two.invited(a.invites(), B)
    with two.database.begin() as session:
        b = session.get_one(QuestionnaireResponse, a.second())
    b_page = f"/p/{two.token_of(b.person_id)}"
    browser = a.browser()

    for path in (
        f"/p/{b.person_id}",
        f"/p/{b.id}",
        f"{a.page}/{b.id}",
        f"{a.page}/paper",
        f"{b_page}/paper",
    ):
        assert browser.client.get(path).status_code == 404, path
    assert browser.client.get(f"{b_page}/link").headers["Location"] == b_page


def test_p18_no_byte_of_one_person_s_is_in_anything_the_other_sees(two: Two) -> None:
    a_words = {"name_used": "Canarya", "email": "canary.a@example.org", "goals": ["heal"]}
    b_words = {
        "name_used": "Canaryb",
        "email": "canary.b@example.org",
        "phone": "212-555-0177",
        "hope_text": "the canary sings",
        "joint_willing": "alone_first",
    }
    a = two.first({**COUPLE, **a_words})
    browser = two.invited(a.invites("practice_email"), {**B, **b_words})
    b_page = f"/p/{two.token_of(_person(two, a.second()))}"

    two.days(later(15))
    of_a = str(a.surfaces())
    of_b = "".join(body.decode() for _, _, body in browser.seen) + browser.open(b_page).text

    for canary in ("Canaryb", "canary.b", "555-0177", "sings", str(a.second())):
        assert canary not in of_a
    for canary in ("Canarya", "canary.a", str(a.response_id), str(a.person_id), TO_EMAIL):
        assert canary not in of_b


def test_b_s_pages_are_the_same_bytes_whatever_a_has_answered(two: Two) -> None:
    shown = []
    for name, answers in {
        "calm": COUPLE,
        "other": {**COUPLE, "main_concern": "trust", "pur_reach": 4, "relationship_status": "one"},
    }.items():
        a = two.first(answers, name=name)
        token = a.invites()
        browser = Browser(two.app)
        browser.client.set_cookie("seed", "the-same")
        browser.open(f"/i/{token}")
        browser.send({})
        browser.walk(B)
        own = two.token_of(_person(two, a.second()))
        browser.open(f"/p/{own}")
        shown.append([_without(body, token, own) for _, _, body in browser.seen])

    assert shown[0] == shown[1]


def test_l10_looking_at_two_people_writes_to_neither_record(two: Two, database_url: str) -> None:
    a = two.first()
    two.invited(a.invites(), B_AFRAID)
    before = _rows(database_url)

    two.clinician.client.get(f"/api/staff/inquiries/{a.response_id}/pair")
    with two.database.begin() as session:
        found = couples.view(
            session, couple=a.couple(), invitation=a.invitation(), now=later(3)
        ).decision

    assert isinstance(found, PairDecision)
    assert _rows(database_url) == before


# ---------------------------------------------------------------- for clinicians


def test_a_clinician_sees_the_two_side_by_side_from_either_inquiry(two: Two) -> None:
    a = two.first()
    two.invited(a.invites(), B)

    documents = [
        two.clinician.client.get(f"/api/staff/inquiries/{side}/pair").json
        for side in (a.response_id, a.second())
    ]

    assert documents[0] == documents[1]
    assert documents[0] is not None
    assert documents[0]["rule"] == "P08"
    assert documents[0]["pair_track"] == "couples"
    assert documents[0]["pair_pattern"] == "pursue-withdraw"
    assert "used" not in documents[0]["a"]


def test_l04_looking_at_two_people_is_recorded_for_both(two: Two) -> None:
    a = two.first()
    two.invited(a.invites(), B)

    page = two.clinician.open(f"/staff/inquiries/{a.response_id}").text

    assert "Two people, side by side" in page
    assert "After both calls" in page
    with two.database.begin() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.part == "pair")).all()
    assert {row.response_id for row in rows} == {a.response_id, a.second()}


def test_l01_the_front_desk_sees_nothing_of_a_couple(two: Two, signed_in: SignIn) -> None:
    desk = signed_in(two.app, Role.FRONT_DESK)
    alone, a = two.first(name="alone"), two.first()
    two.invited(a.invites(), B)

    pages = [desk.open(f"/staff/inquiries/{one}").text for one in (a.response_id, a.second())]
    refused = [
        desk.client.get(f"/api/staff/inquiries/{one}/pair")
        for one in (a.response_id, alone.response_id)
    ]

    for page in pages:
        for word in ("nvit", "side by side", "artner", "olicy", str(a.response_id)):
            assert word not in page.split("<main")[1].replace(f"/{a.response_id}", "")
    assert [answer.status_code for answer in refused] == [403, 403]
    assert refused[0].data == refused[1].data


def test_the_inquiries_of_people_without_a_couple_have_no_pair(two: Two) -> None:
    a = two.first()

    answer = two.clinician.client.get(f"/api/staff/inquiries/{a.response_id}/pair")

    assert answer.status_code == 404


def test_n7_two_who_part_keep_a_record_each_and_nothing_links_a_new_start_to_the_old(
    two: Two,
) -> None:
    a = two.first()
    two.invited(a.invites(), B)
    assert two.staff(a.response_id, "part").status_code == 303

    assert two.staff(a.response_id, "invitation", how="share_link").status_code == 303

    with two.database.begin() as session:
        rows = session.scalars(select(Couple).order_by(Couple.opened_at)).all()
        records = session.scalars(select(QuestionnaireResponse)).all()
    assert [row.ended_at is None for row in rows] == [False, True]
    assert len({record.person_id for record in records}) == 2
    assert "Make the link" in a.browser().open(f"{a.page}/link").text


def test_a_link_that_somebody_else_has_seen_can_be_replaced(two: Two) -> None:
    a = two.first()
    old = a.page

    assert two.staff(a.response_id, "personal-page").status_code == 303

    browser = a.browser()
    assert browser.open(old).status_code == 404
    assert browser.open(a.page).status_code == 200
    assert two.messages(a.person_id)[-1] == ("update", LINKS.origin + "/begin" + a.page)


def test_l07_addresses_titles_and_links_say_nothing(two: Two) -> None:
    a = two.first()
    a.invites()
    sign(two, a.response_id)
    browser = a.browser()

    for path in ("", "/link", "/paper"):
        page = browser.open(a.page + path)
        title = page.text.split("<title>")[1].split("</title>")[0]
        for word in ("artner", "ouple", "ecret", "olicy", "nvit", "herap", "ntake"):
            assert word not in title
            assert word not in path


TO_EMAIL = "robin@example.org"


def _person(two: Two, response_id: Any) -> Any:
    with two.database.begin() as session:
        return session.get_one(QuestionnaireResponse, response_id).person_id


def _without(body: bytes, *secrets: str) -> bytes:
    for secret in secrets:
        body = body.replace(secret.encode(), b"_")
    before, found, after = body.partition(b"/t/")
    return before + found + after[43:] if found else body


def _rows(database_url: str) -> dict[str, list[Any]]:
    """Every row of intake's, but for the audit's chain and what it is sent with."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'intake'"
            " AND tablename NOT IN ('audit_entry', 'alembic_version')"
        ).fetchall()
        return {
            name: sorted(map(str, connection.execute(f'SELECT * FROM intake."{name}"').fetchall()))  # noqa: S608
            for (name,) in names
        }
