"""Two people and a clinician from the first form to a time together, by the doors they all use."""

import re
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from services.intake.couple_models import Addressee
from services.intake.models import QuestionnaireResponse
from services.intake.operations import policies
from shared.tokens import token_sha256
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, COUPLE
from tests.integration.intake.record_acts import asks, copy_of, read_all
from tests.integration.intake.two import TO, B, Two, later, sign

OWN = {"name_used": "Adabel", "email": "ada@example.org"}
CANARIES = {
    "name_used": "Canaryb",
    "email": "canary.b@example.org",
    "phone": "212-555-0177",
    "hope_text": "the canary sings",
}


def test_n2_two_people_come_together_each_by_a_form_consents_and_a_page_of_their_own(
    two: Two, service_headers: dict[str, str]
) -> None:
    ada = Browser(two.app)
    ada.walk({**COUPLE, "name_used": "Ada"})
    a = _newest(two)

    _press(two, a, "called")
    _press(two, a, "invitation", how="share_link")
    ada.open("/next")
    ada.open(_link(ada.page.text, "/p/") + "/link")
    ada.send({})
    bo = Browser(two.app)
    bo.open(_link(ada.page.text, "/i/"))
    bo.send({})
    bo.walk({**B, "name_used": "Bo"})
    b = _newest(two)
    _press(two, b, "called")
    for one in (a, b):
        sign(two, one)
    _press(two, a, "joint", reason="Both spoke freely, and both want it.")
    two.days(later(1))

    pair = two.clinician.client.get(f"/api/staff/inquiries/{b}/pair").json
    assert pair is not None
    assert (pair["rule"], pair["a_update"], pair["b_update"]) == ("P08", *["joint_ready"] * 2)
    for browser in (ada, bo):
        browser.open("/next")
        page = browser.open(_link(browser.page.text, "/p/"))
        assert "You can now choose a time to meet together." in page.text
        token = _link(page.text, "/t/").removeprefix("/t/")
        answer = two.app.test_client().post(
            "/internal/booking-permissions",
            json={"token_sha256": token_sha256(token).hex()},
            headers=service_headers,
        )
        assert answer.status_code == 200


def test_l14_a_lifted_hold_leads_to_an_invitation_by_the_same_button(two: Two) -> None:
    a = two.first(AFRAID)
    _press(two, a.response_id, "called")
    assert two.staff(a.response_id, "invitation", how="share_link").status_code == 409

    _press(two, a.response_id, "lift", because="Met alone twice; what was meant is long over.")
    _press(two, a.response_id, "invitation", how="share_link")

    assert "Invite your partner" in a.browser().open(a.page).text


@pytest.mark.parametrize("which", ["a", "b"])
def test_l17_the_copy_of_one_person_s_record_holds_nothing_of_the_other(
    two: Two, which: str
) -> None:
    a = two.first({**COUPLE, **OWN})
    two.invited(a.invites("practice_email"), {**B, **CANARIES})
    b = a.second()
    for one in (a.response_id, b):
        sign(two, one, name="A Name")
    people = {"a": a.person_id, "b": _person(two, b)}
    request = asks(two.database, people[which])
    read_all(two.database, request)

    copied = str(copy_of(two.database, request))

    other = {"a": b, "b": a.response_id}[which]
    strange = [*CANARIES.values()] if which == "a" else [*OWN.values()]
    for word in (*strange, TO["inv_email"], str(other), str(people["b" if which == "a" else "a"])):
        assert word not in copied
    assert "couple_id" not in copied


def test_p21_links_are_long_kept_as_hashes_and_numbers_open_nothing(
    two: Two, database_url: str
) -> None:
    a = two.first()
    token = a.invites()
    own = a.page.removeprefix("/p/")

    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'intake'"
        ).fetchall()
        whole = "".join(
            str(connection.execute(f'SELECT * FROM intake."{name}"').fetchall())  # noqa: S608
            for (name,) in tables
        )
    browser = a.browser()
    page = browser.open(a.page)

    assert len(token) == len(own) == 43  # 256 bits
    assert token not in whole
    assert own not in whole
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for number in ("1", "0", "42", str(a.response_id)):
        assert browser.client.get(f"/p/{number}").status_code == 404


def test_p21_an_address_that_we_know_is_treated_like_any_other(two: Two) -> None:
    """No e-mail oracle: whether somebody is known here, nobody finds out by inviting them."""
    known = two.first({**COUPLE, "email": "known@example.org"}, name="known")
    pages = []
    for name, address in {"one": "known@example.org", "two": "stranger@example.org"}.items():
        a = two.first(name=name).may_invite("practice_email")
        browser = a.browser()
        browser.open(f"{a.page}/link")
        browser.send({**TO, "inv_email": address})
        pages.append(a.surfaces())

    with two.database.begin() as session:
        addressees = set(session.scalars(select(Addressee.person_id)))
    assert pages[0] == pages[1]
    assert len(addressees) == 2
    assert known.person_id not in addressees


def test_signing_binds_nobody_else(two: Two) -> None:
    a, other = two.first(name="a"), two.first(name="other")

    sign(two, a.response_id)

    with two.database.begin() as session:
        assert policies.signature(session, person_id=other.person_id) is None


def _newest(two: Two) -> UUID:
    with two.database.begin() as session:
        query = select(QuestionnaireResponse.id).order_by(QuestionnaireResponse.started_at.desc())
        return session.scalars(query.limit(1)).one()


def _person(two: Two, response_id: UUID) -> UUID:
    with two.database.begin() as session:
        return session.get_one(QuestionnaireResponse, response_id).person_id


def _press(two: Two, response_id: UUID, button: str, **values: Any) -> None:
    answer = two.staff(response_id, button, **values)
    assert answer.status_code == 303, answer.text


def _link(page: str, kind: str) -> str:
    """The link of this kind that the page shows, without the prefix it may have."""
    found = re.search(rf"{kind}[A-Za-z0-9_-]{{43}}", page)
    assert found, page
    return found[0]
