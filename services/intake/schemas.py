"""Intake on the wire: the JSON API's bodies, what other services ask, the staff's small forms."""

from typing import Final

from marshmallow import Schema, fields, validate

from services.intake.domain.tasks import BREAKING

REASONS: Final = {
    "prepare-call": "To prepare the call",
    "hand-over": "To hand over",
    "keep-safe": "To keep someone safe",
    "own-request": "The person asked for it",
}
"""Why whoever has the task opens a sealed answer. Chosen and not typed: no reason discloses."""


def opening(reason: str) -> tuple[str, str | None]:
    """The words for the record, and the code if this reason breaks the glass."""
    if reason in REASONS:
        return REASONS[reason], None
    return f"Broke the glass: {BREAKING[reason][:1].lower()}{BREAKING[reason][1:]}", reason


class AnswersSchema(Schema):
    """Answers by question: text, numbers, true, or lists of text; null takes one back."""

    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=60)),
        values=fields.Raw(allow_none=True),
        load_default=dict,
    )


class StartSchema(AnswersSchema):
    """The first answers, and the token of an invitation if the form is begun with one."""

    invitation = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=200),
        metadata={"description": "Used up by this. One that opens nothing is answered by 404."},
    )


class StartedSchema(Schema):
    """A form that was begun. The token opens it, and is shown this once."""

    id = fields.UUID()
    token = fields.String()


class OptionSchema(Schema):
    """One answer to choose."""

    value = fields.Raw()
    label = fields.String()


class ItemSchema(Schema):
    """One question."""

    id = fields.String()
    text = fields.String()
    type = fields.String()
    required = fields.Boolean()
    level = fields.String(metadata={"description": "open, private, or sealed: never given back."})
    help = fields.String()
    why = fields.String()
    max_length = fields.Integer(allow_none=True)
    options = fields.List(fields.Nested(OptionSchema))


class SectionSchema(Schema):
    """One page."""

    id = fields.String()
    title = fields.String()
    intro = fields.String()
    items = fields.List(fields.Nested(ItemSchema))


class QuestionnaireSchema(Schema):
    """The form as it is asked now."""

    id = fields.String()
    version = fields.String()
    sha256 = fields.String()
    locale = fields.String()
    title = fields.String()
    sections = fields.List(fields.Nested(SectionSchema), attribute="first_form")


class AskedSchema(Schema):
    """A page that this person is asked, and the questions on it that apply or may come to."""

    section = fields.String()
    items = fields.List(fields.String())


class ResponseSchema(Schema):
    """A form being filled in. Sealed answers are never among `answers`."""

    id = fields.UUID()
    status = fields.String()
    asked = fields.List(fields.Nested(AskedSchema))
    answers = fields.Dict(keys=fields.String(), values=fields.Raw())


class BookingSchema(Schema):
    """The permission to choose a time: the token for the scheduler's API, and the page."""

    permission_token = fields.String()
    url = fields.String()


class CompletionSchema(Schema):
    """What the person sees at the end."""

    public_key = fields.String()
    heading = fields.String()
    body = fields.String()
    pattern_text = fields.String()
    booking = fields.Nested(BookingSchema, allow_none=True)


class PermissionQuerySchema(Schema):
    """Another service has met a booking token and asks what it permits."""

    token_sha256 = fields.String(
        required=True,
        validate=validate.Regexp(r"\A[0-9a-f]{64}\Z", error="Not a SHA-256 in hexadecimal."),
    )


class ReachingSchema(Schema):
    """The ways to reach a person that stay open."""

    keep = fields.List(
        fields.String(
            validate=validate.OneOf(["email", "sms", "call", "voicemail"], error="No such way.")
        ),
        load_default=list,
    )


class OpenSealedSchema(Schema):
    """A clinician opens a part of what is sealed. `also` are the parts that stand open already."""

    part = fields.String(required=True, validate=validate.Length(max=60))
    also = fields.List(fields.String(validate=validate.Length(max=60)), load_default=list)
    reason = fields.String(
        required=True,
        validate=validate.OneOf([*REASONS, *BREAKING], error="Choose one of the reasons."),
    )


class OpenInvitationSchema(Schema):
    """A clinician lets somebody invite a partner, in this way."""

    how = fields.String(
        required=True,
        validate=validate.OneOf(["share_link", "practice_email"], error="Choose one of the ways."),
    )


class ReleaseJointSchema(Schema):
    """A clinician lets two people meet together, for this reason."""

    reason = fields.String(
        required=True,
        validate=validate.Length(min=3, max=1000, error="Write why, in 1,000 characters at most."),
    )
