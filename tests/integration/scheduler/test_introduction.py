"""How the practice's page introduces whoever sees clients, as they or the owner say."""

import re

from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import words

WORDS = {"credentials": " LMFT,  she/her ", "about": "Slows things down\r\nuntil both can see it."}


def test_the_owner_writes_the_words_and_they_are_kept_in_one_line(owner):
    page = owner.open("/staff/introduction")

    answer = owner.send("/staff/introduction", page, **WORDS)

    assert answer.status_code == 303
    shown = owner.open("/staff/introduction").get_data(as_text=True)
    assert 'value="LMFT, she/her"' in shown
    assert "Slows things down until both can see it.</textarea>" in shown


def test_what_is_too_long_is_refused_beside_its_field_and_nothing_is_lost(owner):
    page = owner.open("/staff/introduction")

    answer = owner.send("/staff/introduction", page, credentials="LMFT", about="x" * 201)

    assert answer.status_code == 422
    assert "Please keep it to 200 characters." in words(answer)
    assert "x" * 201 in answer.get_data(as_text=True)


def test_a_clinician_introduces_themselves_only(owner, app):
    marcus = colleague(owner, app)
    people = owner.open("/staff/people").get_data(as_text=True)
    links = re.findall(r'href="[^"]*(/staff/introduction\?who=[^"]+)"', people)

    assert sorted(marcus.open(link).status_code for link in links) == [200, 403]
    for link in links:
        page = owner.open(link)
        sent = marcus.send(link, marcus.open("/staff/introduction"), about="Mine.")
        assert sent.status_code == (303 if "Marcus" in words(page) else 403)
    pages = [words(owner.open(link)) for link in links]
    assert sum("Mine." in page for page in pages) == 1
