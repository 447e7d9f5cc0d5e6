"""The staff's forms about records, releases, estimates and breaches.

Names are unique across the forms of one page, so that an error stands at its own field.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.intake.domain.contact_points import read_email, read_phone
from services.intake.domain.errors import AnswerRefused
from services.intake.domain.estimates import MOST_VISITS
from services.intake.domain.records import AMENDMENT_DENIALS, DENIALS
from services.intake.operations.authorizations import SCOPES
from services.intake.operations.breaches import FOUND, KINDS

_CHOOSE: Final = "Choose one of these."
_FIRST: Final = date(1900, 1, 1)
_LAST: Final = date(2199, 12, 31)


def _words(most: int, *, required: bool = False) -> fields.String:
    long = validate.Length(max=most, error=f"Please keep it to {most} characters.")
    if required:
        return fields.String(required=True, validate=long)
    return fields.String(load_default="", validate=long)


def _day() -> fields.Date:
    """A day that a calendar can count on from: not the year 9999."""
    near = validate.Range(_FIRST, _LAST, error="Write the date like this: 2027-03-10.")
    return fields.Date(required=True, validate=near)


def _one_of(known: Mapping[str, Any] | tuple[str, ...]) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(list(known), error=_CHOOSE))


class RequestForm(Schema):
    """Somebody asks for their record, or for a change in it."""

    kind = _one_of(("access", "amendment"))
    received_on = _day()
    change_text = _words(2000)

    @validates_schema
    def a_change_says_what(self, data: dict[str, Any], **_: Any) -> None:
        """An amendment without words could not be decided."""
        if data.get("kind") == "amendment" and not data.get("change_text"):
            raise ValidationError("Write down what they want changed.", "change_text")


class ReviewedForm(Schema):
    """The texts that a clinician has read: those that may go out, and those held back.

    What is ticked as both is held back.
    """

    keys = fields.List(fields.String(validate=validate.Length(max=80)), load_default=list)
    held = fields.List(fields.String(validate=validate.Length(max=80)), load_default=list)
    held_license = _words(120)
    held_ground = fields.String(
        load_default="", validate=validate.OneOf(["", *DENIALS], error=_CHOOSE)
    )

    @validates_schema
    def holding_back_is_a_denial(self, data: dict[str, Any], **_: Any) -> None:
        """It takes a licensed professional, and a ground (L16)."""
        wrong = {
            name: [words]
            for name, words in (
                ("held_license", "To hold a text back, write down your license."),
                ("held_ground", "Choose why it is held back."),
            )
            if data.get("held") and not data.get(name)
        }
        if wrong:
            raise ValidationError(wrong)


class CopyForm(Schema):
    """In which form the copy is made."""

    make = _one_of(("page", "file"))


class DeliverForm(Schema):
    """How the copy went to the person."""

    way = _one_of(("in-person", "email"))


class DenyForm(Schema):
    """A licensed professional denies access."""

    license = _words(120, required=True)
    ground = _one_of(DENIALS)
    words = _words(2000)
    reviewer = _words(120)


class ReviewDenialForm(Schema):
    """Another licensed professional has looked at the denial."""

    license = _words(120, required=True)
    outcome = _one_of(("upheld", "reversed"))
    words = _words(2000)


class AmendmentForm(Schema):
    """Whether a change is made."""

    outcome = _one_of(("accepted", "denied"))
    ground = fields.String(
        load_default="", validate=validate.OneOf(["", *AMENDMENT_DENIALS], error=_CHOOSE)
    )
    words = _words(2000)

    @validates_schema
    def a_denial_has_a_ground(self, data: dict[str, Any], **_: Any) -> None:
        """45 CFR 164.526(d)(1)(i): a denial says on what basis."""
        if data.get("outcome") == "denied" and not data.get("ground"):
            raise ValidationError("Choose why it is denied.", "ground")


class DisagreeForm(Schema):
    """The person's statement of disagreement."""

    disagreement = _words(4000, required=True)


class AuthorizationForm(Schema):
    """A signed yes, or a court's order."""

    scope = _one_of(SCOPES)
    recipient = _words(200, required=True)
    purpose = _words(500, required=True)
    how = _words(500, required=True)
    given_on = _day()
    expires_on = _day()

    @validates_schema
    def it_ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        """One that is over before it begins was a slip of the pen."""
        if "expires_on" in data and "given_on" in data and data["expires_on"] < data["given_on"]:
            raise ValidationError("This day is before it was signed.", "expires_on")


class ReleaseForm(Schema):
    """Somebody else asks for the record."""

    release_scope = _one_of(("own", "joint"))
    release_to = _words(200, required=True)
    release_use = _one_of(("release", "proceedings"))
    release_received_on = _day()


class DocumentForm(Schema):
    """A document that came in."""

    title = _words(200, required=True)
    sender = _words(200, required=True)
    document_received_on = _day()
    part2 = fields.Boolean(load_default=False)


class AddressForm(Schema):
    """A new number or address. There is no field for a reason: none is asked (L19)."""

    email = _words(254)
    phone = _words(60)
    agreed = fields.List(
        fields.String(validate=validate.OneOf(["email", "call", "voicemail"], error=_CHOOSE)),
        load_default=list,
    )

    @validates_schema
    def they_can_be_used(self, data: dict[str, Any], **_: Any) -> None:
        """The same reading as in the form that people fill in."""
        wrong: dict[str, list[str]] = {}
        for name, read in (("email", read_email), ("phone", read_phone)):
            try:
                data[name] = read(data[name]) if data.get(name) else None
            except AnswerRefused as refused:
                wrong[name] = [refused.text]
        if not wrong and not data["email"] and not data["phone"]:
            wrong["email"] = ["Write a new address or a new number."]
        if wrong:
            raise ValidationError(wrong)


class ChangedForm(Schema):
    """What is planned has changed, before this visit."""

    visit_on = _day()


class EstimateForm(Schema):
    """What staff expect to charge."""

    service = _words(200, required=True)
    dollars = fields.Decimal(
        required=True,
        places=2,
        validate=validate.Range(0, 100_000, error="Write the price of one visit in dollars."),
    )
    visits = fields.Integer(
        required=True,
        validate=validate.Range(
            1, MOST_VISITS, error=f"Write how many visits in twelve months, up to {MOST_VISITS}."
        ),
    )
    provider = _words(300)
    codes = _words(200)


class HandedOverForm(Schema):
    """How the estimate went to the person."""

    way = _one_of(("email", "pick-up"))


class BreachForm(Schema):
    """A breach that was found."""

    found_on = _day()
    people = fields.Integer(validate=validate.Range(0, 10_000_000), load_default=None)
    what = _words(4000, required=True)


class BreachLineForm(Schema):
    """What became known, or whom we told."""

    kind = _one_of(tuple(kind for kind in KINDS if kind != FOUND))
    on_day = _day()
    count = fields.Integer(validate=validate.Range(0, 10_000_000), load_default=None)
    line = _words(4000, required=True)
