"""The door that an invitation leads to, and what the form behind it asks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from services.intake.couple_models import Couple, Invitation
from services.intake.models import QuestionnaireResponse
from services.intake.operations import forms, retention
from shared.clock import utcnow
from shared.tokens import new_token
from tests.integration.intake.browsing import Browser, form_in
from tests.integration.intake.two import B, Two, take_back

CLOSED = "This link does not open a form"


def test_opening_the_link_uses_nothing_up(two: Two) -> None:
    token = two.first().invites()
    scanner = Browser(two.app)

    for _ in range(3):
        assert scanner.open(f"/i/{token}").status_code == 200
    scanner.client.head(f"/i/{token}")

    assert two.invited(token).page.request.path == "/step/1"


def test_l09_every_link_that_opens_nothing_is_answered_alike(two: Two) -> None:
    tokens = {}
    for name in ("used", "expired", "taken back", "parted", "erased"):
        a = two.first(name=name)
        tokens[name] = a.invites()
        if name == "used":
            two.invited(tokens[name], B)
        elif name == "expired":
            with two.database.begin() as session:
                invitation = session.get_one(Invitation, a.invitation().id)
                invitation.expires_at = utcnow() - timedelta(seconds=1)
        elif name == "taken back":
            take_back(a.browser(), a.page)
        elif name == "parted":
            two.staff(a.response_id, "part")
        else:
            with two.database.begin() as session:
                retention.destroy(session, person_id=a.person_id)
    made_up = [new_token() for _ in range(3)] + ["x", "1", "x" * 500]

    answers = set()
    for token in [*tokens.values(), *made_up]:
        browser = Browser(two.app)
        browser.client.set_cookie("seed", "the-same")
        browser.open(f"/i/{token}")
        page = browser.send({})
        headers = sorted((k, v) for k, v in page.headers.items() if k != "X-Request-ID")
        answers.add((page.status_code, page.data, str(headers)))

    assert len(answers) == 1
    assert CLOSED in page.text


def test_l09_the_door_looks_the_same_for_every_token(two: Two) -> None:
    live, used = two.first(name="live").invites(), two.first(name="used").invites()
    two.invited(used, B)
    seen = set()
    for token in (live, used, new_token()):
        browser = Browser(two.app)
        browser.client.set_cookie("seed", "the-same")
        seen.add(browser.open(f"/i/{token}").data.replace(token.encode(), b"_"))

    assert len(seen) == 1


def test_l09_a_program_s_dead_invitation_tells_nothing_either(two: Two) -> None:
    token = two.first().invites()
    client = two.app.test_client()

    begun = client.post("/api/responses", json={"invitation": token})
    again = client.post("/api/responses", json={"invitation": token})
    made_up = client.post("/api/responses", json={"invitation": new_token()})

    assert begun.status_code == 201
    assert again.status_code == made_up.status_code == 404
    assert again.data == made_up.data


def test_an_invited_person_is_asked_neither_for_whom_nor_how_many(two: Two) -> None:
    browser = two.invited(two.first().invites())
    sections = []
    while browser.page.request.path.startswith("/step/"):
        sections.append(form_in(browser.page).values["page"][0])
        if sections[-1] == "reason":
            assert "who_for" not in form_in(browser.page).offered
            assert "attending" not in form_in(browser.page).offered
            browser.send(B, who_for="someone_else", attending="three_plus")
        else:
            browser.send(B)

    assert "invited" in sections
    assert "partner" not in sections
    assert "What happens next is up to you" in browser.page.text
    with two.database.begin() as session:
        b = session.scalars(
            select(QuestionnaireResponse).where(QuestionnaireResponse.invited)
        ).one()
        answers = forms.form_of(session, b).answers
    assert not {"who_for", "attending"} & set(answers)
    assert answers["c_partner_privacy"] is True


def test_a_program_can_not_set_what_the_invitation_has_said(two: Two) -> None:
    token = two.first().invites()

    answer = two.app.test_client().post(
        "/api/responses", json={"invitation": token, "answers": {"who_for": "self"}}
    )

    assert answer.status_code == 422
    assert "who_for" in answer.text


def test_l44_an_invited_child_leaves_nothing_but_a_used_link(two: Two) -> None:
    token = two.first().invites()

    browser = two.invited(token)
    browser.send({**B, "age_group": "under_13"})

    assert browser.page.request.path == "/other-start"
    with two.database.begin() as session:
        assert session.scalars(select(Couple.b_response_id)).all() == [None]
        assert not session.scalars(
            select(QuestionnaireResponse).where(QuestionnaireResponse.invited)
        ).all()


def test_l48_an_invited_person_s_unfinished_form_is_purged_like_any_other(two: Two) -> None:
    a = two.first()
    two.invited(a.invites())
    with two.database.begin() as session:
        b = session.get_one(QuestionnaireResponse, a.second())
        b.updated_at = utcnow() - timedelta(days=31)
        person_id = b.person_id

    with two.database.begin() as session:
        gone = retention.purge(
            session, person_id=person_id, now=utcnow(), drafts=timedelta(days=30)
        )

    assert gone
    assert a.couple().b_response_id is None


def test_two_who_press_begin_at_the_same_time_begin_one_form(two: Two) -> None:
    token = two.first().invites()
    browsers = [Browser(two.app) for _ in range(4)]
    for browser in browsers:
        browser.open(f"/i/{token}")
    forms_sent = [form_in(browser.page).values for browser in browsers]

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda one: one[0].client.post(f"/i/{token}", data=one[1]).status_code,
                zip(browsers, forms_sent, strict=True),
            )
        )

    assert sorted(answers) == [303, 404, 404, 404]
