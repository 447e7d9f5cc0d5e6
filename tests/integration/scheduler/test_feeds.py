"""Reading a calendar over real HTTP, in a process of its own, from whoever it may be (P10, P11)."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from services.scheduler.domain.outside import Reading, Trouble
from services.scheduler.providers.feeds import FeedRequest, Feeds
from shared.outbound import public
from tests.parties.feeds import (
    FeedServer,
    fails,
    feed_server,
    floods,
    hangs,
    redirects,
    serves,
)
from tests.unit.scheduler.feeds import calendar, event, said, stretch

WINTER = stretch("2026-11-25T00:00Z", "2026-12-25T00:00Z")
SOUND = calendar(event("DTSTART:20261210T150000Z", "DURATION:PT1H"))


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as found:
        yield found


def asked(address: str, *, feeds: Feeds | None = None, **more: str) -> Reading:
    request = FeedRequest(
        calendar_id=uuid4(), address=address, timezone="America/New_York", window=WINTER, **more
    )
    return (feeds or Feeds(on_loopback=True)).read(request)


def test_p10_a_calendar_is_read_over_http(server: FeedServer):
    server.now(serves(SOUND, etag='"1"'))

    found = asked(server.url)

    assert said(found) == ["2026-12-10T15:00Z/16:00Z"]
    assert (found.troubles, found.etag) == ({}, '"1"')


def test_p11_a_calendar_that_has_not_changed_is_not_sent_again(server: FeedServer):
    server.now(serves(SOUND, etag='"1"'))

    found = asked(server.url, etag='"1"', last_modified="Wed, 25 Nov 2026 10:00:00 GMT")

    assert (found.busy, found.whole, found.etag) == (None, True, '"1"')
    assert server.asked[0]["If-Modified-Since"] == "Wed, 25 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(404, Trouble.GONE), (401, Trouble.GONE), (500, Trouble.SERVER), (429, Trouble.SERVER)],
)
def test_p11_a_server_that_refuses_is_named(server: FeedServer, status: int, trouble: Trouble):
    server.now(fails(status))

    assert asked(server.url).troubles == {trouble: 1}


def test_p11_a_page_for_people_is_no_calendar(server: FeedServer):
    server.now(serves(b"<!doctype html><title>Sign in</title>"))

    assert asked(server.url).troubles == {Trouble.NOT_A_CALENDAR: 1}


def test_p11_a_flood_is_left_alone(server: FeedServer):
    server.now(floods)

    assert asked(server.url).troubles == {Trouble.TOO_LARGE: 1}


def test_p11_a_server_that_drips_for_ever_is_hung_up_on(server: FeedServer):
    server.now(hangs)
    began = time.monotonic()

    found = asked(server.url, feeds=Feeds(on_loopback=True, seconds=2))

    assert found.troubles == {Trouble.TOO_SLOW: 1}
    assert time.monotonic() - began < 8


def test_p10_a_calendar_that_is_made_to_be_slow_is_hung_up_on(server: FeedServer):
    never = "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"
    server.now(serves(calendar(*(event("DTSTART:20261201T000000Z", never) for _ in range(99)))))

    assert asked(server.url, feeds=Feeds(on_loopback=True, seconds=2)).troubles == {
        Trouble.TOO_SLOW: 1
    }


def test_a_redirect_is_followed_but_not_for_ever(server: FeedServer):
    server.now(redirects(server.url))

    assert asked(server.url).troubles == {Trouble.UNREACHABLE: 1}
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "address", ["http://10.0.0.8/x.ics", "http://169.254.169.254/latest/", "http://[fd00::1]/"]
)
def test_a_redirect_to_a_private_address_is_not_followed(server: FeedServer, address: str):
    server.now(redirects(address))

    assert asked(server.url).troubles == {Trouble.PRIVATE_ADDRESS: 1}


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/x.ics",
        "https://localhost/x.ics",
        "https://2130706433/x.ics",
        "https://[::ffff:127.0.0.1]/x.ics",
        "https://[64:ff9b::10.0.0.1]/x.ics",
        "https://192.168.1.1:8443/x.ics",
    ],
)
def test_nobody_makes_us_ask_our_own_machines(address: str):
    assert asked(address, feeds=Feeds()).troubles == {Trouble.PRIVATE_ADDRESS: 1}


def test_nothing_is_fetched_without_tls(server: FeedServer):
    server.now(serves(SOUND))

    assert asked(server.url, feeds=Feeds()).troubles == {Trouble.NOT_SECURE: 1}
    assert server.asked == []


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("2002:7f00:1::", False),
        ("::ffff:192.168.0.1", False),
    ],
)
def test_only_addresses_on_the_internet_are_public(address: str, *, allowed: bool):
    assert public(address) is allowed
