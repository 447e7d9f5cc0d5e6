"""What the lines of a number come to: who agreed, whatever came in whatever order."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.consent import Act, Agreed, Line, Standing, stand

NOW = datetime(2026, 9, 23, 17, 30, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
WORDS = Agreed(version="question en sms 1 abc1234", sha256="f" * 64)


def asked(person: UUID) -> Line:
    return Line(act=Act.ASKED, at=NOW, person_id=person, notification_id=UUID(int=9), agreed=WORDS)


def yes(person: UUID) -> Line:
    return Line(act=Act.GIVEN, at=NOW, person_id=person, agreed=WORDS)


STOP = Line(act=Act.REVOKED, at=NOW)


def on_yes(*lines: Line, after_stop: bool = False) -> set[UUID]:
    return set(stand(lines).answered_yes(after_stop=after_stop))


def test_s20_a_yes_is_the_consent_of_whom_was_asked_about_and_of_nobody_else():
    assert on_yes(asked(ONE), yes(ONE), asked(OTHER)) == {OTHER}
    assert on_yes() == on_yes(asked(ONE), yes(ONE)) == set()


def test_s40_a_stop_ends_it_for_all_and_start_brings_back_what_there_was():
    lines = (asked(ONE), yes(ONE), asked(OTHER), yes(OTHER), STOP)

    assert stand(lines).given == {}
    assert on_yes(*lines, after_stop=True) == {ONE, OTHER}


def test_l23_a_question_answered_by_stop_and_then_by_start_was_answered_by_yes():
    assert on_yes(asked(ONE), STOP) == set()
    assert on_yes(asked(ONE), STOP, after_stop=True) == {ONE}


def test_who_said_no_on_their_own_is_not_brought_back_by_another_s_start():
    no = Line(act=Act.REVOKED, at=NOW, person_id=ONE)

    assert on_yes(yes(ONE), yes(OTHER), STOP, no, after_stop=True) == {OTHER}


people = st.sampled_from([ONE, OTHER])
lines = st.lists(st.one_of(people.map(asked), people.map(yes), st.just(STOP)), max_size=12)


@given(lines)
def test_s40_nobody_stands_as_agreed_without_a_yes_after_the_last_stop(history: list[Line]):
    last = max((n for n, line in enumerate(history) if line is STOP), default=-1)
    standing: Standing = stand(history)

    since = {line.person_id for line in history[last + 1 :] if line.act is Act.GIVEN}
    assert set(standing.given) == since
