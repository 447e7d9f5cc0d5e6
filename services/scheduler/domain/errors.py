"""Refusals: what the scheduler will not do, as facts. `shared.web` gives them a status and a page.

Refused
├── NoSuchLink         the token opens nothing here
├── NoSuchCalendar     no calendar elsewhere is known by that id, or it is somebody else's
├── BookingRefused
│   ├── SlotTaken      somebody was quicker, or the time was never on offer
│   ├── HoldOver       the time was kept, and is not any more
│   ├── HoldRenewed    it was kept longer already, once
│   ├── TooManyHolds   too many times are kept from one address
│   ├── AlreadyBooked  this permission has its appointment
│   ├── NoSuchWay      by video, with someone who has no video room
│   ├── NotLicensedThere   no clinician who was asked may work where the person will be
│   ├── NoWaiting      for such a time no list is kept
│   ├── OfferOver      what was kept for somebody who waits is not any more
│   └── NotBookable    the permission does not stand (any more)
├── ChangeRefused
│   ├── InTime         a late wish, although the person can still do it alone
│   ├── TooLate        inside the window in which people have to call
│   ├── NeedsBoth      a time for two is not moved by one of them
│   ├── ProposedAlready a new time for two is being asked about
│   ├── ProposalOver   that new time is not kept any more
│   ├── NotYet         what is said of it can not be known before it has begun
│   └── NotPossible    the appointment's status does not allow it
├── RepeatRefused
│   ├── KeyInUse       the first request with that key is still being answered
│   └── KeyUsed        the key was used for another request
└── StaffRefused
    ├── LinkExpired    a one-time link for staff is used, old or unknown
    ├── NotInvited     the sign-in service knows them, and nobody has invited them here
    ├── NotWelcome     e-mail address and password do not go together
    ├── TooManyTries
    ├── WrongCode      the second step was not proved; OldCode, that code has run out or was used
    ├── HasTimes       somebody who is to go has times with clients
    ├── NotYours       a passkey or session is not known, or is somebody else's
    ├── WeakPassword
    ├── AddressTaken   another account has that e-mail address
    ├── BadHours
    ├── BadStretch     a stretch of time that is none, or over
    ├── NoSuchRule     no type, location, room or clinician is known by that name
    ├── ChangedMeanwhile   somebody else changed it since the form was opened
    ├── NameTaken      another type, location or room is called so
    ├── UnknownRegion  the library knows no holidays of it
    └── UnknownHoliday that region has no holiday of that name
"""

from collections.abc import Sequence
from datetime import datetime, timedelta


class Refused(Exception):
    """Something the scheduler will not do. `str()` is a sentence for the person who asked."""

    sentence = "That can not be done."

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)


class NoSuchLink(Refused):
    """The token opens nothing here, or never did, or is somebody else's: all look the same."""

    sentence = "This page is not here. The link may be old, or already used."


class NoSuchCalendar(Refused):
    """No calendar elsewhere is known by that id, or it is somebody else's: both look the same."""

    sentence = "This calendar is not here any more."


class BookingRefused(Refused):
    """A time was not given."""


class SlotTaken(BookingRefused):
    """Somebody was quicker, or the time was never on offer.

    `reason` is for staff and programs: an `explanation.Reason`, or that nobody of a pool is free.
    """

    sentence = "Someone took that time a moment ago. These are still free."

    def __init__(self, reason: str = "nobody-free") -> None:
        super().__init__()
        self.reason = reason


class HoldOver(BookingRefused):
    """A hold ran out, or there was none: what the person wrote is kept, only the time is free."""

    sentence = "The time we were holding has run out. Your answers are kept. Please choose again."


class HoldRenewed(BookingRefused):
    """A hold is kept longer once."""

    sentence = "We have kept this time longer already. Book it now, or choose again later."


class TooManyHolds(BookingRefused):
    """Nobody empties the calendar by holding one time after another (P3, P26)."""

    sentence = (
        "Many times are being held from here just now. "
        "Please try again in a few minutes, or call us."
    )


class AlreadyBooked(BookingRefused):
    """The permission has been used for an appointment that still stands."""

    sentence = "You have a time already. You can move it, or cancel it and choose again."


class NoSuchWay(BookingRefused):
    """By video, with someone who has no video room."""

    sentence = "At this time we can talk by phone only."


class NotLicensedThere(BookingRefused):
    """No clinician who was asked may work where the person will be (L43)."""

    sentence = (
        "Therapists may only see people who are in a state where they hold a license. "
        "Please call us, and we will check what we can offer."
    )


class NoWaiting(BookingRefused):
    """Two people would both have to say yes before the offer ends: they are called instead."""

    sentence = "For a time for both of you we keep no list. Please call us, and we will find one."


class OfferOver(BookingRefused):
    """Nobody answered in time, or the answer was no, or the person waits no more."""

    sentence = "This time has gone to someone else."


class NotOffered(BookingRefused):
    """Staff can not offer that time to somebody who waits; the sentence is for the staff."""


class WaitsNoMore(NotOffered):
    """They left, have what they waited for, or their time on the list is up."""

    sentence = "They do not wait any more."


class AskedAlready(NotOffered):
    """Nobody is asked about two times at once: they would keep both from everybody else."""

    sentence = "Another time is being kept for them. They have to answer that first."


class HasSooner(NotOffered):
    """They have a time that is as soon, or sooner."""

    sentence = "They have a time as soon as that. Only a sooner one can be offered."


class CanNotBeAsked(NotOffered):
    """They wish no messages, or we send none by the way they wish."""

    sentence = "They can not be written to. Call them, and book it for them."


class AsleepThere(NotOffered):
    """It is night where they are (L26)."""

    sentence = "It is night where they are. Offer it from 8 am there, or book it for them."


class TooNear(NotOffered):
    """Nobody reads a message and decides in what would be left of the offer."""

    sentence = "It is too near to be kept while they think. Call them, and book it for them."


class NotBookable(BookingRefused):
    """The permission does not stand, or not any more. Why, nobody is told."""

    sentence = (
        "This time can not be booked here just now. Please call us, and we will find one with you."
    )


class ChangeRefused(Refused):
    """An appointment stays as it is."""


class TooLate(ChangeRefused):
    """The change was asked for inside the window in which people have to call."""

    sentence = "It is too close to the time to change it here. Send us your wish, or call."

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class InTime(ChangeRefused):
    """Nobody has to be asked yet."""

    sentence = "You can still change this time here yourself."


class NeedsBoth(ChangeRefused):
    """A time for two is moved only when both agree: the other is asked (N7)."""

    sentence = "A new time has to work for both of you. Ask for one, or call us."


class ProposedAlready(ChangeRefused):
    """A new time for two is being asked about: one at a time."""

    sentence = "Another time is being asked for already. Until that is settled, yours stands."


class ProposalOver(ChangeRefused):
    """Nobody can say yes to that new time any more. Why, nobody is told."""

    sentence = "That other time is not kept any more. Your time stays as it is."


class NotYet(ChangeRefused):
    """Whether somebody came is said once the time is there."""

    sentence = "This can be said once the time has begun."


class NotPossible(ChangeRefused):
    """The appointment's present status does not allow the change."""

    sentence = "This time can not be changed any more. Please call us."


class RepeatRefused(Refused):
    """A request with an Idempotency-Key that does not stand for a new one, nor for the old one."""


class KeyInUse(RepeatRefused):
    """The same was sent a moment ago and is still being answered."""

    sentence = "The same request is being answered just now. Ask again in a moment."


class KeyUsed(RepeatRefused):
    """One key, two different requests: a mistake of the program that sends them."""

    sentence = "This key was used for another request. Use a new key for a new request."


class StaffRefused(Refused):
    """Something a member of staff can not do, or not now."""


class LinkExpired(StaffRefused):
    """A one-time link that was used, has run out, or was never given."""

    sentence = "This link was used already, or has run out. Ask for a new one."


class NotWelcome(StaffRefused):
    """E-mail address and password do not belong together. Says the same whatever is wrong."""

    sentence = "That e-mail address and password do not go together."


class TooManyTries(StaffRefused):
    """Sign-in is closed for this address or from this place, for a while."""

    def __init__(self, wait: timedelta) -> None:
        minutes = -(-wait // timedelta(minutes=1))
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"Too many tries. Please wait {minutes} {unit}, then try again.")
        self.wait = wait


class AddressTaken(StaffRefused):
    """Another account signs in with that e-mail address."""

    sentence = "Someone here uses that e-mail address already."


class NotInvited(StaffRefused):
    """The practice's sign-in service knows them; here nobody does, or no more."""

    sentence = "Nobody here is known by that. Ask the owner of the practice to invite you."


class WrongCode(StaffRefused):
    """What was typed is neither the code of now nor a recovery code that is left."""

    sentence = "That code is not right. Type the six digits that your app shows now."


class OldCode(WrongCode):
    """A code of a moment ago, or of a moment ahead, or one that was used: each works once."""

    sentence = "That code has just run out, or was used already. Type the next one."


class WrongPasskey(WrongCode):
    """What the browser sent does not prove it, or was sent before."""

    sentence = "That passkey did not work here. Try once more, or use a code."


class HasTimes(StaffRefused):
    """Nobody goes while clients have times with them."""

    sentence = "Clients have times with them. Settle those first, in the calendar."


class NotYours(StaffRefused):
    """No passkey or session of this account is known by that name."""

    sentence = "This is not here any more."


class WeakPassword(StaffRefused):
    """A password that others would guess. The sentence says what to do."""


class BadHours(StaffRefused):
    """Weekly hours that can not be kept: one (weekday, index, sentence) for each bad range."""

    def __init__(self, problems: Sequence[tuple[int, int, str]]) -> None:
        super().__init__("Some of these hours do not work.")
        self.problems = problems


class BadWeek(StaffRefused):
    """What a week of hours is for can't be so; `field` is the one that the sentence is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class BadStretch(StaffRefused):
    """A stretch of time that ends before it starts, is over, or that clocks skip."""


class NoSuchRule(StaffRefused):
    """No type of appointment, location, room or clinician is known by that name or number."""

    sentence = "This is not here any more."


class ChangedMeanwhile(StaffRefused):
    """Somebody else changed it since the form was opened: nothing is written over."""

    sentence = "Somebody changed this since you opened it. Nothing of yours was saved."


class NameTaken(StaffRefused):
    """Another one is called so. The sentence says what."""


class UnknownRegion(StaffRefused):
    """Nobody here knows which holidays are kept there."""

    sentence = "Choose a region from the list."


class UnknownHoliday(StaffRefused):
    """The region has no holiday of that name."""

    sentence = "Choose holidays of this region."
