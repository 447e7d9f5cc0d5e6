"""Signing in by a provider over real HTTP: whom it lets in here, and which words do not hold."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from services.scheduler.app import create_app
from services.scheduler.settings import OpenId, Settings
from services.scheduler.staff_models import StaffAccount, StaffSession
from shared.db import Database
from shared.settings import BadSetting
from tests.integration.scheduler.desk import OWNER
from tests.integration.scheduler.second_steps import YOURS, invited, set_up
from tests.integration.scheduler.world import Visitor, words
from tests.parties.identity import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    a_key,
    listening,
)

GO = "/staff/sign-in/provider"
NOOR = {"sub": "noor-7", "email": "noor@harborlane.example", "email_verified": True}


@pytest.fixture(scope="module")
def standing_provider() -> Iterator[IdentityProvider]:
    with listening() as one:
        yield one


@pytest.fixture
def provider(standing_provider: IdentityProvider) -> IdentityProvider:
    standing_provider.forget()
    return standing_provider


def openid(provider: IdentityProvider, **changes: Any) -> OpenId:
    return OpenId(
        **{
            "issuer": provider.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "name": "Harbor Lane accounts",
            **changes,
        }
    )


@pytest.fixture
def make(settings: Settings, provider: IdentityProvider) -> Callable[..., Flask]:
    def made(**changes: Any) -> Flask:
        return create_app(
            replace(settings, second_factor="required", openid=openid(provider, **changes))
        )

    return made


@pytest.fixture
def app(make: Callable[..., Flask], scheduler_db: Database) -> Flask:
    return make()


def come(app: Flask, path: str = GO) -> tuple[Visitor, Any]:
    """There and back: what the browser is told in the end."""
    browser = Visitor(app.test_client())
    return browser, browser.open(back_from(browser, path))


def back_from(browser: Visitor, path: str = GO) -> str:
    """The address to which the provider sends a browser that went there from here."""
    there = browser.open(path)
    assert there.status_code == 303, words(there)
    answer = requests.get(there.location, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = answer.headers["Location"]
    assert back.startswith("http://127.0.0.1:8000/schedule/staff/sign-in/provider/back?")
    return back.split("/schedule", 1)[1]


def test_who_was_invited_comes_by_the_provider_and_is_known_by_its_subject_from_then_on(
    owner, provider, app, scheduler_db
):
    set_up(owner)
    link = invited(owner)
    provider.claims = NOOR

    browser, answer = come(app, f"{GO}?next=/schedule/staff/your-sign-in")

    assert (answer.status_code, answer.location) == (303, "/schedule/staff/your-sign-in")
    assert "Signed in by your sign-in service" in words(browser.open(YOURS))
    assert "needed=1" in browser.open("/staff/calendar").location, "a second step of ours"
    assert app.test_client().get(link).status_code == 410, "the invitation is used"
    provider.claims = {"sub": "noor-7", "email": "other@example.org", "email_verified": True}
    assert come(app)[1].location == "/schedule/staff/"
    with scheduler_db.begin() as session:
        noor = session.scalars(select(StaffAccount).where(StaffAccount.name == "Noor Haddad")).one()
        assert noor.oidc_subject == f"{provider.url} noor-7"


def test_whoever_has_a_second_step_here_is_asked_for_it(owner, provider, app):
    phone, _ = set_up(owner)
    provider.claims = {"sub": "dana", "email": OWNER["email"], "email_verified": True}

    browser, answer = come(app)
    assert answer.location == "/staff/sign-in/second-step"
    page = browser.open(answer.location)
    inside = browser.send("/staff/sign-in/second-step", page, code=phone.paper[0])

    assert inside.location == "/schedule/staff/"
    assert browser.open("/staff/calendar").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "stranger", "email": "stranger@example.org", "email_verified": True},
        {"sub": "x", "email": "noor@harborlane.example", "email_verified": False},
        {"sub": "x", "email": "noor@harborlane.example", "email_verified": "true"},
        {"sub": "x", "email": "noor@harborlane.example"},
        {"sub": "x"},
    ],
)
def test_nobody_gets_in_who_was_not_invited_by_a_verified_address(
    owner, provider, app, scheduler_db, claims: dict[str, Any]
):
    set_up(owner)
    invited(owner)
    provider.claims = claims

    browser, answer = come(app)

    assert answer.location == "/staff/sign-in?again=1"
    assert "Ask the owner of the practice to invite you" in words(browser.open(answer.location))
    assert browser.open("/staff/").status_code == 303
    with scheduler_db.begin() as session:
        accounts = session.scalars(select(StaffAccount)).all()
    assert len(accounts) == 2, "nobody is made"
    assert {one.oidc_subject for one in accounts} == {None}


def test_in_an_empty_practice_it_makes_no_owner(provider, app, scheduler_db):
    provider.claims = NOOR

    come(app)

    with scheduler_db.begin() as session:
        assert session.scalars(select(StaffAccount)).all() == []


def test_another_subject_with_the_same_address_does_not_take_the_account(owner, provider, app):
    set_up(owner)
    invited(owner)
    provider.claims = NOOR
    assert come(app)[1].location == "/schedule/staff/"
    provider.claims = NOOR | {"sub": "somebody-else"}

    assert come(app)[1].location == "/staff/sign-in?again=1"


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "for another client": lambda word: word | {"aud": "another"},
    "for others, too": lambda word: word | {"aud": [CLIENT_ID, "another"]},
    "authorized for another": lambda word: word | {"azp": "another"},
    "of another issuer": lambda word: word | {"iss": "https://accounts.example"},
    "to another question": lambda word: word | {"nonce": "another"},
    "to no question": lambda word: {k: v for k, v in word.items() if k != "nonce"},
    "of long ago": lambda word: word | {"iat": 1, "exp": 2},
    "without an end": lambda word: {k: v for k, v in word.items() if k != "exp"},
    "about nobody": lambda word: {k: v for k, v in word.items() if k != "sub"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_word_that_does_not_hold_opens_nothing(owner, provider, app, scheduler_db, lie: str):
    provider.claims = {"sub": "dana", "email": OWNER["email"], "email_verified": True}
    provider.lies = LIES[lie]
    assert_refused(app, scheduler_db)


def assert_refused(app: Flask, database: Database) -> None:
    with database.begin() as session:
        before = len(session.scalars(select(StaffSession)).all())
    browser, answer = come(app)
    assert answer.location == "/staff/sign-in?again=1"
    assert "did not let you in" in words(browser.open(answer.location))
    with database.begin() as session:
        assert len(session.scalars(select(StaffSession)).all()) == before


def test_a_word_signed_by_another_key_opens_nothing(owner, provider, app, scheduler_db):
    provider.claims = {"sub": "dana", "email": OWNER["email"], "email_verified": True}
    provider.signs_with = a_key()
    assert_refused(app, scheduler_db)


def test_the_way_back_is_for_the_browser_that_went_and_once(owner, provider, app):
    provider.claims = {"sub": "dana", "email": OWNER["email"], "email_verified": True}
    browser, other = Visitor(app.test_client()), Visitor(app.test_client())
    address = back_from(browser)

    by_another = other.open(address)
    changed = browser.open(address.replace("state=", "state=x"))
    back_from(browser)
    cookie = browser.client.get_cookie("provider")
    assert cookie
    browser.client.set_cookie("provider", cookie.value)
    late = browser.open(address)

    for answer in (by_another, changed, late):
        assert answer.location == "/staff/sign-in?again=1"
    fresh = Visitor(app.test_client())
    right = back_from(fresh)
    kept = fresh.client.get_cookie("provider")
    assert kept
    assert fresh.open(right).location == "/schedule/staff/"
    fresh.client.set_cookie("provider", kept.value)
    assert fresh.open(right).location == "/staff/sign-in?again=1"
    assert "used already" in words(fresh.open("/staff/sign-in?again=1"))


def test_a_provider_that_refuses_says_nothing_or_is_another_lets_nobody_in(
    owner, provider, make, scheduler_db
):
    app = make()
    browser = Visitor(app.test_client())
    refused = browser.open(back_from(browser).replace("code=", "error=access_denied&was="))
    provider.silent = True
    silent = Visitor(make().test_client()).open(GO)
    provider.silent = False
    provider.discovery_lies = {"issuer": "https://accounts.example"}
    another = Visitor(make().test_client()).open(GO)

    for answer in (refused, silent, another):
        assert answer.location == "/staff/sign-in?again=1"


def test_its_second_step_counts_only_where_the_practice_said_so_and_it_says_so(
    owner, provider, make, scheduler_db
):
    set_up(owner)
    provider.claims = {"sub": "dana", "email": OWNER["email"], "email_verified": True}
    app = make(second_factor="theirs")

    assert come(app)[1].location == "/staff/sign-in/second-step"
    provider.claims |= {"amr": ["pwd", "mfa"]}
    browser, answer = come(app)

    assert answer.location == "/schedule/staff/"
    assert browser.open("/staff/calendar").status_code == 200
    assert come(make())[1].location == "/staff/sign-in/second-step"


def test_signing_in_once_more_asks_there_once_more(owner, provider, app):
    page = Visitor(app.test_client()).open("/staff/sign-in?again=1").get_data(as_text=True)
    assert f"{GO}?again=1" in page
    assert "Sign in with Harbor Lane accounts" in page

    come(app, f"{GO}?again=1")
    come(app)

    assert provider.prompts == ["login", None]


def test_without_the_setting_there_is_no_such_way(strict_app: Flask, scheduler_db):
    stranger = Visitor(strict_app.test_client())

    assert stranger.open(GO).status_code == 404
    assert "Sign in with" not in words(stranger.open("/staff/sign-in"))


def test_the_settings_name_what_is_missing(settings_for: Callable[..., Any]):
    known = {"OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": "x"}
    with pytest.raises(BadSetting, match="OIDC_CLIENT_ID"):
        settings_for("scheduler", OIDC_ISSUER="https://accounts.example")
    with pytest.raises(BadSetting, match="begins with https"):
        settings_for("scheduler", OIDC_ISSUER="http://accounts.example", **known)
    with pytest.raises(BadSetting, match="OIDC_SECOND_FACTOR"):
        settings_for(
            "scheduler",
            OIDC_ISSUER="https://accounts.example",
            OIDC_SECOND_FACTOR="none",
            **known,
        )
    found = settings_for("scheduler", OIDC_ISSUER="https://accounts.example/x", **known).openid
    assert (found.name, found.second_factor) == ("accounts.example", "ours")
