"""Versions of the form: the reviewed file, the practice's edits of its words, and publishing them.

An edit is kept with the reviewed words it took the place of. A published version is a whole form in
its very words, kept for ever. When a newer reviewed file arrives, the edits that still fit go along
and the others are shown: they are never lost in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain import edit_problems, edits, lint, lint_text
from services.intake.domain.definition import LOADER, load
from services.intake.domain.edits import Change, Edits, Place, Words
from services.intake.domain.questionnaire import Screener
from services.intake.models import Questionnaire, ScreenerDraft, ScreenerVersion
from services.intake.operations import questionnaires
from services.intake.operations.readers import Reader

DRAFT: Final = "draft"


class NotSound(Exception):
    """The form can't be put to use: `problems`, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class NothingChanged(Exception):
    """What would be published says what the version in use says."""


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A reviewed file: its text, what it says, and every place in it that may be worded."""

    text: str
    document: Mapping[str, Any]
    screener: Screener
    places: Mapping[str, Place]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The practice's edits over the reviewed file, as they would be published."""

    reviewed: Reviewed
    edits: Edits
    misfits: tuple[str, ...]
    text: str
    screener: Screener
    changed_at: datetime | None
    changed_by: str

    def words(self, place: Place) -> Words:
        """What stands at a place now."""
        edit = self.edits.get(place.id)
        return place.words if edit is None or place.id in self.misfits else edit["now"]


@dataclass(frozen=True, kw_only=True)
class Published:
    """A version with what it changed; `rules` says whether the rules became other ones, too."""

    row: ScreenerVersion
    version: str
    changes: list[Change]
    rules: bool


def reviewed(session: Session) -> Reviewed:
    """The reviewed file that edits are made over: the newest that was installed, or the shipped."""
    installed = session.scalar(
        select(ScreenerVersion.reviewed_sha256)
        .where(ScreenerVersion.installed)
        .order_by(ScreenerVersion.number.desc())
        .limit(1)
    )
    if installed is None:
        return read(questionnaires.shipped_text())
    return read(session.get_one(Questionnaire, installed).definition)


def in_use(session: Session) -> Reviewed:
    """The version that people begin now, taken apart."""
    newest = session.scalar(
        select(ScreenerVersion.sha256).order_by(ScreenerVersion.number.desc()).limit(1)
    )
    if newest is None:
        return read(questionnaires.shipped_text())
    return read(session.get_one(Questionnaire, newest).definition)


def read(text: str) -> Reviewed:
    """A reviewed file, or any version, taken apart. Raises BadDefinition."""
    screener = load(text)
    document = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader, see `definition`
    return Reviewed(
        text=text,
        document=document,
        screener=screener,
        places=edits.places(document, screener),
    )


def draft(session: Session) -> Draft:
    """What staff are at; without any work of theirs, what was published last."""
    row = session.get(ScreenerDraft, 1)
    base = reviewed(session)
    found = _newest_edits(session) if row is None else row.edits
    made = _made(base, found, label=DRAFT)
    return Draft(
        reviewed=base,
        edits=found,
        misfits=made.misfits,
        text=made.text,
        screener=load(made.text),
        changed_at=row.changed_at if row else None,
        changed_by=row.changed_by_name if row else "",
    )


def save(session: Session, *, reader: Reader, words: Mapping[str, Words]) -> dict[str, list[str]]:
    """Put these words, by place, into the draft. Returns what is wrong by place; then nothing is.

    Words that say what the reviewed file says are no edit. One that did not fit any more is settled
    by saving its place.
    """
    _lock(session, reader)
    base = reviewed(session)
    wrong = {
        name: found
        for name, now in words.items()
        if (found := edit_problems.problems(base.places[name], now))
    }
    if wrong:
        return wrong
    row = session.get_one(ScreenerDraft, 1)
    kept = dict(row.edits)
    for name, now in words.items():
        kept.pop(name, None)
        if now != base.places[name].words:
            kept[name] = {"was": base.places[name].words, "now": now}
    wrong = _misplaced(lint.problems(load(_made(base, kept, label=DRAFT).text)), words)
    if not wrong:
        row.edits, row.changed_by_name = kept, reader.name
        row.changed_at = session.scalars(select(func.clock_timestamp())).one()
        session.flush()
    return wrong


def forget(session: Session, *, reader: Reader, name: str) -> None:
    """Let go of an edit that does not fit any more: the reviewed words stand."""
    _lock(session, reader)
    row = session.get_one(ScreenerDraft, 1)
    row.edits = {place: edit for place, edit in row.edits.items() if place != name}
    session.flush()


def publish(session: Session, *, reader: Reader) -> ScreenerVersion:
    """Put the draft to use from now on. Forms under way go on in the words they were begun in.

    Raises NothingChanged, NotSound.
    """
    _lock(session, reader)
    found = draft(session)
    number = _next(session)
    made = _made(found.reviewed, found.edits, label=str(number))
    newest = questionnaires.current(session)
    fitting = {name: e for name, e in found.edits.items() if name not in made.misfits}
    stands_on = _stands_on(session) or questionnaires.shipped().sha256
    if fitting == _newest_edits(session) and stands_on == found.reviewed.screener.sha256:
        raise NothingChanged(newest.version)
    problems = lint.problems(load(made.text))
    if problems:
        raise NotSound(problems)
    return _add(
        session,
        number=number,
        text=made.text,
        base=found.reviewed,
        edits=fitting,
        installed=False,
        reader=reader,
    )


def install(session: Session, *, text: str, by: str) -> tuple[ScreenerVersion, tuple[str, ...]]:
    """Put a reviewed file to use, with rules of its own, and the edits that still fit.

    Returns the version and the places whose edits did not fit. Raises BadDefinition, NotSound.
    """
    problems = [*lint_text.problems(text), *lint.problems(load(text))]
    if problems:
        raise NotSound(problems)
    _lock(session, None, by)
    number, base = _next(session), read(text)
    found = draft(session).edits
    made = _made(base, found, label=str(number))
    fitting = {name: edit for name, edit in found.items() if name not in made.misfits}
    row = _add(
        session,
        number=number,
        text=made.text,
        base=base,
        edits=fitting,
        installed=True,
        reader=None,
        by=by,
    )
    return row, made.misfits


def history(session: Session) -> list[Published]:
    """Every version that was put to use here, the newest first, with what it changed."""
    rows = session.scalars(select(ScreenerVersion).order_by(ScreenerVersion.number)).all()
    before = read(questionnaires.shipped_text())
    if rows and rows[0].reviewed_sha256 != before.screener.sha256 and not rows[0].installed:
        before = read(session.get_one(Questionnaire, rows[0].reviewed_sha256).definition)
    found = []
    for row in rows:
        now = read(session.get_one(Questionnaire, row.sha256).definition)
        found.append(
            Published(
                row=row,
                version=now.screener.version,
                changes=edits.changes(before.places, now.places),
                rules=before.screener.rules_sha256 != now.screener.rules_sha256,
            )
        )
        before = now
    return found[::-1]


def newer_reviewed(session: Session) -> bool:
    """Whether a reviewed file came in that the version in use does not stand on yet."""
    standing = _stands_on(session)
    return standing is not None and standing != reviewed(session).screener.sha256


# ---------------------------------------------------------------- steps


def _made(base: Reviewed, found: Edits, *, label: str) -> edits.Worded:
    """The form with the edits that fit; without any it is the reviewed file itself."""
    unfit = edits.misfits(found, base.places)
    if len(unfit) == len(found):
        return edits.Worded(text=base.text, misfits=unfit)
    version = f"{base.screener.version}+practice.{label}"
    return edits.worded(base.document, base.places, found, version=version)


def _misplaced(problems: list[str], words: Mapping[str, Words]) -> dict[str, list[str]]:
    """What the lint found, beside the field that it speaks of, or on top."""
    wrong: dict[str, list[str]] = {}
    for problem in problems:
        names = [name for name in words if problem.startswith(f"{name.partition('.')[2]} ")]
        wrong.setdefault(names[0] if names else "main", []).append(problem)
    return wrong


def _newest_edits(session: Session) -> Edits:
    found = session.scalar(
        select(ScreenerVersion.edits).order_by(ScreenerVersion.number.desc()).limit(1)
    )
    return found or {}


def _stands_on(session: Session) -> str | None:
    """The reviewed file under the version in use, or None while nothing was published here."""
    return session.scalar(
        select(ScreenerVersion.reviewed_sha256).order_by(ScreenerVersion.number.desc()).limit(1)
    )


def _next(session: Session) -> int:
    return 1 + (session.scalar(select(func.max(ScreenerVersion.number))) or 0)


def _lock(session: Session, reader: Reader | None, by: str = "") -> None:
    """Make whoever else edits or publishes wait for our commit."""
    session.execute(
        insert(ScreenerDraft)
        .values(
            id=1, edits=dict(_newest_edits(session)), changed_by_name=reader.name if reader else by
        )
        .on_conflict_do_nothing()
    )
    session.execute(select(ScreenerDraft).where(ScreenerDraft.id == 1).with_for_update())


def _add(
    session: Session,
    *,
    number: int,
    text: str,
    base: Reviewed,
    edits: Edits,
    installed: bool,
    reader: Reader | None,
    by: str = "",
) -> ScreenerVersion:
    screener = load(text)
    questionnaires.keep_text(session, screener, text)
    questionnaires.keep_text(session, base.screener, base.text)
    row = ScreenerVersion(
        number=number,
        sha256=screener.sha256,
        reviewed_sha256=base.screener.sha256,
        installed=installed,
        edits=dict(edits),
        published_by=reader.account_id if reader else None,
        published_by_name=reader.name if reader else by,
    )
    session.add(row)
    session.flush()
    return row
