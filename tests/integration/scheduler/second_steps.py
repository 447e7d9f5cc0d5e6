"""A code app in a test: set up by the pages, and asked for at the door."""

import re
from typing import Any

from flask import Flask
from sqlalchemy import select

from services.scheduler.staff_models import StaffAccount, StaffSession
from shared.db import Database
from tests.integration.scheduler.desk import PASSWORD, path, signing_in, unsigned
from tests.integration.scheduler.world import Visitor, words
from tests.phone import Phone

YOURS = "/staff/your-sign-in"


def set_up(visitor: Visitor) -> tuple[Phone, Any]:
    """Set up a code app by the pages; the phone, and the page with the recovery codes."""
    phone = Phone()
    page = visitor.open(f"{YOURS}/app")
    phone.reads(page.get_data(as_text=True))
    shown = sent_setup(visitor, page, phone.code())
    phone.keeps(shown.get_data(as_text=True))
    return phone, shown


def sent_setup(visitor: Visitor, page: Any, code: str, query: str = "") -> Any:
    setup = re.search(r'name="setup" value="([^"]+)"', page.get_data(as_text=True))
    assert setup
    return visitor.send(f"{YOURS}/app{query}", page, setup=setup[1], code=code)


def half_in(app: Flask, **changes: str) -> tuple[Visitor, Any]:
    browser = Visitor(app.test_client())
    answer = signing_in(browser, **changes)
    assert answer.location == "/staff/sign-in/second-step", words(answer)
    return browser, browser.open("/staff/sign-in/second-step")


def signed_in_elsewhere(app: Flask, phone: Phone) -> Visitor:
    browser, page = half_in(app)
    answer = browser.send("/staff/sign-in/second-step", page, code=phone.paper.pop())
    assert answer.status_code == 303
    return browser


def ended(browser: Visitor, database: Database) -> bool:
    """Whether the scheduler's table has ended it; the cookie is believed for up to a minute."""
    cookie = browser.client.get_cookie("staff")
    assert cookie
    with database.begin() as session:
        rows = session.scalars(select(StaffSession)).all()
        return next(bool(one.ended_at) for one in rows if str(one.id) in unsigned(cookie.value))


def a_colleague(owner: Visitor, app: Flask, email: str = "marcus@harborlane.example") -> Visitor:
    added = owner.send(
        "/staff/people/new",
        owner.open("/staff/people/new"),
        name="Marcus Oyelaran",
        email=email,
        role="clinician",
    )
    link = re.search(r'value="([^"]+/staff/welcome/[^"]+)"', added.get_data(as_text=True))
    assert link
    browser = Visitor(app.test_client())
    door = path(link[1])
    assert browser.send(door, browser.open(door), password=PASSWORD).status_code == 303
    return browser


def of(name: str, database: Database) -> str:
    with database.begin() as session:
        account = session.scalars(select(StaffAccount).where(StaffAccount.name == name)).one()
        return f"/staff/people/{account.id}/sign-in"


def invited(owner: Visitor, **changes: str) -> str:
    added = owner.send(
        "/staff/people/new",
        owner.open("/staff/people/new"),
        **{
            "name": "Noor Haddad",
            "email": "noor@harborlane.example",
            "role": "clinician",
            **changes,
        },
    )
    return link_in(added)


def link_in(page: Any) -> str:
    found = re.search(r'value="([^"]+/staff/welcome/[^"]+)"', page.get_data(as_text=True))
    assert found, words(page)
    return path(found[1])
