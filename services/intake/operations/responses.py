"""Filling in the form: start, answer a page, send it. Sending twice is sending once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain import pages
from services.intake.domain.condition import Value
from services.intake.domain.facts import counted
from services.intake.domain.questionnaire import Config, Section
from services.intake.models import (
    Person,
    QuestionnaireResponse,
    ResponseStatus,
    Tally,
)
from services.intake.operations import (
    consents,
    contacts,
    decisions,
    forms,
    legal_holds,
    openings,
    practice,
    questionnaires,
    resuming,
    tasks_due,
)
from services.intake.operations.forms import Form
from shared.contracts.intake import ScreeningCompleted
from shared.crypto import SubjectKey
from shared.messaging.outbox import publish
from shared.tokens import derived_token, token_sha256

UNDER_13: Final = "under_13"
_NOTICE: Final = "c_npp"


class Incomplete(Exception):
    """The form can't be sent yet: `section` is the first page that lacks something."""

    def __init__(self, section: Section, problems: tuple[pages.Problem, ...]) -> None:
        super().__init__(f"{section.id} lacks {len(problems)} answers.")
        self.section = section
        self.problems = problems


class AlreadySent(Exception):
    """The form was sent; nothing in it changes any more."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Where the form was sent from, as far as the record of a consent needs it.

    `practice` is the name that the consents' words were shown with, `address` is cut short before
    it gets here, `browser` is the family only, `page` the form's own address, `zone` an IANA name.
    """

    practice: str
    address: str
    browser: str
    page: str
    zone: str | None = None


def too_young(values: Mapping[str, Value]) -> bool:
    """Whether nothing of this may be kept (L44)."""
    return values.get("age_group") == UNDER_13


def blank(session: Session, *, licensed_states: tuple[str, ...], invited: bool = False) -> Form:
    """A form nobody has begun: to be shown, and kept nowhere.

    `licensed_states` are the host's, for a practice that has not named its own.
    """
    screener = questionnaires.current(session)
    config = questionnaires.config_now(session, screener, licensed_states)
    response = QuestionnaireResponse(
        status=ResponseStatus.IN_PROGRESS,
        questionnaire_sha256=screener.sha256,
        config=questionnaires.config_document(config),
        furthest=pages.NOT_STARTED,
        invited=invited,
    )
    answers = forms.system_fields(response)
    return Form(response=response, screener=screener, config=config, answers=answers)


def start(
    session: Session, *, token: str, licensed_states: tuple[str, ...], invited: bool = False
) -> Form:
    """Begin a form for somebody new. The database keeps the token's hash only.

    `invited`: an invitation was used up for it. Whose, the form does not know.
    """
    form = blank(session, licensed_states=licensed_states, invited=invited)
    questionnaires.keep(session, form.screener)
    person = Person(id=uuid4())
    session.add(person)
    session.flush()
    form.response.person_id = person.id
    form.response.token_sha256 = token_sha256(token)
    session.add(form.response)
    session.flush()
    tasks_due.begin(session, form.response.id)
    return form


def find(session: Session, *, token: str, for_change: bool = False) -> Form | None:
    """The form that this token opens, or None. `for_change` makes others wait for our commit."""
    query = select(QuestionnaireResponse).where(
        QuestionnaireResponse.token_sha256 == token_sha256(token)
    )
    response = session.scalar(query.with_for_update() if for_change else query)
    if response is None:
        return None
    form = forms.form_of(session, response)
    if not form.completed:
        # What the practice decides counts for a form under way, too: it must not go on promising.
        states = form.config.licensed_states
        form.config = questionnaires.config_now(session, form.screener, states)
    return form


def answer(
    session: Session,
    form: Form,
    *,
    section: Section,
    given: Mapping[str, object],
    now: datetime,
    whole: bool = True,
) -> pages.Reading:
    """Keep what is valid of one page, and say what needs another look. Raises AlreadySent.

    Everything valid is kept even when something else is not. Under 13 nothing is: see `turn_away`,
    which the caller must ask for when `too_young(reading.values)`.
    """
    if form.completed:
        raise AlreadySent
    reading = pages.read_page(form.screener, section, form.answers, given, form.config, whole=whole)
    if too_young(reading.values):
        return reading
    forms.write(session, form, reading.values, now=now)
    forms.clear(session, form, reading.cleared)
    if whole and not reading.problems:
        place = pages.index_of(form.screener, section)
        form.response.furthest = max(form.response.furthest, place)
    form.response.updated_at = now
    resuming.settle(session, form)
    form.response.config = questionnaires.config_document(form.config)
    # Whatever a clinician was done with, this is new.
    form.response.closed_at = form.response.closed_by = None
    decisions.write(session, form, now=now)
    return reading


def turn_away(session: Session, form: Form | None) -> None:
    """Count somebody under 13, and keep nothing else: what was begun is gone, key and all (L44)."""
    session.execute(
        insert(Tally)
        .values(name=UNDER_13, total=1)
        .on_conflict_do_update(index_elements=[Tally.name], set_={"total": Tally.total + 1})
    )
    if form is not None and not legal_holds.standing(session, person_id=form.response.person_id):
        person_id = form.response.person_id
        session.execute(delete(Person).where(Person.id == person_id))
        session.execute(delete(SubjectKey).where(SubjectKey.subject_id == person_id))


def complete(
    session: Session,
    form: Form,
    *,
    sender: Sender,
    config: Config,
    secret_key: str,
    now: datetime,
) -> dict[str, Any]:
    """Send the form: decide, keep the contact and the consents, and say that it came in.

    `form` must have been found `for_change`. `config` is the practice's as of now. Returns the
    decision as `Decision.as_document`; for a form that was sent before, the one made then. Raises
    Incomplete.
    """
    if form.completed:
        return decisions.of(session, form.response)
    form.config = config
    form.response.config = questionnaires.config_document(config)
    gap = pages.first_gap(form.screener, form.answers, config)
    if gap is not None:
        raise Incomplete(*gap)
    _forget_what_does_not_count(session, form)
    resuming.withdraw(session, form)
    decision = decisions.write(session, form, now=now)
    response = form.response
    response.status, response.completed_at, response.updated_at = (
        ResponseStatus.COMPLETED,
        now,
        now,
    )
    # Kept for everyone, so that a dump does not show who may book; asked for, the decision counts.
    response.booking_sha256 = token_sha256(booking_token(secret_key, response))
    contact = contacts.keep(session, form, channels=decision["channels"], zone=sender.zone)
    _record_consents(session, form, sender=sender, now=now)
    openings.when_sent(session, response=response, decision=decision, answers=form.answers)
    publish(
        session,
        ScreeningCompleted(
            response_id=response.id,
            person_id=response.person_id,
            contact_version=contact.version,
        ),
    )
    return decision


def booking_token(secret_key: str, response: QuestionnaireResponse) -> str:
    """The token by which this person may choose a time: written anew when needed, never kept."""
    return derived_token(secret_key, "booking", response.id)


def _forget_what_does_not_count(session: Session, form: Form) -> None:
    """Drop visible answers to questions that are not shown any more: no one needs them."""
    standing = counted(form.screener, form.answers, form.config)
    forms.clear(session, form, [name for name in form.answers if name not in standing])


def _record_consents(session: Session, form: Form, *, sender: Sender, now: datetime) -> None:
    facts = pages.facts(form.screener, form.answers, form.config)
    notice = {"privacy_notice": practice.current(session).privacy_notice_version}
    for item in form.screener.consents():
        if facts.shown(item):
            said = form.answers.get(item.id, False)
            # Which edition of the notice was there to be read (L28).
            sent_from = asdict(sender) | (notice if item.id == _NOTICE else {})
            consents.record(session, form, item, said=said, sent_from=sent_from, now=now)
    session.flush()
