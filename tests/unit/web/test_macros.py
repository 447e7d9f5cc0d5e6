"""The parts that pages are made of: what was typed comes back, errors stand beside the field."""

from typing import Any

from flask import render_template_string

from tests.unit.web.floor import make_app

YES_NO = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]
LIKE_ME = [{"value": number, "label": f"Step {number}"} for number in range(5)]


def rendered(source: str, **values: Any) -> str:
    with make_app().test_request_context("/"):
        return render_template_string(
            "{% import 'ui/macros.html' as m with context %}" + source, **values
        )


def question(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": "q", "text": "How?", "type": kind, "required": True, "options": YES_NO, **more}


def test_a_choice_comes_back_and_nothing_is_chosen_for_anyone():
    given = rendered("{{ m.question(q, 'no') }}", q=question("single"))
    fresh = rendered("{{ m.question(q) }}", q=question("single"))

    assert 'value="no" checked' in given
    assert given.count("checked") == 1
    assert "checked" not in fresh


def test_several_choices_come_back():
    page = rendered("{{ m.question(q, ['yes', 'no']) }}", q=question("multi"))

    assert page.count('type="checkbox"') == page.count("checked>") == 2


def test_a_scale_has_a_sixth_radio_for_no_answer():
    page = rendered("{{ m.question(q, none) }}", q=question("scale", options=LIKE_ME))

    assert page.count('type="radio"') == 6
    assert 'value="" checked' in page


def test_the_lowest_answer_of_a_scale_is_an_answer():
    page = rendered("{{ m.question(q, 0) }}", q=question("scale", options=LIKE_ME))

    assert 'value="0" checked' in page
    assert page.count("checked") == 1


def test_what_was_typed_comes_back_and_can_not_break_out():
    evil = '"><script>alert(1)</script>'
    page = rendered("{{ m.question(q, evil) }}", q=question("email"), evil=evil)

    assert "<script>" not in page
    assert 'value="&#34;&gt;&lt;script&gt;' in page


def test_long_text_comes_back_as_it_was_with_its_first_line_break():
    page = rendered("{{ m.question(q, '\nHello') }}", q=question("text", max_length=1000))

    assert "\n\nHello</textarea>" in page  # HTML drops the first line break of a textarea


def test_an_error_stands_beside_its_field_and_in_the_box():
    source = "{{ m.errors_box(errors) }}{{ m.question(q, 'rowan@', errors.q) }}"
    page = rendered(source, q=question("email", help="Blank is fine."), errors={"q": ["Add more."]})

    assert "One answer needs another look" in page
    assert '<a href="#q">Add more.</a>' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="q-hint q-err"' in page
    assert 'id="q-err"' in page
    assert 'id="q"' in page


def test_without_errors_there_is_no_box():
    assert rendered("{{ m.errors_box({}) }}").strip() == ""


def test_a_link_of_the_error_box_lands_in_a_control():
    page = rendered("{{ m.question(q, none, ['Choose one.']) }}", q=question("single"))

    assert '<input type="radio" id="q" name="q" value="yes">' in page


def test_a_consent_is_never_ticked_for_anyone():
    fresh = rendered("{{ m.question(q) }}", q=question("checkbox", label="You may email me"))

    assert "checked" not in fresh
    assert "You may email me" in fresh


def test_what_can_be_skipped_is_said_in_words():
    free = rendered("{{ m.question(q) }}", q=question("single", required=False))
    asked = rendered("{{ m.question(q) }}", q=question("single"))

    assert "(you can skip this)" in free
    assert "(you can skip this)" not in asked


def test_a_password_is_never_written_back():
    page = rendered("{{ m.field('p', 'Password', 'correct horse', type='password') }}")

    assert "correct horse" not in page


def test_asking_once_more_posts_with_a_token():
    source = (
        "{{ m.confirm('Cancel', 'Really?', 'It goes.', '/x', 'Yes, cancel it', 'Keep', '/k') }}"
    )
    page = rendered(source)

    assert '<form method="post" action="/x"' in page
    assert 'name="csrf_token"' in page
    assert '<a class="btn second" href="/k">Keep</a>' in page


def test_days_without_free_times_are_not_links():
    week = [
        None,
        {"day": 9, "label": "Monday, March 9", "free": 0, "today": True},
        {"day": 10, "label": "Tuesday, March 10", "free": 3, "href": "?day=10", "chosen": True},
    ]
    page = rendered("{{ m.days('March', 'Days', [week]) }}", week=week)

    assert page.count("<a ") == 1
    assert 'href="?day=10" aria-current="date"' in page
    assert "Tuesday, March 10, many times" in page
    assert "Monday, March 9, today, no free times" in page


def test_the_mailbox_notice_stands_only_where_nothing_is_sent():
    source = "{% import 'ui/macros.html' as m with context %}{{ m.mailbox_notice() }}"
    with make_app().test_request_context("/"):
        kept = render_template_string(source)
    with make_app(delivery="live").test_request_context("/"):
        sent = render_template_string(source)

    assert 'href="/notify/staff/messages"' in kept
    assert sent.strip() == ""
