"""L05 over HTTP: whatever was confided, every page is the same bytes but for `support_now`."""

from typing import Any

import pytest
from flask import Flask

from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import ALONE, COUPLE

# Sealed answers that make a great difference to staff, and must make none to anyone who looks on.
CONFIDED: list[dict[str, Any]] = [
    {"s_afraid": "yes", "s_hurt": "yes", "s_danger": "worried"},
    {"s_own": "yes", "s_order": "yes"},
    {"commitment": "decided_to_part", "outside": "current", "private_matter": "yes"},
    {"h_recent": "thoughts", "h_others": "prefer_talk"},
    {"substance": "a_lot", "phq4_1": 3, "phq4_2": 3, "phq4_3": 3, "phq4_4": 3},
    {"hope_text": "I am afraid of what comes after.", "contact_notes": "Never at night."},
    {"s_afraid": None, "s_control": None, "s_threat": None, "commitment": None},
]


def pages(app: Flask, answers: dict[str, Any]) -> list[tuple[str, int, bytes]]:
    """Everything that was on the screen, with addresses and statuses, once the form was sent."""
    browser = Browser(app)
    # The form's own token is random per browser; here every browser is the same.
    browser.client.set_cookie("seed", "the-same-seed-in-every-browser")
    browser.open("/step/1")
    while browser.page.request.path.startswith("/step/"):
        browser.send(answers)
    for path in ("/step/1", "/erase", "/privacy", "/next"):
        browser.open(path)
    return [(path, status, without_link(body)) for path, status, body in browser.seen]


def without_link(body: bytes) -> bytes:
    """The page without the one thing in it that belongs to this person alone: the booking token."""
    before, found, after = body.partition(b"/t/")
    return before + found + after[43:] if found else body


@pytest.mark.parametrize("confided", CONFIDED, ids=" ".join)
@pytest.mark.parametrize("who", [COUPLE, ALONE], ids=["couple", "alone"])
def test_l05_what_is_confided_changes_no_byte_of_any_page(
    app: Flask, who: dict[str, Any], confided: dict[str, Any]
) -> None:
    plain = pages(app, who)

    assert pages(app, {**who, **confided}) == plain


def test_l05_going_back_shows_the_same_pages_whatever_was_confided(app: Flask) -> None:
    def back_and_forth(answers: dict[str, Any]) -> list[tuple[str, int, bytes]]:
        browser = Browser(app)
        browser.client.set_cookie("seed", "the-same-seed-in-every-browser")
        browser.open("/step/1")
        for _ in range(7):
            browser.send(answers)
        for number in (6, 7, 2, 3, 1, 9, 8):
            browser.open(f"/step/{number}")
        return browser.seen

    assert back_and_forth({**COUPLE, **CONFIDED[0], **CONFIDED[5]}) == back_and_forth(COUPLE)


def test_l05_without_privacy_one_page_is_left_out_and_the_others_do_not_change(app: Flask) -> None:
    with_privacy = pages(app, COUPLE)
    without = pages(app, {**COUPLE, "private_now": "no"})

    shown, shown_without = (
        {page for page in seen if page[1] == 200} for seen in (with_privacy, without)
    )
    assert {path for path, _, _ in shown - shown_without} == {"/step/6"}
    assert shown_without < shown


def test_support_now_is_the_one_page_that_differs(app: Flask) -> None:
    plain, crisis = pages(app, COUPLE), pages(app, {**COUPLE, "h_now": "yes"})

    assert len(plain) == len(crisis)
    assert {one[0] for one, other in zip(plain, crisis, strict=True) if one != other} == {"/next"}


def test_l32_the_frame_is_the_same_bytes_on_every_page(app: Flask) -> None:
    browser = Browser(app)
    browser.walk({**COUPLE, "h_now": "yes"})
    for path in ("/", "/privacy", "/erase", "/reaching-you", "/saved", "/other-start"):
        browser.open(path)

    shown = [body for _, status, body in browser.seen if status == 200]
    frames = {
        body.split(b"<main")[0].split(b"<body>")[1] + body.split(b"</main>")[1] for body in shown
    }

    assert len(shown) > 15
    assert len(frames) == 1
