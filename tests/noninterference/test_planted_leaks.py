"""The test of the test: leaks of the kinds that software grows by itself are found."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from flask import g

from services.intake.domain.screening import decide
from services.intake.web import client, drafts
from services.notifier.domain.message import OutgoingMessage
from services.notifier.operations import rendering
from tests.noninterference.people import SAID_NOTHING, address
from tests.noninterference.product import Product
from tests.noninterference.test_sealed import OPENLY
from tests.noninterference.twins import Twins

AFRAID = {**SAID_NOTHING, "s_afraid": "yes"}
_numbers = count(1000, 2)
Leak = Callable[[int], Any]


@contextmanager
def knowing_the_track() -> Iterator[Callable[[], bool]]:
    """Whether whoever this page is made for is on the track that staff review."""
    current = drafts.current

    def noting(*args: Any, **kwargs: Any) -> Any:
        g.form = current(*args, **kwargs)
        return g.form

    def reviewed() -> bool:
        form = g.get("form")
        if form is None or not form.completed:
            return False
        return decide(form.screener, form.answers, form.config).track == "staff-review"

    with patch.object(drafts, "current", noting):
        yield reviewed


@contextmanager
def a_subject_that_differs_by_track(afraid: int) -> Iterator[None]:
    email = rendering._email

    def telling(*args: Any, **kwargs: Any) -> OutgoingMessage:
        message = email(*args, **kwargs)
        if message.to == address(afraid):
            return replace(message, subject=f"{message.subject}.")
        return message

    with patch.object(rendering, "_email", telling):
        yield


@contextmanager
def a_page_that_differs_for_review(afraid: int) -> Iterator[None]:
    render = client.render_template
    with ExitStack() as stack:
        reviewed = stack.enter_context(knowing_the_track())

        def telling(name: str, **values: Any) -> str:
            return render(name, **values) + (" " if reviewed() else "")

        stack.enter_context(patch.object(client, "render_template", telling))
        yield


@contextmanager
def a_link_that_differs_for_review(afraid: int) -> Iterator[None]:
    link = client._choose_link
    with ExitStack() as stack:
        reviewed = stack.enter_context(knowing_the_track())

        def telling(form: Any) -> str:
            return link(form) + ("?" if reviewed() else "")

        stack.enter_context(patch.object(client, "_choose_link", telling))
        yield


@pytest.mark.parametrize(
    ("leak", "where"),
    [
        (a_subject_that_differs_by_track, "mail 0"),
        (a_page_that_differs_for_review, "GET /begin/next"),
        (a_link_that_differs_for_review, "GET /begin/next"),
    ],
)
def test_a_planted_leak_is_found(product: Product, leak: Callable[[int], Any], where: str) -> None:
    first = next(_numbers)
    twins = Twins(product, bookers=iter((first, first + 1)))

    with leak(first + 1):
        found = twins.difference(OPENLY, [SAID_NOTHING, AFRAID])

    assert found.startswith(where), found
