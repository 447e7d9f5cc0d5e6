"""The invitation: who may make one, what its link does, and what nobody learns from it."""

import pytest
from sqlalchemy import select

from services.intake.couple_models import Addressee, Invitation
from services.intake.models import Base, Contact, Person, QuestionnaireResponse
from services.intake.operations import contacts, holds, practice, retention
from shared.crypto import SubjectErased
from tests.integration.intake.browsing import errors_in, form_in
from tests.integration.intake.people import AFRAID, ALONE, COUPLE
from tests.integration.intake.two import DANA, LINKS, TO, B, Two, later, take_back

# ---------------------------------------------------------------- letting somebody invite


def test_nobody_can_invite_before_a_clinician_has_opened_the_step(two: Two) -> None:
    a = two.first()
    a.called()

    answer = a.browser().open(f"{a.page}/link")

    assert answer.request.path == a.page
    assert "Invite" not in answer.text


@pytest.mark.parametrize(
    ("answers", "called", "words"),
    [
        (COUPLE, False, "The private call comes first."),
        (AFRAID, True, "It is on hold."),
        (ALONE, True, "Nobody else is part of this request"),
    ],
)
def test_the_step_opens_only_with_an_offer_and_after_the_call(
    two: Two, answers: dict[str, object], called: bool, words: str
) -> None:
    a = two.first(answers)
    if called:
        a.called()

    answer = two.staff(a.response_id, "invitation", how="share_link")

    assert answer.status_code == 409
    assert words in answer.text


def test_l14_a_hold_has_to_be_lifted_before_the_step_opens(two: Two) -> None:
    a = two.first(AFRAID)
    a.called()
    assert two.staff(a.response_id, "invitation", how="share_link").status_code == 409

    with two.database.begin() as session:
        response = session.get_one(QuestionnaireResponse, a.response_id)
        holds.lift(session, response=response, reader=DANA, reason="Spoke alone, all clear now.")

    assert two.staff(a.response_id, "invitation", how="share_link").status_code == 303
    assert two.messages(a.person_id) == [("update", f"http://127.0.0.1:8000/begin{a.page}")]


def test_somebody_who_asked_and_then_disclosed_harm_sends_nothing_and_starts_no_clock(
    two: Two,
) -> None:
    a = two.first({**COUPLE, "invite_pref": "practice_email", "s_hurt": "yes"})
    a.called()
    two.staff(a.response_id, "invitation", how="practice_email")
    page = a.browser()
    page.open(a.page)

    page.client.post(f"{a.page}/link", data={**form_in(page.page).values, **TO})
    two.days(later(20))

    with two.database.begin() as session:
        assert session.scalars(select(Invitation)).all() == []
        assert session.scalars(select(Addressee)).all() == []
    assert two.messages(a.person_id) == []


def test_in_the_mode_that_opens_at_once_the_step_comes_with_an_offer_alone(two: Two) -> None:
    with two.database.begin() as session:
        settings = practice.current(session).with_changes(
            partner_invite_mode="immediate_when_clear", partner_invite_reason="Rural, few calls."
        )
        practice.decide(session, reader=DANA, settings=settings)

    clear, held = two.first(name="clear"), two.first(AFRAID, name="held")

    assert "Invite your partner" in clear.browser().open(clear.page).text
    assert "Invite your partner" not in held.browser().open(held.page).text


# ---------------------------------------------------------------- making it


def test_a_link_to_pass_on_is_shown_once_it_is_made(two: Two) -> None:
    a = two.first().may_invite()
    browser = a.browser()
    assert "/i/" not in browser.open(f"{a.page}/link").text

    browser.send({})

    assert f"http://127.0.0.1:8000/begin/i/{_link_token(two)}" in browser.page.text
    assert two.addressees() == []


def test_one_email_goes_to_an_addressee_who_is_nobody_else(two: Two) -> None:
    a = two.first()

    token = a.invites("practice_email")

    (addressee,) = two.addressees()
    assert two.messages(addressee) == [("invitation", f"http://127.0.0.1:8000/begin/i/{token}")]
    with two.database.begin() as session:
        card = contacts.card(session, person_id=addressee)
    assert card is not None
    assert (card.name, card.email, card.phone) == ("Robin", "robin@example.org", None)
    assert [way for way, is_open in card.channels.items() if is_open] == ["email"]
    assert token not in a.browser().open(f"{a.page}/link").text


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(two: Two) -> None:
    a = two.first().may_invite("practice_email")
    browser = a.browser()
    browser.open(f"{a.page}/link")

    browser.send({"inv_first_name": "Robin", "inv_email": "robin"})

    assert browser.page.status_code == 422
    assert len(errors_in(browser.page)) == 2
    assert 'value="Robin"' in browser.page.text
    with two.database.begin() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_l25_no_table_and_no_form_has_a_place_for_a_partner_s_phone(two: Two) -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
    }
    a = two.first()
    a.may_invite("practice_email")
    shown = form_in(a.browser().open(f"{a.page}/link"))

    assert not {name for name in columns if "phone" in name or "sms" in name}
    assert set(shown.values) | set(shown.offered) == {
        "csrf_token", "inv_first_name", "inv_email", "inv_ok",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["submitted", "expired", "taken back"])
def test_the_addressee_is_destroyed_when_nothing_more_may_be_sent(two: Two, end: str) -> None:
    a = two.first()
    token = a.invites("practice_email")
    (addressee,) = two.addressees()
    two.days(later(1))
    assert two.addressees() == [addressee]

    if end == "submitted":
        two.invited(token, B)
    elif end == "taken back":
        take_back(a.browser(), a.page)
    two.days(later(14 if end == "expired" else 1))

    assert two.addressees() == []
    with two.database.begin() as session:
        assert session.get(Person, addressee) is None
        assert session.scalars(select(Contact).where(Contact.person_id == addressee)).all() == []
        with pytest.raises(SubjectErased):
            contacts.of_addressee(
                session, person_id=addressee, name=None, email="x@example.org", locale="en-US"
            )


def test_taking_it_back_says_the_same_whether_it_was_used_or_not(two: Two) -> None:
    unused, used = two.first(name="unused"), two.first(name="used")
    tokens = unused.invites(), used.invites()
    two.invited(tokens[1], B)

    pages = []
    for one in (unused, used):
        take_back(one.browser(), one.page)
        pages.append(one.surfaces())

    assert pages[0] == pages[1]
    assert "You took it back" in pages[0][1][2]
    assert "does not open a form" in two.invited(tokens[0]).page.text
    assert used.second()


def test_making_the_link_twice_is_making_it_once(two: Two) -> None:
    a = two.first().may_invite("practice_email")
    browser = a.browser()
    browser.open(f"{a.page}/link")
    values = {**form_in(browser.page).values, **TO}

    for _ in range(2):
        assert browser.client.post(f"{a.page}/link", data=values).status_code == 303

    assert len(two.addressees()) == 1
    assert a.invitation()


def test_the_addressee_goes_when_the_one_who_asked_is_erased(two: Two) -> None:
    a = two.first()
    a.invites("practice_email")
    (addressee,) = two.addressees()
    with two.database.begin() as session:
        retention.destroy(session, person_id=a.person_id)

    two.days(later(0))

    with two.database.begin() as session:
        assert session.get(Person, addressee) is None


@pytest.mark.parametrize(
    "email", ["a\x00b@example.org", "x" * 100_000, "a@example.org\nBcc: b@example.org"]
)
def test_an_address_that_is_none_is_refused_beside_its_field(two: Two, email: str) -> None:
    a = two.first().may_invite("practice_email")
    browser = a.browser()
    browser.open(f"{a.page}/link")

    browser.send({**TO, "inv_email": email})

    assert browser.page.status_code == 422
    assert two.addressees() == []


def _link_token(two: Two) -> str:
    with two.database.begin() as session:
        invitation = session.scalars(select(Invitation)).one()
    return LINKS.invitation_token(invitation.id)
