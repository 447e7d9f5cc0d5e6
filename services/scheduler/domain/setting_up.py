"""What is still to be set up before clients can come: computed from facts, never ticked off."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

State = Literal["done", "missing", "open", "unknown"]
"""`missing` keeps people from booking; `open` can wait; `unknown`: a service did not say."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to set up, with what stands now in words; `key` names the page that changes it."""

    key: str
    title: str
    state: State
    says: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who sees clients."""

    name: str
    has_hours: bool
    has_license: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the scheduler knows itself; `intake` and `notifier` say theirs, or nothing (None)."""

    practice: str
    zone: str
    people: Sequence[Person]
    colleagues: int
    types: Sequence[str]
    intake: Mapping[str, Any] | None
    notifier: Mapping[str, Any] | None


def steps(facts: Facts) -> list[Step]:
    """Every step in the order in which one sets up."""
    return [
        Step(key="practice", title="Practice", state="done", says=facts.practice),
        Step(key="zone", title="Time zone", state="done", says=facts.zone),
        _states(facts.intake),
        *_people(facts),
        _types(facts.types),
        _messages(facts.notifier),
        _test(facts.notifier),
        *_form(facts.intake),
    ]


def hindrances(found: Sequence[Step]) -> list[Step]:
    """What keeps people from booking."""
    return [step for step in found if step.state == "missing"]


def next_step(found: Sequence[Step]) -> Step | None:
    """What to do now: what hinders first, then what can wait; None when nothing is left."""
    return next(iter([*hindrances(found), *(one for one in found if one.state == "open")]), None)


def around(found: Sequence[Step], key: str) -> tuple[int, Step, Step | None, Step | None]:
    """The place of a step counted from 1, the step, and those before and after it.

    Raises KeyError for a key of no step.
    """
    for place, step in enumerate(found):
        if step.key == key:
            before = found[place - 1] if place else None
            after = found[place + 1] if place + 1 < len(found) else None
            return place + 1, step, before, after
    raise KeyError(key)


def _unknown(key: str, title: str) -> Step:
    return Step(key=key, title=title, state="unknown", says="This can't be told just now.")


def _states(intake: Mapping[str, Any] | None) -> Step:
    if intake is None:
        return _unknown("states", "Licensed states")
    named = bool(intake["licensed_states"])
    return Step(
        key="states",
        title="Licensed states",
        state="done" if named else "missing",
        says=", ".join(intake["licensed_states"]) if named else "None: the form is closed.",
    )


def _people(facts: Facts) -> Iterator[Step]:
    everyone = f"{facts.colleagues} with an account, {len(facts.people)} who see clients."
    seen = bool(facts.people)
    yield Step(key="people", title="People", state="done" if seen else "missing", says=everyone)
    wanted = (
        (
            "licenses",
            "Licenses of each",
            "a license",
            [one.name for one in facts.people if not one.has_license],
        ),
        ("hours", "Hours", "hours", [one.name for one in facts.people if not one.has_hours]),
    )
    for key, title, what, without in wanted:
        state: State = "open" if without else "done"
        if len(without) == len(facts.people):
            state = "missing"
        says = f"Everyone who sees clients has {what}."
        if without:
            says = f"Without: {', '.join(without)}."
        yield Step(key=key, title=title, state=state, says=says)


def _types(types: Sequence[str]) -> Step:
    return Step(
        key="types",
        title="Types of appointment",
        state="done" if types else "missing",
        says=", ".join(types) or "Nothing can be booked.",
    )


def _messages(notifier: Mapping[str, Any] | None) -> Step:
    if notifier is None:
        return _unknown("messages", "Messages")
    waits = notifier["without_agreement"]
    state: State = "open" if notifier["mailbox"] or waits else "done"
    if notifier["mailbox"]:
        says = "They stay in the mailbox here: nothing goes out (SMTP_URL)."
    elif waits:
        says = f"Some wait until an agreement is recorded: {', '.join(waits)}."
    else:
        says = f"They go out, by {' and '.join(notifier['channels'])}."
    return Step(key="messages", title="Messages", state=state, says=says)


def _test(notifier: Mapping[str, Any] | None) -> Step:
    if notifier is None:
        return _unknown("test", "A test message")
    said = {
        "reached": ("done", "It went out."),
        "waits": ("open", "It waits to go out."),
        "failed": ("open", "It did not go out."),
        "kept": ("open", "It is kept in the mailbox here, and did not go out."),
    }
    state, says = said.get(notifier.get("tested", ""), ("open", "None was sent yet."))
    return Step(key="test", title="A test message", state=cast("State", state), says=says)


def _form(intake: Mapping[str, Any] | None) -> Iterator[Step]:
    known = (
        ("safety", "Questions about self-harm", "asks_about_self_harm", "Asked."),
        ("notice", "Notice of Privacy Practices", "notice", "Named, with its date."),
    )
    otherwise = {"safety": "Off: not asked, nothing is promised.", "notice": "Not named yet."}
    for key, title, fact, says in known:
        if intake is None:
            yield _unknown(key, title)
            continue
        done = bool(intake[fact])
        yield Step(
            key=key,
            title=title,
            state="done" if done else "open",
            says=says if done else otherwise[key],
        )
