"""A browser without scripts: opens pages, reads their forms, sends them with what was filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse


@dataclass
class Shown:
    """A page's form: fields as a browser would send them untouched, and what can be chosen."""

    action: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Reads the last form of a page; the frame around the main part has none."""

    def __init__(self) -> None:
        super().__init__()
        self.form = Shown()
        self._select: str | None = None
        self._text: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        name, value = found.get("name") or "", found.get("value") or ""
        if tag == "form":
            self.form = Shown(action=found.get("action") or "")
        elif tag == "select":
            self._select = name
            self.form.offered[name] = []
        elif tag == "textarea":
            self._text = name
            self.form.values[name] = [""]
        elif tag == "option" and self._select:
            self.form.offered[self._select].append(value)
            if "selected" in found:
                self.form.values[self._select] = [value]
        elif tag == "input" and name:
            self._input(found, name, value)

    def _input(self, found: Mapping[str, str | None], name: str, value: str) -> None:
        if found.get("type") in ("radio", "checkbox"):
            self.form.offered.setdefault(name, []).append(value)
            if "checked" in found:
                self.form.values.setdefault(name, []).append(value)
        else:
            self.form.values[name] = [value]

    def handle_data(self, data: str) -> None:
        if self._text:
            self.form.values[self._text][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea" and self._text:
            # The first line end after <textarea> is not part of the text (HTML, 13.1.2.5).
            self.form.values[self._text][0] = self.form.values[self._text][0].removeprefix("\n")
            self._text = None


def form_in(page: TestResponse) -> Shown:
    """The page's form."""
    reader = _Reader()
    reader.feed(page.text)
    return reader.form


class Browser:
    """One person's browser, with its cookies."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page: TestResponse = self.client.get("/privacy")
        self.seen: list[tuple[str, int, bytes]] = []

    def open(self, path: str) -> TestResponse:
        """Open a page, following where it leads."""
        return self._follow(self.client.get(path))

    def send(self, answers: Mapping[str, Any], *, button: str = "", **more: Any) -> TestResponse:
        """Fill in what the page asks and `answers` know, and send it, with `more` as it is."""
        form = form_in(self.page)
        values: dict[str, Any] = {**form.values}
        for name in {*form.offered, *form.values} & set(answers):
            values[name] = _typed(answers[name], form.offered.get(name))
        if button:
            values[button] = "1"
        values.update(more)
        return self._follow(self.client.post(form.action, data=values))

    def walk(self, answers: Mapping[str, Any]) -> TestResponse:
        """From the first page of the form to what follows."""
        self.open("/step/1")
        for _ in range(12):
            if not self.page.request.path.startswith("/step/"):
                return self.page
            before = self.page.request.path
            self.send(answers)
            assert self.page.status_code == 200, (before, errors_in(self.page))
        raise AssertionError("The form has no end.")

    def _follow(self, answer: TestResponse) -> TestResponse:
        self.seen.append((answer.request.path, answer.status_code, answer.data))
        while answer.status_code == 303:
            where = answer.headers["Location"]
            self.seen.append((where, answer.status_code, b""))
            answer = self.client.get(where)
            self.seen.append((answer.request.path, answer.status_code, answer.data))
        self.page = answer
        return answer


def _typed(value: Any, offered: list[str] | None) -> Any:
    if value is True:
        return offered or ["yes"]
    if value is False or value is None:
        return []
    return [str(part) for part in value] if isinstance(value, list) else str(value)


def errors_in(page: TestResponse) -> list[str]:
    """The sentences beside the fields."""
    parts = page.text.split('<span class="vh">Error: </span>')[1:]
    return [part.split("</span>")[0] for part in parts]


def heading_of(page: TestResponse) -> str:
    """The page's one heading."""
    return page.text.split("<h1>")[1].split("</h1>")[0]


def title_of(page: TestResponse) -> str:
    """What stands in the tab."""
    return page.text.split("<title>")[1].split("</title>")[0]
