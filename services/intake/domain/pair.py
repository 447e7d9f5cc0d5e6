"""Two partners side by side: the pair table, for clinicians only.

The two are linked by a one-time token and never by matching names or numbers. Nothing computed here
is written to either person's record (L10), and what either of them is told depends on the calendar
and on a clinician's release alone, never on the other's answers.

The table's P07 also names "pattern answers that conflict". The pattern reading never routes anyone
(requirements, section 0, item 7), so only the two wishes about the future count as a conflict here.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from services.intake.domain.condition import Answers
from services.intake.domain.pattern import NONE, PURSUER, WITHDRAWER
from services.intake.domain.questionnaire import CRISIS, Config, Screener
from services.intake.domain.screening import Decision, decide

PartnerStatus = Literal["not_invited", "invited", "started", "submitted", "expired"]
STATUSES: Final[tuple[PartnerStatus, ...]] = (
    "not_invited",
    "invited",
    "started",
    "submitted",
    "expired",
)

STAFF_REVIEW: Final = "staff-review"
COUPLES: Final = "couples"
AFTER_SCREENS: Final = "couples-after-individual-screens"
ALONE: Final = "individual-relational"
BLOCKED: Final = "blocked"

_LEANS_OUT: Final = "leaning_out"
_DOUBTS: Final = frozenset(("unsure", _LEANS_OUT))
_STAYS: Final = "work_on_it"
_PARTS: Final = "decided_to_part"
_PATTERNS: Final = {
    (PURSUER, WITHDRAWER): "pursue-withdraw",
    (WITHDRAWER, PURSUER): "pursue-withdraw",
    (PURSUER, PURSUER): "pursue-pursue",
    (WITHDRAWER, WITHDRAWER): "withdraw-withdraw",
}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Where two people stand with each other's invitation.

    `b` is None until B has answered anything; the answers of a form that is not sent yet count for
    B's safety alone.
    """

    a: Answers
    b: Answers | None
    b_status: PartnerStatus
    days_since_invite: int
    invite_sent: bool
    calls_done: bool
    clinician_release: bool


@dataclass(frozen=True, kw_only=True)
class PairDecision:
    """What the pair table says."""

    rule: str
    pair_track: str
    joint_booking: str
    a: Decision
    b: Decision | None
    a_update: str
    b_update: str
    pair_pattern: str
    pair_suggestions: tuple[str, ...]
    reminder_to_b: bool

    def as_document(self) -> dict[str, Any]:
        """The decision for JSON: the keys of a vignette's `expect`, with both people's own."""
        return {
            "pair_track": self.pair_track,
            "joint_booking": self.joint_booking,
            "a_track": self.a.track,
            "b_track": self.b.track if self.b else None,
            "a_public_key": self.a.public_key,
            "b_public_key": self.b.public_key if self.b else None,
            "a_update": self.a_update,
            "b_update": self.b_update,
            "pair_pattern": self.pair_pattern,
            "pair_suggestions": list(self.pair_suggestions),
            "reminder_to_b": self.reminder_to_b,
            "rule": self.rule,
            "a": self.a.as_document(),
            "b": self.b.as_document() if self.b else None,
        }


def decide_pair(screener: Screener, pair: Pair, config: Config) -> PairDecision:
    """Judge both people's answers by the table P01-P08, the first match counting."""
    a = decide(screener, pair.a, config)
    b = decide(screener, pair.b, config) if pair.b is not None else None
    pattern = _pattern(a, b)
    suggestions = _suggestions(pair)
    rule, track, booking = _table(pair, a, b, config, conflict=bool(suggestions))
    ready = booking != BLOCKED and pair.calls_done and pair.clinician_release
    return PairDecision(
        rule=rule,
        pair_track=track,
        joint_booking=booking,
        a=a,
        b=b,
        a_update=_update_for_a(pair, config, ready=ready),
        b_update="joint_ready" if ready else "none",
        pair_pattern=pattern,
        pair_suggestions=suggestions,
        reminder_to_b=_reminder(pair, config),
    )


def _table(
    pair: Pair, a: Decision, b: Decision | None, config: Config, *, conflict: bool
) -> tuple[str, str, str]:
    """Rule, track and joint booking."""
    tracks = {a.track} | ({b.track} if b else set())
    expired = pair.days_since_invite >= config.invite_expires_days
    if not pair.invite_sent or pair.b_status == "not_invited":
        return "P01", a.track, BLOCKED
    if tracks & {CRISIS, STAFF_REVIEW}:
        return "P02" if CRISIS in tracks else "P03", STAFF_REVIEW, BLOCKED
    sent = b if pair.b_status == "submitted" else None
    if sent is None or _declined(sent):
        return _without_b(a, sent, expired=expired)
    return _together(tracks, conflict=conflict)


def _together(tracks: set[str], *, conflict: bool) -> tuple[str, str, str]:
    if AFTER_SCREENS in tracks or conflict:
        return "P07", AFTER_SCREENS, "clinician_release"
    if tracks == {COUPLES}:
        return "P08", COUPLES, "after_private_calls"
    # The table has no row for one of them being on a track of their own: a person plans it.
    return "unmatched", STAFF_REVIEW, BLOCKED


def _without_b(a: Decision, b: Decision | None, *, expired: bool) -> tuple[str, str, str]:
    if expired:
        return "P04", ALONE, BLOCKED
    if b is not None:
        return "P05", ALONE, BLOCKED
    return "P06", a.track, BLOCKED


def _declined(b: Decision) -> bool:
    return "joint_declined" in b.flags


def _update_for_a(pair: Pair, config: Config, *, ready: bool) -> str:
    """The same note on the same day whatever the reason (L11)."""
    if ready:
        return "joint_ready"
    if pair.invite_sent and pair.days_since_invite >= config.invite_expires_days:
        return "joint_not_set"
    return "none"


def _reminder(pair: Pair, config: Config) -> bool:
    """One reminder at most, on its day, while the invited person has not finished."""
    return (
        pair.invite_sent
        and config.invite_reminder_day > 0
        and pair.days_since_invite == config.invite_reminder_day
        and pair.b_status in ("invited", "started")
    )


def _pattern(a: Decision, b: Decision | None) -> str:
    """How the two readings meet; held back unless both people's safety is clear."""
    if b is None:
        return "not-clear"
    if a.safety != "clear" or b.safety != "clear":
        return "held"
    if NONE in (a.pattern.name, b.pattern.name):
        return "not-clear"
    return _PATTERNS.get((a.pattern.name, b.pattern.name), "mixed")


def _suggestions(pair: Pair) -> tuple[str, ...]:
    if pair.b is None:
        return ()
    wishes = (pair.a.get("commitment"), pair.b.get("commitment"))
    if _PARTS in wishes or wishes == (_LEANS_OUT, _LEANS_OUT):
        return ("parting_support",)
    if _STAYS in wishes and not _DOUBTS.isdisjoint(wishes):
        return ("discernment",)
    return ()
