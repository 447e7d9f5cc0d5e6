"""The form page by page: which pages there are, what a page shows, and how a sent page is read.

The count of steps and every page's bytes follow from the answers that are not sealed. A page that
only a sealed answer hides keeps its number, so that neither total nor numbers tell (L05).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.intake.domain import answers as one
from services.intake.domain.condition import Answers, Value, possible
from services.intake.domain.errors import AnswerRefused
from services.intake.domain.facts import Facts, counted, neutral_copy
from services.intake.domain.questionnaire import Config, Item, Screener, Section

NOT_STARTED: Final = -1


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with one answer, and what to do about it."""

    item: str
    text: str
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A page as it was sent: what to keep, what was taken back, what needs another look."""

    values: Mapping[str, Value]
    cleared: frozenset[str]
    problems: tuple[Problem, ...]


def index_of(screener: Screener, section: Section) -> int:
    """The page's place in the definition, counted from 0, whoever is asked it."""
    return screener.first_form.index(section)


def offered(screener: Screener, config: Config) -> tuple[Section, ...]:
    """The pages with the questions that somebody may be asked under these settings (L36)."""
    everything = Facts(screener, {}, config, frozenset(screener.items))
    return tuple(
        replace(
            section, items=tuple(i for i in section.items if possible(i.shown_when, everything))
        )
        for section in screener.first_form
    )


def steps(
    screener: Screener, answers: Answers, config: Config, *, furthest: int
) -> tuple[Section, ...]:
    """The pages that are shown or may come to be; a step's number is its place here plus 1.

    Sealed answers count as their neutral values. Questions beyond page `furthest` (as `index_of`
    counts, NOT_STARTED before the first) that have no answer are still open, and count as both.
    """
    neutral = neutral_copy(screener, answers)
    waiting = {
        item.id
        for section in screener.first_form[furthest + 1 :]
        for item in section.items
        if item.id not in neutral
    }
    facts = Facts(screener, counted(screener, neutral, config), config, waiting)
    return tuple(section for section in screener.first_form if possible(section.shown_when, facts))


def facts(screener: Screener, answers: Answers, config: Config) -> Facts:
    """The answers that count, ready to be asked."""
    return Facts(screener, counted(screener, answers, config), config)


def asked(screener: Screener, answers: Answers, config: Config) -> tuple[Section, ...]:
    """The pages that this person is really asked, in order."""
    found = facts(screener, answers, config)
    return tuple(section for section in screener.first_form if found.asked(section))


def rendered(
    screener: Screener, section: Section, answers: Answers, config: Config
) -> tuple[Item, ...]:
    """The page's questions, with those that another answer on the same page may open."""
    own = {item.id for item in section.items}
    before = {name: value for name, value in answers.items() if name not in own}
    known = Facts(screener, counted(screener, before, config), config, own)
    return tuple(
        item
        for item in section.items
        if not known.preset(item) and possible(item.shown_when, known)
    )


def read_page(
    screener: Screener,
    section: Section,
    before: Answers,
    given: Mapping[str, object],
    config: Config,
    *,
    whole: bool = True,
) -> Reading:
    """Check what came in for one page against what was answered before.

    With `whole`, a question that is not among `given` was left blank, as in an HTML form, and one
    that is not shown can neither be wrong nor missing. Without, what is not given was not touched,
    nothing is missing yet, and only what is certainly not asked is passed over: a program may send
    its answers in any order. A blank never takes back a sealed answer (section 0, item 5).
    """
    page = _Page(screener, section, before, config, whole=whole)
    for item in section.items:
        if whole or item.id in given:
            page.take(item, given.get(item.id))
    return Reading(
        values=page.values, cleared=frozenset(page.cleared), problems=tuple(page.problems)
    )


class _Page:
    """One page being read, question by question, each seeing the ones above it."""

    def __init__(
        self, screener: Screener, section: Section, before: Answers, config: Config, *, whole: bool
    ) -> None:
        self.values: dict[str, Value] = {}
        self.cleared: set[str] = set()
        self.problems: list[Problem] = []
        self._before = before
        self._standing = counted(screener, before, config)
        self._whole = whole
        self._unread = set() if whole else set(screener.items) - set(self._standing)
        self._facts = Facts(screener, self._standing, config, self._unread)
        self._hidden = not possible(section.shown_when, self._facts)

    def take(self, item: Item, given: object) -> None:
        """Read one answer, given what stands above it on the page."""
        if self._facts.preset(item):
            return
        shown = self._shown(item)
        try:
            value = one.read(item, given)
        except AnswerRefused as refusal:
            self._refused(item, refusal.text, shown=shown is not False or not self._whole)
            return
        if value is not None and (item.sealed or shown is not False):
            self.values[item.id] = value
            self._standing[item.id] = value
            return
        if item.sealed and item.id in self._before:
            return
        self._blank(item)
        if self._whole and shown and self._facts.needs(item):
            self.problems.append(Problem(item=item.id, text=one.missing(item), missing=True))

    def _shown(self, item: Item) -> bool | None:
        """None when it hangs on an answer above that could not be read."""
        return False if self._hidden else item.shown_when.judge(self._facts)

    def _refused(self, item: Item, text: str, *, shown: bool) -> None:
        if not item.sealed:
            self._blank(item)
        if shown:
            self._unread.add(item.id)
            self.problems.append(Problem(item=item.id, text=text))

    def _blank(self, item: Item) -> None:
        self._standing.pop(item.id, None)
        if item.id in self._before:
            self.cleared.add(item.id)


def first_gap(
    screener: Screener, answers: Answers, config: Config
) -> tuple[Section, tuple[Problem, ...]] | None:
    """The first page that still lacks a required answer, with what it lacks; None when complete."""
    found = facts(screener, answers, config)
    for section in screener.first_form:
        lacking = tuple(
            Problem(item=item.id, text=one.missing(item), missing=True)
            for item in section.items
            if item.id not in found.answers and found.shown(item) and found.needs(item)
        )
        if lacking:
            return section, lacking
    return None


def without(answers: Answers, names: Collection[str]) -> dict[str, Value]:
    """The answers but for those."""
    return {name: value for name, value in answers.items() if name not in names}
