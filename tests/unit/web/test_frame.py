"""What stands around every client page is the same, byte for byte, whatever happened."""

import re
from typing import get_args

import pytest
from flask import render_template_string

from shared.frame import BadFrameText, Piece, frame, phone_href, pieces
from shared.vocabulary import Service
from tests.unit.web.floor import PRACTICE, make_app

SERVICES = get_args(Service)


def around_main(page: str) -> str:
    top, _, rest = page.partition('<main id="main" tabindex="-1">')
    body = top.partition("<body>")[2]
    return body + rest.partition("</main>")[2]


def test_l32_the_frame_is_the_same_bytes_on_every_page_of_every_service():
    frames = set()
    for service in SERVICES:
        client = make_app(service).test_client()
        posted = client.post("/page", data={"x": "1"}, headers={"Sec-Fetch-Site": "same-origin"})
        pages = [client.get(path).text for path in ("/page", "/nothing", "/broken", "/taken")]
        frames |= {around_main(page) for page in [*pages, posted.text]}

    assert len(frames) == 1
    assert len(frames.pop()) > 2500


def test_l32_a_view_can_not_write_into_the_frame_by_accident():
    app = make_app()
    source = "{% extends 'ui/client.html' %}{% block main %}{% endblock %}"
    with app.test_request_context("/"):
        plain = render_template_string(source)
        mixed = render_template_string(source, phone="914-555-0177", neutral="Rowan", name="Rowan")

    assert around_main(plain) == around_main(mixed)


def test_l37_exit_is_the_first_thing_that_can_be_pressed():
    page = make_app().test_client().get("/page").text

    first = re.search(r"<(a|button|input|summary)\b[^>]*>", page.partition("<body>")[2])

    assert first
    assert 'class="exit"' in first[0]
    assert 'href="https://www.weather.gov/"' in first[0]
    assert 'rel="nofollow noreferrer"' in first[0]


def test_no_link_leads_nowhere():
    page = make_app().test_client().get("/page").text

    assert not re.findall(r'href="(#|)"', page)


def test_the_support_lines_can_be_called_and_texted():
    page = make_app().test_client().get("/page").text

    assert '<a href="tel:988">Call</a> or <a href="sms:988">text 988</a>, or chat at' in page
    assert 'Call <a href="tel:+18007997233">1-800-799-7233</a>' in page


def test_l07_page_titles_hold_only_the_neutral_name():
    app = make_app()
    titles = [
        re.search(r"<title>(.*?)</title>", app.test_client().get(path).text, re.DOTALL)
        for path in ("/page", "/nothing")
    ]

    assert [title[1] for title in titles if title] == [
        "Harbor Lane",
        "This page is not here · Harbor Lane",
    ]


def test_a_sentence_is_cut_where_its_links_are():
    links = [{"text": "call", "href": "tel:988"}, {"text": "text 988", "href": "sms:988"}]

    assert pieces("To talk: call or text 988.", links) == (
        Piece("To talk: "),
        Piece("call", "tel:988"),
        Piece(" or "),
        Piece("text 988", "sms:988"),
        Piece("."),
    )


def test_a_link_whose_words_are_missing_is_noticed():
    with pytest.raises(BadFrameText):
        pieces("Call 911", [{"text": "text 911", "href": "sms:911"}])


def test_the_practice_s_own_number_stands_in_the_leaving_text():
    assert "call us at 914-555-0132." in frame(PRACTICE).quick_exit


@pytest.mark.parametrize(
    ("phone", "href"),
    [
        ("914-555-0132", "tel:+19145550132"),
        ("+44 20 7946 0018", "tel:+442079460018"),
        ("ask", "tel:"),
    ],
)
def test_a_number_as_written_becomes_one_to_call(phone: str, href: str):
    assert phone_href(phone) == href
