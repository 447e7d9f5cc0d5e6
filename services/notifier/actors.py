"""The two slow errands: asking the other services, and handing a message over.

Each is woken by a doorbell or by the sweep, works in short transactions, and holds none while it
talks to anyone. Whatever kills it on the way, the rows say how far it came.
"""

import os
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

import structlog
from marshmallow import ValidationError

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.contact import Contact
from services.notifier.domain.delivery import HEARTBEAT
from services.notifier.domain.errand import Communication
from services.notifier.domain.message import OutgoingMessage
from services.notifier.guard import Guard
from services.notifier.operations import (
    answers,
    appointments,
    attempts,
    claims,
    contacts,
    errands,
    notes,
    outcomes,
    owners_word,
    planning,
    rendering,
)
from services.notifier.operations.attempts import Dispatch
from services.notifier.operations.choosing import Scales
from services.notifier.operations.claims import Claim
from services.notifier.operations.errands import Todo
from services.notifier.operations.outcomes import Next
from services.notifier.operations.owners_word import COUNTS, Question
from services.notifier.providers import Provider, Trace
from services.notifier.schemas import (
    AppointmentSchema,
    CommunicationSchema,
    ContactSchema,
    StaffAddressSchema,
)
from services.notifier.settings import Settings
from shared.db import Database
from shared.peers import PeerRefused, PeerUnavailable
from shared.vocabulary import Channel

logger = structlog.get_logger(__name__)

_GONE: Final = {404, 410}

TRIES_BEFORE_THE_PRACTICE: Final = 4
"""After so many questions to a silent scheduler (half a minute), word of a task goes elsewhere."""


class Asks(Protocol):
    """Another service, as far as it is needed here (`shared.peers.Peer`)."""

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer. Raises PeerUnavailable, PeerRefused."""
        ...


@dataclass(frozen=True, kw_only=True)
class Courier:
    """Everything an errand needs."""

    database: Database
    settings: Settings
    intake: Asks
    scheduler: Asks
    providers: Mapping[str, Provider]
    guard: Guard
    scales: Scales = field(default_factory=Scales)

    # ------------------------------------------------------------ asking

    def prepare(self, appointment_id: UUID) -> None:
        """Fetch what is missing about an appointment, then plan its messages.

        A service that can't be asked holds up nobody but those it was asked about (P12).
        """
        with self.database.begin() as session:
            todo = appointments.begin_preparing(session, appointment_id=appointment_id)
        if todo is None:
            return
        fetched = [self._contact(person_id) for person_id in todo.contacts]
        details = {
            person_id: self._details(appointment_id, person_id) for person_id in todo.details
        }
        with self.database.begin() as session:
            for contact in fetched:
                if contact is not None:
                    contacts.keep(session, contact=contact)
            for person_id, known in details.items():
                if known is not None:
                    appointments.keep_details(session, person_id=person_id, details=known)
            complete = planning.plan(
                session,
                appointment_id=appointment_id,
                sequence=todo.sequence,
                settings=self.settings,
            )
        logger.info("prepared", appointment_id=str(appointment_id), complete=complete)

    def _contact(self, person_id: UUID) -> Contact | None:
        try:
            document = self.intake.get(f"/internal/contacts/{person_id}")
            contact: Contact = ContactSchema().load(document)
        except PeerRefused as refusal:
            if refusal.status in _GONE:
                return Contact.unknown(person_id, version=self._wanted_version(person_id))
            logger.warning("contact refused", person_id=str(person_id), status=refusal.status)
        except PeerUnavailable:
            logger.warning("intake unavailable", person_id=str(person_id))
        except ValidationError as error:
            logger.warning("contact unreadable", person_id=str(person_id), fields=_fields(error))
        else:
            return contact
        return None

    def _wanted_version(self, person_id: UUID) -> int:
        with self.database.begin() as session:
            return contacts.wanted_version(session, person_id=person_id)

    def _details(self, appointment_id: UUID, person_id: UUID) -> AppointmentDetails | None:
        path = f"/internal/appointments/{appointment_id}/for/{person_id}"
        try:
            details: AppointmentDetails = AppointmentSchema().load(self.scheduler.get(path))
        except PeerRefused as refusal:
            logger.warning(
                "details refused", appointment_id=str(appointment_id), status=refusal.status
            )
        except PeerUnavailable:
            logger.warning("scheduler unavailable", appointment_id=str(appointment_id))
        except ValidationError as error:
            logger.warning(
                "details unreadable", appointment_id=str(appointment_id), fields=_fields(error)
            )
        else:
            return details
        return None

    def errand(self, errand_id: UUID) -> None:
        """Ask whoever knows what is to be sent, or to whom, then plan it."""
        with self.database.begin() as session:
            todo = errands.begin(session, errand_id=errand_id)
        if todo is None:
            return
        if todo.account_id is not None:
            complete = self._task(todo, todo.account_id)
        else:
            complete = self._note(todo)
        logger.info("errand", errand_id=str(errand_id), complete=complete)

    def _note(self, todo: Todo) -> bool:
        contact = self._contact(todo.person_id) if todo.contact and todo.person_id else None
        self._ask_whether_wanted(todo.errand_id)
        with self.database.begin() as session:
            if contact is not None:
                contacts.keep(session, contact=contact)
            return notes.plan_note(session, errand_id=todo.errand_id, settings=self.settings)

    def _ask_whether_wanted(self, errand_id: UUID) -> None:
        """Write down what its owner says of it now; silence is written down nowhere.

        An id has one owner, intake or the scheduler: it is void when neither knows it any more.
        """
        try:
            document = self._owners_word(errand_id)
            wanted: Communication = CommunicationSchema().load(document)
        except PeerRefused as refusal:
            if refusal.status in _GONE:
                with self.database.begin() as session:
                    errands.void(session, errand_id=errand_id)
            else:
                logger.warning("errand refused", errand_id=str(errand_id), status=refusal.status)
        except PeerUnavailable:
            logger.warning("its owner is unavailable", errand_id=str(errand_id))
        except ValidationError as error:
            logger.warning("errand unreadable", errand_id=str(errand_id), fields=_fields(error))
        else:
            with self.database.begin() as session:
                errands.keep(session, wanted=wanted)

    def _owners_word(self, errand_id: UUID) -> Any:
        path = f"/internal/communications/{errand_id}"
        try:
            return self.intake.get(path)
        except PeerRefused as refusal:
            if refusal.status not in _GONE:
                raise
            return self.scheduler.get(path)

    def _task(self, todo: Todo, account_id: UUID) -> bool:
        """Whoever has the task is written to; the practice, where they can't be found."""
        practice = self.settings.practice.staff_email
        try:
            found = StaffAddressSchema().load(
                self.scheduler.get(f"/internal/staff/{account_id}/address")
            )
            address: str | None = found["email"] or practice
        except (PeerRefused, ValidationError):
            address = practice
        except PeerUnavailable:
            logger.warning("scheduler unavailable", errand_id=str(todo.errand_id))
            # A task may be urgent: before a minute is over the practice hears of it anyway.
            if practice is None or todo.tries < TRIES_BEFORE_THE_PRACTICE:
                return False
            address = practice
        with self.database.begin() as session:
            if address is not None:
                errands.keep_address(session, errand_id=todo.errand_id, address=address)
            notes.plan_task(session, errand_id=todo.errand_id, known=address is not None)
        return True

    # ------------------------------------------------------------ handing over

    def deliver(self, notification_id: UUID) -> None:
        """Send one message, if it is due, true, permitted and in nobody else's hands."""
        if not self.guard.announce():
            return
        with self.database.begin() as session:
            claim = claims.claim(session, notification_id=notification_id)
        if claim is None:
            return
        self._reach("after-claim")
        if claim.open_attempt_id is not None and self._settle(claim) is not Next.TRY_AGAIN:
            return
        with self.database.begin() as session:
            doubtful = errands.to_be_asked_again(session, notification_id=notification_id)
            old = owners_word.question(session, notification_id=notification_id, older_than=COUNTS)
        if doubtful is not None:
            self._ask_whether_wanted(doubtful)
        if old is not None:
            self._denied(old)
        with self.database.begin() as session:
            dispatch = attempts.open_attempt(
                session, claim=claim, settings=self.settings, weigh=self.scales.weigh
            )
        if dispatch is None:
            return
        self._reach("after-open")
        self._hand_over(dispatch)

    def _hand_over(self, dispatch: Dispatch) -> None:
        provider = self.providers[dispatch.provider]
        try:
            with self._heartbeat(dispatch.claim):
                answer = provider.send(
                    dispatch.message,
                    attempt_id=dispatch.attempt_id,
                    handing_over=lambda: self._note_handing_over(dispatch),
                )
        except attempts.LeaseLost:
            logger.warning("lease lost", notification_id=str(dispatch.claim.notification_id))
            return
        except attempts.TakenBack:
            logger.info("taken back", notification_id=str(dispatch.claim.notification_id))
            return
        self._reach("after-accept")
        with self.database.begin() as session:
            outcomes.finish(session, dispatch=dispatch, answer=answer, jitter=_jitter())
        self._reach("after-record")
        logger.info(
            "tried",
            notification_id=str(dispatch.claim.notification_id),
            provider=provider.name,
            outcome=answer.verdict.outcome,
            reason=answer.verdict.reason,
            code=answer.code,
        )

    def _note_handing_over(self, dispatch: Dispatch) -> None:
        """The last moment before it counts: the owner is asked, then it is written down.

        Asked after the try was committed, it knows of whatever was committed before that (F22).
        """
        with self.database.begin() as session:
            last = owners_word.question(session, notification_id=dispatch.claim.notification_id)
        denied = last is not None and self._denied(last)
        with self.database.begin() as session:
            true = attempts.note_handing_over(session, dispatch=dispatch, denied=denied)
        if not true:
            raise attempts.TakenBack
        self._reach("after-handing-over")

    def _denied(self, question: Question) -> bool:
        """Ask the scheduler, and write down what it says; silence denies nothing."""
        path = f"/internal/appointments/{question.appointment_id}/for/{question.person_id}"
        details: AppointmentDetails | None = None
        try:
            details = AppointmentSchema().load(self.scheduler.get(path))
        except (PeerUnavailable, PeerRefused, ValidationError) as error:
            if not (isinstance(error, PeerRefused) and error.status in _GONE):
                logger.warning(
                    "the scheduler did not say how it stands",
                    appointment_id=str(question.appointment_id),
                    kind=type(error).__name__,
                )
                with self.database.begin() as session:
                    owners_word.keep_silence(session, asked=question)
                return False
        with self.database.begin() as session:
            owners_word.keep(session, asked=question, details=details)
        return question.answered_no(details)

    def _settle(self, claim: Claim) -> Next:
        """Find out what became of a try that nobody finished."""
        with self.database.begin() as session:
            then, unsettled = outcomes.settle(session, claim=claim, jitter=_jitter())
        if unsettled is None:
            return then
        provider = self.providers.get(unsettled.provider)
        # The settings may have changed since: whom we no longer know, we can't ask.
        trace = (
            provider.find(unsettled.message, attempt_id=unsettled.attempt_id, since=unsettled.since)
            if provider
            else Trace.NOBODY_KNOWS
        )
        logger.info("asked", notification_id=str(claim.notification_id), trace=trace)
        with self.database.begin() as session:
            return outcomes.settle_by_trace(session, claim=claim, trace=trace, jitter=_jitter())

    def answer_texts(self) -> None:
        """Send the answers to texts that came by a carrier which takes none with ours.

        Each at most once: who asked to stop is never written to twice about it.
        """
        with self.database.begin() as session:
            waiting = answers.take_waiting(session)
        for answer in waiting:
            provider = self.providers.get(answer.carrier)
            if provider is None:
                continue  # no longer set up: whoever wrote was obeyed all the same
            message = OutgoingMessage(
                message_id=str(answer.reply_id),
                channel=Channel.SMS,
                to=answer.number,
                text=rendering.answer(answer.wish, self.settings.practice, answer.locale),
            )
            said = provider.send(message, attempt_id=answer.reply_id, handing_over=lambda: None)
            logger.info("answered", reply_id=str(answer.reply_id), outcome=said.verdict.outcome)

    @contextmanager
    def _heartbeat(self, claim: Claim) -> Iterator[None]:
        """Keep the lease while a provider takes its time: hanging up early doubles messages."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(HEARTBEAT.total_seconds()):
                try:
                    with self.database.begin() as session:
                        claims.renew(
                            session, notification_id=claim.notification_id, fence=claim.fence
                        )
                except Exception:
                    # The lease may run out now; the fence then keeps the outcome in order.
                    logger.exception("heartbeat missed")

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()

    def _reach(self, step: str) -> None:
        """Die here if a test has asked for it: as a process that is killed does, at once."""
        if self.settings.failpoint == step:
            os._exit(9)


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries, keeps no secret


def _fields(error: ValidationError) -> list[str]:
    """Which fields could not be read; their values stay out of the log."""
    messages = error.messages
    return sorted(str(name) for name in messages) if isinstance(messages, dict) else []
